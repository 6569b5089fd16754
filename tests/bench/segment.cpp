// SPDX-License-Identifier: Apache-2.0
// What one segment costs: tc_egress and tc_ingress by BPF_PROG_TEST_RUN, beside a program that does
// nothing. The flow is put back before every run, so that each of them parses. Every run has the
// clock's own cost in it, the empty program's too; medians. Once with programs and state in the
// processor's first caches, and once with other data in them, as an application leaves them.
//
// Not seen by this: the look-ups of a socket by its cookie (a SYN's), and what it costs to reach
// payload in page fragments, where TCP's own is (the run-time statistics of `scripts/bench
// overhead` have all of it).
#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <linux/bpf.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bpf/abi/amqp.h"
#include "bpf/abi/control.h"
#include "bpf/abi/peer.h"
#include "bpf/abi/postgres.h"
#include "controller/kernel/injector.h"
#include "controller/kernel/libbpf_log.h"
#include "controller/scenario/registry.h"
#include "controller/util/unique_fd.h"
#include "generated/cutpoint.skel.h"
#include "generated/protocols.h"
#include "tests/bench/bench_main.h"
#include "tests/bench/rows_file.h"
#include "tests/prog/flow_state.h"
#include "tests/prog/packet.h"
#include "tests/proto/amqp/frames.h"
#include "tests/proto/messages.h"

namespace cutpoint::bench {
namespace {

using prog::Bytes;
using prog::Segment;
namespace amqp = test::amqp;
namespace client = test::client;
namespace server = test::server;

constexpr std::size_t default_trials = 2000;  // runs of each case
constexpr std::uint32_t up_start = 1000;
constexpr std::uint32_t down_start = 2000;
constexpr std::uint32_t never = 1U << 30;  // an occurrence that does not come
constexpr std::size_t runs_per_drain = 100;

std::string rows(std::size_t bytes) {
  std::string text;
  const std::string row = server::data_row({"abcd"});
  while (text.size() + row.size() <= bytes) text += row;
  return text;
}

struct Case {
  std::string name;
  bool reversed = false;  // from the service
  std::string payload;
  std::size_t rules = 1;
  std::string before{};       // bytes of the same direction that were parsed already
  bool foreign = false;       // not of the target's flow
  std::uint64_t moments = 0;  // that the first rule sees in it
  bool amqp = false;          // a broker's; the rules want one message id
};

enum class Caches : bool { warm, cold };

// Has the caches of one processor hold something else. They are at most a few MiB; what all
// processors share may be more, and keeps what it has.
class Evictor {
 public:
  void evict() {
    for (std::size_t at = 0; at < memory_.size(); at += line) ++memory_[at];
  }

 private:
  static constexpr std::size_t line = 64;
  std::vector<unsigned char> memory_ = std::vector<unsigned char>(4U << 20U);
};

class Programs {
 public:
  Programs() {
    capture_libbpf_log();
    skeleton_.reset(cutpoint_bpf__open());
    if (!skeleton_) throw std::runtime_error("cannot open the BPF object");
    skeleton_->rodata->own_mark = own_mark;
    skeleton_->rodata->held_mark = held_mark;
    // As of a run that needs nothing of TLS.
    skeleton_->rodata->plaintext = 0;
    skeleton_->rodata->spoken = 1U << CUT_PROTOCOL_POSTGRES | 1U << CUT_PROTOCOL_AMQP;
    if (cutpoint_bpf__load(skeleton_.get()) != 0) throw std::runtime_error(take_libbpf_log());
    ring_.reset(ring_buffer__new(
        bpf_map__fd(skeleton_->maps.events), [](void*, void*, std::size_t) { return 0; }, nullptr,
        nullptr));
    if (!ring_) throw std::runtime_error("cannot read the events");
    const bpf_insn nothing[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = -1},
        {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    empty_.reset(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "empty", "GPL", nothing, std::size(nothing),
                               nullptr));
    if (!empty_) throw std::runtime_error("cannot load the empty program");
  }

  // ns of each run, in order. `seen`: moments of the first rule.
  std::vector<std::uint32_t> measure(const Case& kind, std::size_t runs, Caches caches,
                                     std::uint64_t& seen) {
    arm(kind);
    kind.amqp ? converse_with_broker() : converse(kind);
    const Bytes packet = packet_of(kind);
    const int program = kind.reversed ? bpf_program__fd(skeleton_->progs.tc_ingress)
                                      : bpf_program__fd(skeleton_->progs.tc_egress);
    const prog::FlowState state(*skeleton_, false);
    const std::uint64_t before = skeleton_->bss->rule_states[0].moments;
    std::vector<std::uint32_t> ns;
    for (std::size_t i = 0; i < runs; ++i) {
      state.restore();
      if (caches == Caches::cold) evictor_.evict();
      ns.push_back(run(program, packet));
      if (i % runs_per_drain == 0) ring_buffer__consume(ring_.get());
    }
    seen = skeleton_->bss->rule_states[0].moments - before;
    return ns;
  }

