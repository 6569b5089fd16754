// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/precision/client_cuts.h"

#include <algorithm>
#include <map>
#include <pqxx/pqxx>

#include "controller/kernel/reset.h"
#include "controller/util/clock.h"
#include "tests/bench/interruption.h"
#include "tests/bench/precision/commit_loops.h"
#include "tests/bench/precision/socket_diag.h"
#include "tests/socket/datapath/harness/cutter.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using namespace datapath;
using std::chrono::milliseconds;

constexpr std::size_t clients_at_once = 8;
// From the firing to the reset: with TCP's shortest time-out at 20 ms the held bytes are sent anew
// at about 20, 60 and 140 ms.
constexpr __u64 cut_ns = 150'000'000;
constexpr __u64 fuse_ns = 10'000'000'000;  // far more than a busy host is late
constexpr __u64 reset_again_ns = 100'000'000;
constexpr auto look_again = milliseconds(10);  // at a socket that is to go, at backends
constexpr std::size_t cuts_per_sweep = 100;

// The rules take turns: the first one fires at every third COMMIT, the second one at every other
// of the rest.
std::vector<cut_rule> rules() {
  std::vector<cut_rule> all;
  for (const Position& where : positions) {
    cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, where.position, where.byte);
    rule.duration_ns = fuse_ns;
    rule.times = 0;
    rule.every = static_cast<__u32>(positions.size() - all.size());
    rule.once_per_flow = 1;
    rule.heal = CUT_HEAL_RESET;
    all.push_back(rule);
  }
  return all;
}

// What is known of a flow before its cut.
struct Opened {
  std::uint32_t first = 0;  // sequence number of the target's first byte
  int backend = 0;          // pid
};

struct Cut {
  cut_event fired{};
  Opened flow;
  bool measured = false;
  std::uint64_t reset_ns = 0;  // when it was tried last

  [[nodiscard]] std::uint32_t offset() const { return fired.cut - flow.first; }
  [[nodiscard]] bool where_wanted() const {
    const Position& where = positions[fired.rule];
    const std::uint32_t wanted = where.position == CUT_AFTER ? fired.end : fired.begin + where.byte;
    return fired.cut == wanted && (fired.flags & CUT_FACT_LATE) == 0;
  }
};

class Trials {
 public:
  Trials(const Client& client, const PrivatePostgres& postgres, const NetworkNamespace& netns,
         bool tls)
      : postgres_(postgres),
        cgroup_(require(Cgroup::create(require(find_cgroup_mount()), "bench"))),
        diag_(netns),
        resets_(require(ResetSender::open(netns))),
        cutter_(cgroup_, netns, {endpoint_of("127.0.0.1", postgres.port())}, rules(), false,
                hooks_to_test(), {}, tls) {
    ask("DROP TABLE IF EXISTS cuts");
    ask("CREATE TABLE cuts (backend int)");
    row_.client = client.name;
    loops_.emplace(client.command, postgres.dsn(), cgroup_, netns, clients_at_once);
  }

  ClientRow measure(std::size_t trials) {
    const std::uint64_t begun = monotonic_ns();
    while (row_.trials < trials || !open_.empty()) {
      throw_if_interrupted();
      loops_->throw_if_ended();
      await_event_or_heal();
      for (const cut_event& event : cutter_.events()) see(event, trials);
      cutter_.forget();
      row_.not_fired = loops_->told();
      row_.trials = row_.not_fired + fired_;
      end_due();
    }
    row_.ms_per_trial =
        static_cast<double>(monotonic_ns() - begun) / 1e6 / static_cast<double>(row_.trials);
    row_.damage = cutter_.damage();
    loops_.reset();
    require(cgroup_.kill());
    cutter_.end();
    compare_with_truth();
    return row_;
  }

 private:
  pqxx::result ask(const std::string& sql) {
    pqxx::nontransaction session(postgres_session_);
    return session.exec(sql);
  }

  void await_event_or_heal() {
    const std::uint64_t now = monotonic_ns();
    milliseconds longest = patience;
    for (const Cut& cut : open_) {
      const std::uint64_t due = cut.fired.ns + cut_ns;
      const milliseconds left(due > now ? (due - now) / 1'000'000 + 1 : 0);
      longest = std::min(longest, cut.measured ? look_again : left);
    }
    const auto came = cutter_.await([](const cut_event&) { return true; }, longest);
    if (!came && longest == patience) throw std::runtime_error("no client says anything any more");
  }

