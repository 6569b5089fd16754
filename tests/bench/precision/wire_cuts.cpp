// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/precision/wire_cuts.h"

#include <algorithm>
#include <vector>

#include "controller/kernel/reset.h"
#include "controller/util/clock.h"
#include "tests/socket/datapath/harness/cutter.h"
#include "tests/socket/datapath/harness/pgwire.h"
#include "tests/socket/datapath/harness/require.h"
#include "tests/socket/datapath/harness/session.h"

namespace cutpoint::bench {
namespace {

using namespace datapath;

constexpr std::size_t batch_size = 10;  // connections that are cut at the same time
constexpr __u64 cut_ns = 300'000'000;
constexpr __u64 reset_grace_ns = 10'000'000'000;
constexpr std::size_t longest_neighbour = 700;  // bytes, of what shares the segment

struct Trial {
  Session session;
  std::string sent;          // by the end whose message is cut
  std::size_t offset = 0;    // of the cut in it
  std::uint64_t cookie = 0;  // of the flow; 0: it did not fire
};

// Repeatable, and different in every trial: how much stands before and behind the message.
std::size_t neighbour_size(std::size_t trial, std::size_t factor) {
  return trial % 4 == 0 ? 0 : trial * factor % longest_neighbour;
}

std::string filler(std::size_t size) {
  return size == 0 ? "" : pgwire::query("SELECT '" + std::string(size, 'x') + "'");
}

class Row {
 public:
  explicit Row(const WireCase& kind)
      : kind_(kind),
        downstream_(kind.moment == CUT_PG_COMMIT_ACK),
        listener_(listen(playground_.netns(), over_v4)),
        cutter_(playground_, {endpoint_of(over_v4.connected, service_port)}, {rule(kind)}) {}

  WireRow measure(std::size_t trials) {
    WireRow row{.name = kind_.name, .trials = trials, .damage = {}};
    for (std::size_t first = 0; first < trials; first += batch_size) {
      std::vector<Trial> batch;
      for (std::size_t i = first; i < std::min(trials, first + batch_size); ++i) {
        batch.push_back(begin(i));
      }
      finish(batch, row);
    }
    row.damage = cutter_.damage();
    return row;
  }

 private:
  static cut_rule rule(const WireCase& kind) {
    cut_rule rule = blackhole(kind.moment, kind.position, kind.byte);
    rule.duration_ns = cut_ns;
    rule.times = 0;  // every trial is cut
    rule.heal = static_cast<__u8>(kind.heal);
    if (kind.heal == CUT_HEAL_RESET) rule.grace_ns = reset_grace_ns;
    return rule;
  }

  // The server answers; the client's next segment carries the acknowledgement.
  Trial begin(std::size_t number) {
    Trial trial{.session = Session::open(playground_, over_v4, listener_), .sent = {}};
    const std::string before = filler(neighbour_size(number, 37));
    const std::string behind = filler(neighbour_size(number, 53));
    std::string message = pgwire::commit();
    if (downstream_) {
      trial.session.exchange(message, "");
      message = pgwire::complete("COMMIT");
      trial.sent = pgwire::data_row(neighbour_size(number, 37));
    } else {
      trial.sent = before;
    }
    trial.offset = trial.sent.size();
    if (kind_.position == CUT_BYTE) trial.offset += kind_.byte;
    if (kind_.position == CUT_AFTER) trial.offset += message.size();
    trial.sent += message + (downstream_ ? pgwire::ready('I') : behind);
    trial.session.mark();
    (downstream_ ? trial.session.server : trial.session.client).send(trial.sent);
    const std::uint16_t port = trial.session.client.local_port();
    const auto fired = cutter_.await([port](const cut_event& event) {
      return event.kind == CUT_EVENT_FIRED && event.tuple.local_port == port;
    });
    if (fired) trial.cookie = fired->flow;
    last_fired_ns_ = fired ? fired->ns : monotonic_ns();
    cutter_.forget();
    return trial;
  }

  std::uint64_t received(const Trial& trial) const {
    return downstream_ ? trial.session.client_received() : trial.session.server_received();
  }

  void count_leak(const Trial& trial, WireRow& row) const {
    const std::uint64_t got = received(trial);
    if (got > trial.offset) row.leaked_bytes += got - trial.offset;
  }

  // Exact now, and still once the cut is as good as over.
  void finish(std::vector<Trial>& batch, WireRow& row) {
    wait_until(last_fired_ns_ + cut_ns / 2);
    for (Trial& trial : batch) {
      if (trial.cookie != 0 && received(trial) == trial.offset) ++row.exact;
      if (kind_.heal == CUT_HEAL_RELEASE) count_leak(trial, row);
    }
    for (Trial& trial : batch) {
      const bool healed = kind_.heal == CUT_HEAL_RESET ? reset(trial) : released(trial);
      if (healed) ++row.healed;
      if (kind_.heal == CUT_HEAL_RESET) count_leak(trial, row);
    }
  }

  void wait_until(std::uint64_t ns) {
    while (monotonic_ns() < ns) {
      cutter_.await([](const cut_event&) { return false; },
                    std::chrono::milliseconds((ns - monotonic_ns()) / 1'000'000 + 1));
    }
  }

  bool released(Trial& trial) const {
    Stream& receiver = downstream_ ? trial.session.client : trial.session.server;
    const std::size_t before = downstream_ ? trial.session.sent_down : trial.session.sent_up;
    return receiver.await(before + trial.sent.size()) &&
           receiver.received().substr(before) == trial.sent;
  }

  bool reset(Trial& trial) {
    const auto sender = require(ResetSender::open(playground_.netns()));
    const auto flow = cutter_.flow(trial.session.client.local_port());
    if (!flow) return false;
    for (const ForgedReset& forged : resets_for(*flow)) require(sender.send(forged));
    return trial.session.client.await_error() == ECONNRESET &&
           trial.session.server.await_error() == ECONNRESET;
  }

  WireCase kind_;
  bool downstream_;
  Playground playground_;
  Listener listener_;
  Cutter cutter_;
  std::uint64_t last_fired_ns_ = 0;
};

}  // namespace

WireRow measure_wire(const WireCase& kind, std::size_t trials) {
  return Row(kind).measure(trials);
}

}  // namespace cutpoint::bench