  std::vector<std::uint32_t> measure_empty(const Case& kind, std::size_t runs, Caches caches) {
    const Bytes packet = packet_of(kind);
    std::vector<std::uint32_t> ns;
    for (std::size_t i = 0; i < runs; ++i) {
      if (caches == Caches::cold) evictor_.evict();
      ns.push_back(run(empty_.get(), packet));
    }
    return ns;
  }

 private:
  static std::uint32_t run(int program, const Bytes& packet) {
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = packet.data();
    options.data_size_in = static_cast<__u32>(packet.size());
    options.repeat = 1;
    // TCP notes when a segment leaves; the programs are spared the clock by it.
    __sk_buff context{};
    context.tstamp = 1;
    options.ctx_in = &context;
    options.ctx_size_in = sizeof context;
    if (const int error = bpf_prog_test_run_opts(program, &options); error != 0) {
      throw std::runtime_error(fmt::format("BPF_PROG_TEST_RUN: {}", std::strerror(-error)));
    }
    return options.duration;
  }

  // Rules that wait for a COMMIT, or a delivery, that does not come.
  void arm(const Case& kind) {
    auto& memory = *skeleton_->bss;
    memory.control.lease_until_ns = std::numeric_limits<__u64>::max();
    memory.control.rules = static_cast<__u32>(kind.rules);
    const int moment = kind.amqp ? int{CUT_AMQP_DELIVER} : int{CUT_PG_COMMIT_REQUEST};
    memory.service_table[0].armed = 1ULL << moment;
    for (std::size_t i = 0; i < kind.rules; ++i) {
      cut_rule& rule = memory.rules[i];
      rule.duration_ns = 1;
      rule.nth = never;
      rule.every = 1;
      rule.times = 1;
      rule.probability = std::numeric_limits<__u32>::max();
      rule.moment = static_cast<__u8>(moment);
      rule.moment_direction = kind.amqp ? CUT_DOWNSTREAM : CUT_UPSTREAM;
      rule.filters[0] = {};
      if (kind.amqp)
        rule.filters[0] = {.value = hash_of("m17"),
                           .attribute = CUT_AMQP_ATTR_MESSAGE_ID,
                           .kind = CUT_ATTR_HASH,
                           .used = 1,
                           .reserved = 0};
      rule.directions = CUT_BOTH;
      memory.rule_states[i].phase = CUT_RULE_ARMED;
    }
  }

  // A session in a transaction, and what the case wants before its segment.
  void converse(const Case& kind) {
    prog::enrol_flow(*skeleton_, false, up_start, down_start);
    up_ = up_start;
    down_ = down_start;
    say(client::startup());
    answer(server::authentication_ok() + server::ready('I'));
    say(client::query("BEGIN"));
    answer(server::command_complete("BEGIN") + server::ready('T'));
    if (kind.reversed) say(client::query("SELECT"));
    if (!kind.before.empty()) kind.reversed ? answer(kind.before) : say(kind.before);
  }

  // A consumer that waits for its first message.
  void converse_with_broker() {
    prog::enrol_flow(*skeleton_, false, up_start, down_start);
    skeleton_->bss->service_table[0].protocol = CUT_PROTOCOL_AMQP;
    up_ = up_start;
    down_ = down_start;
    say(std::string(amqp::protocol_header));
    answer(amqp::broker::start());
    say(amqp::client::tune_ok(amqp::usual_frame_max) + amqp::client::open());
    say(amqp::client::open_channel(1) + amqp::client::consume(1, "orders"));
  }

  void say(const std::string& payload) {
    run(bpf_program__fd(skeleton_->progs.tc_egress),
        Segment{.seq = up_, .ack = down_, .payload = payload}.build());
    up_ += static_cast<std::uint32_t>(payload.size());
  }

  void answer(const std::string& payload) {
    run(bpf_program__fd(skeleton_->progs.tc_ingress),
        Segment{.reversed = true, .seq = down_, .ack = up_, .payload = payload}.build());
    down_ += static_cast<std::uint32_t>(payload.size());
  }