  void see(const cut_event& event, std::size_t trials) {
    switch (event.kind) {
      case CUT_EVENT_FLOW_OPENED:
        flows_[event.flow].first = event.begin + 1;  // behind the SYN
        break;
      case CUT_EVENT_MOMENT:
        if ((event.moments & 1ULL << CUT_PG_BACKEND_KEY) != 0) {
          flows_[event.flow].backend = static_cast<int>(event.attr[CUT_PG_ATTR_PID]);
        }
        break;
      case CUT_EVENT_FIRED:
        if (row_.not_fired + fired_ < trials) {
          ++fired_;
          ++row_.at[event.rule];
          open_.push_back(Cut{.fired = event, .flow = flows_[event.flow]});
        }
        break;
      case CUT_EVENT_RETRANSMIT:
      case CUT_EVENT_RETRANSMIT_PEER:
        if (is_open(event.flow)) ++row_.retransmissions;
        break;
      case CUT_EVENT_FLOW_CLOSED:
        flows_.erase(event.flow);
        break;
      default:
        break;
    }
  }

  [[nodiscard]] bool is_open(std::uint64_t cookie) const {
    return std::any_of(open_.begin(), open_.end(),
                       [&](const Cut& cut) { return cut.fired.flow == cookie; });
  }

  // Measures the cuts whose time has come, then resets both ends; again where that did not help.
  void end_due() {
    const std::uint64_t now = monotonic_ns();
    std::optional<std::vector<FlowView>> flows;
    for (Cut& cut : open_) {
      if (now < cut.fired.ns + cut_ns || now < cut.reset_ns + reset_again_ns) continue;
      if (!std::exchange(cut.measured, true)) measure(cut);
      if (!flows) flows = require(cutter_.injector().flows());
      reset(cut, *flows);
    }
    std::erase_if(open_, [this](const Cut& cut) { return cut.measured && has_ended(cut); });
    // A flow whose socket is gone may still be cut, where its other end was not reset yet.
    const bool resetting =
        std::any_of(open_.begin(), open_.end(), [](const Cut& cut) { return cut.measured; });
    if (row_.reset >= swept_at_ + cuts_per_sweep && !resetting) {
      require(cutter_.injector().sweep());
      swept_at_ = row_.reset;
    }
  }

  void measure(const Cut& cut) {
    whole_[cut.flow.backend] = positions[cut.fired.rule].position == CUT_AFTER;
    const auto socket = diag_.service_end(cut.fired.tuple);
    if (!socket) return;
    if (socket->bytes_received == cut.offset() && cut.where_wanted()) ++row_.exact;
    if (socket->bytes_received > cut.offset()) {
      row_.leaked_bytes += socket->bytes_received - cut.offset();
    }
  }

  void reset(Cut& cut, const std::vector<FlowView>& flows) {
    cut.reset_ns = monotonic_ns();
    for (const FlowView& flow : flows) {
      if (flow.head.cookie != cut.fired.flow) continue;
      for (const ForgedReset& forged : resets_for(flow)) require(resets_.send(forged));
    }
  }

  bool has_ended(const Cut& cut) {
    if (!diag_.service_end(cut.fired.tuple)) {
      ++row_.reset;
      return true;
    }
    return monotonic_ns() > cut.fired.ns + fuse_ns;
  }

  // Each trial's row is there if its COMMIT was delivered, once every backend has ended.
  void compare_with_truth() {
    const Deadline deadline(patience);
    const std::string others =
        "SELECT 1 FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()";
    while (!ask(others).empty()) {
      throw_if_interrupted();
      if (deadline.passed()) throw std::runtime_error("a backend does not end");
      cutter_.await([](const cut_event&) { return false; }, look_again);
    }
    std::map<int, bool> committed;
    for (const pqxx::row& row : ask("SELECT backend FROM cuts")) {
      committed[row[0].as<int>()] = true;
    }
    for (const auto& [backend, whole] : whole_) {
      if (committed[backend] == whole) ++row_.truth;
    }
  }

  const PrivatePostgres& postgres_;
  pqxx::connection postgres_session_{postgres_.local_dsn()};
  Cgroup cgroup_;
  SocketDiag diag_;
  ResetSender resets_;
  Cutter cutter_;
  std::optional<CommitLoops> loops_;
  std::map<std::uint64_t, Opened> flows_;  // by cookie
  std::vector<Cut> open_;                  // not reset yet
  std::map<int, bool> whole_;              // of each trial's backend: was its COMMIT to arrive?
  std::size_t fired_ = 0;
  std::size_t swept_at_ = 0;
  ClientRow row_;
};

}  // namespace

ClientRow measure_client(const Client& client, const PrivatePostgres& postgres,
                         const NetworkNamespace& netns, std::size_t trials, bool tls) {
  return Trials(client, postgres, netns, tls).measure(trials);
}

}  // namespace cutpoint::bench