  [[nodiscard]] Bytes packet_of(const Case& kind) const {
    Bytes packet = Segment{.reversed = kind.reversed,
                           .seq = kind.reversed ? down_ : up_,
                           .ack = kind.reversed ? up_ : down_,
                           .payload = kind.payload}
                       .build();
    constexpr std::size_t destination_port = prog::ethernet_header + 20 + 2;
    if (kind.foreign) packet[destination_port] ^= 0xff;
    return packet;
  }

  struct Closer {
    void operator()(cutpoint_bpf* skeleton) const { cutpoint_bpf__destroy(skeleton); }
    void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
  };
  std::unique_ptr<cutpoint_bpf, Closer> skeleton_;
  std::unique_ptr<ring_buffer, Closer> ring_;
  UniqueFd empty_;
  Evictor evictor_;
  std::uint32_t up_ = up_start;
  std::uint32_t down_ = down_start;
};

std::vector<Case> cases() {
  constexpr std::size_t most = 3000;  // TEST_RUN takes a page, headers and tail included
  const std::string long_row = server::data_row({std::string(60000, 'x')}).substr(0, 1000);
  return {
      {.name = "no target flow", .payload = std::string(1000, 'x'), .foreign = true},
      {.name = "target flow, bare acknowledgement", .payload = ""},
      {.name = "target flow, bulk data",
       .reversed = true,
       .payload = std::string(1400, 'x'),
       .before = long_row},
      {.name = "COMMIT, simple", .payload = client::query("COMMIT"), .moments = 1},
      {.name = "COMMIT, extended",
       .payload = client::one_execute("COMMIT") + client::sync(),
       .moments = 1},
      {.name = "COMMIT, simple, 16 rules",
       .payload = client::query("COMMIT"),
       .rules = CUT_MAX_RULES,
       .moments = 1},
      {.name = "prepared SELECT: Bind, Describe, Execute, Sync",
       .payload = client::bind_value("", "P0_1", "12345") + client::describe_portal("") +
                  client::execute("") + client::sync()},
      {.name = "its answer, of five messages",
       .reversed = true,
       .payload = server::bind_complete() + server::row_description("abalance") +
                  server::data_row({"12345"}) + server::command_complete("SELECT 1") +
                  server::ready('T')},
      {.name = "basic.deliver, by its message id",
       .reversed = true,
       .payload = amqp::Message{.routing_key = "aura.work",
                                .body = R"({"id": "m17", "number": 17})",
                                .properties = {.content_type = "application/json",
                                               .delivery_mode = 2,
                                               .message_id = "m17"}}
                      .deliver(17),
       .moments = 1,
       .amqp = true},
      {.name = "3000 bytes of DataRows", .reversed = true, .payload = rows(most)},
  };
}

std::uint32_t median(std::vector<std::uint32_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Of one run, in ns.
struct Cost {
  std::uint32_t whole;
  std::int64_t over_empty;
};

// Throws where the programs have not seen what they were shown.
Cost cost_of(Programs& programs, const Case& kind, std::size_t runs, Caches caches) {
  std::uint64_t seen = 0;
  const auto whole = median(programs.measure(kind, runs, caches, seen));
  const std::uint64_t expected = kind.moments * runs;
  if (seen != expected) {
    throw std::runtime_error(fmt::format("{}: {} moments seen in {} runs, {} expected", kind.name,
                                         seen, runs, expected));
  }
  return {whole, std::int64_t{whole} - median(programs.measure_empty(kind, runs, caches))};
}

int measure(const Options& options) {
  nlohmann::json rows = nlohmann::json::array();
  Programs programs;
  fmt::print("{:<48} {:>6} {:>6} {:>14} {:>9}\n", "case", "bytes", "ns", "ns over empty", "cold");
  for (const Case& kind : cases()) {
    const Cost warm = cost_of(programs, kind, options.trials, Caches::warm);
    const Cost cold = cost_of(programs, kind, options.trials, Caches::cold);
    fmt::print("{:<48} {:>6} {:>6} {:>14} {:>9}\n", kind.name, kind.payload.size(), warm.whole,
               warm.over_empty, cold.over_empty);
    rows.push_back({{"case", kind.name},
                    {"bytes", kind.payload.size()},
                    {"ns", warm.whole},
                    {"ns_over_empty", warm.over_empty},
                    {"cold_ns", cold.whole},
                    {"cold_ns_over_empty", cold.over_empty}});
  }
  write_rows(options.json_file, "segment", rows);
  return 0;
}

}  // namespace
}  // namespace cutpoint::bench

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  using namespace cutpoint::bench;
  CLI::App app("What one segment costs", "segment");
  return bench_main(app, {.trials = default_trials, .json_file = {}}, argc, argv, measure);
}
