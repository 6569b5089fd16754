// SPDX-License-Identifier: Apache-2.0
// A cut applied to single packets whose checksums are complete, as they are on a device that does
// not compute them: every length and checksum is right afterwards.
#include "bpf/abi/postgres.h"
#include "generated/faults.h"
#include "tests/prog/program_test.h"

namespace cutpoint::prog {
namespace {

constexpr std::uint32_t up = 0xfffffff0;  // wraps within the first messages
constexpr std::uint32_t down = 2000;

std::string startup() {
  return {"\0\0\0\x10\0\3\0\0user\0\0\0\0", 16};
}

std::string query(const std::string& sql) {
  const auto size = static_cast<char>(sql.size() + 5);
  return std::string("Q\0\0\0", 4) + size + sql + '\0';
}

struct Cut {
  bool v6;
  std::uint32_t byte;     // of COMMIT
  std::size_t neighbour;  // bytes of the query in front of it
  std::size_t tcp_options;
};

void PrintTo(const Cut& cut, std::ostream* out) {
  *out << (cut.v6 ? "V6" : "V4") << " byte " << cut.byte << ", behind " << cut.neighbour
       << ", options " << cut.tcp_options;
}

class CutPacket : public ProgramTest, public testing::WithParamInterface<Cut> {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (IsSkipped()) return;
    enrol(GetParam().v6, up, down);
    auto& memory = *skeleton_->bss;
    cut_rule& rule = memory.rules[0];
    rule.duration_ns = 10'000'000'000;
    rule.nth = rule.every = rule.times = 1;
    rule.probability = UINT32_MAX;
    rule.moment = CUT_PG_COMMIT_REQUEST;
    rule.moment_direction = CUT_UPSTREAM;
    rule.fault = CUT_FAULT_BLACKHOLE;
    rule.directions = CUT_BOTH;
    rule.position = CUT_BYTE;
    rule.byte = GetParam().byte;
    memory.rule_states[0].phase = CUT_RULE_ARMED;
    memory.control.rules = 1;
    memory.control.lease_until_ns = UINT64_MAX;
    memory.service_table[0].armed = 1ULL << CUT_PG_COMMIT_REQUEST;
    send(startup());
    send(query("BEGIN"));
  }
  Segment segment(const std::string& payload) const {
    return Segment{.v6 = GetParam().v6,
                   .seq = seq_,
                   .ack = down,
                   .flags = tcp_ack | tcp_psh | tcp_fin,
                   .payload = payload,
                   .tcp_options = Bytes(GetParam().tcp_options, 1)};
  }
  void send(const std::string& payload) {
    Segment next = segment(payload);
    next.flags = tcp_ack;
    const Outcome outcome = run(skeleton_->progs.tc_egress, next.build());
    EXPECT_EQ(outcome.verdict, tcx_next);
    EXPECT_EQ(outcome.packet, next.build());
    seq_ += static_cast<std::uint32_t>(payload.size());
  }

  std::uint32_t seq_ = up;
};

TEST_P(CutPacket, EndsAtTheCutWithEveryChecksumRight) {
  const std::string before =
      GetParam().neighbour == 0 ? "" : query(std::string(GetParam().neighbour - 6, 'x'));
  const std::string payload = before + query("COMMIT") + query("SELECT 1");
  const std::size_t keep = before.size() + GetParam().byte;
  const Bytes whole = segment(payload).build();
  ASSERT_TRUE(parse(whole).checksums_right);

  const Outcome outcome = run(skeleton_->progs.tc_egress, whole);
  ASSERT_EQ(skeleton_->bss->rule_states[0].fired, 1U);
  EXPECT_EQ(outcome.verdict, tcx_next);
  EXPECT_EQ(outcome.packet.size(), whole.size() - payload.size() + keep);
  const Parsed parsed = parse(outcome.packet);
  EXPECT_TRUE(parsed.checksums_right);
  EXPECT_EQ(parsed.seq, seq_);
  EXPECT_EQ(parsed.payload, payload.substr(0, keep));
  EXPECT_EQ(parsed.flags, tcp_ack) << "without FIN and PSH";

  // The same segment again: its prefix, but where the cut is at its start: then only the first
  // one's acknowledgement was delivered.
  const Outcome again = run(skeleton_->progs.tc_egress, whole);
  EXPECT_EQ(again.verdict, keep == 0 ? tc_redirect : tcx_next);
  if (keep != 0) {
    EXPECT_EQ(again.packet, outcome.packet);
  }
  // Nothing from behind the cut, nothing of the other direction.
  seq_ += static_cast<std::uint32_t>(payload.size());
  EXPECT_EQ(run(skeleton_->progs.tc_egress, segment("X").build()).verdict, tc_redirect);
  EXPECT_EQ(run(skeleton_->progs.tc_egress, segment("").build()).verdict, tc_redirect);
  Segment reset = segment("");
  reset.flags = tcp_rst;
  EXPECT_EQ(run(skeleton_->progs.tc_egress, reset.build()).verdict, tc_redirect);
  const Segment answer{
      .v6 = GetParam().v6, .reversed = true, .seq = down, .ack = seq_, .payload = "Z"};
  EXPECT_EQ(run(skeleton_->progs.tc_ingress, answer.build()).verdict, tcx_drop);
}

// That a rule was due, and did not act, is counted; not that it matched.
TEST_P(CutPacket, IsNotMadeWhereTheControllerIsSilent) {
  auto& memory = *skeleton_->bss;
  memory.rules[0].nth = 2;
  memory.control.lease_until_ns = 0;
  send(query("COMMIT"));
  EXPECT_EQ(memory.rule_states[0].matches, 1U);
  EXPECT_EQ(count_of(CUT_COUNT_LEASE_LAPSED), 0U);
  send(query("BEGIN"));
  send(query("COMMIT"));
  EXPECT_EQ(memory.rule_states[0].matches, 2U);
  EXPECT_EQ(memory.rule_states[0].fired, 0U);
  EXPECT_EQ(count_of(CUT_COUNT_LEASE_LAPSED), 1U);
}

class CutPacketAtFilter : public CutPacket {
 protected:
  void configure(cutpoint_bpf& skeleton) override { skeleton.rodata->clsact = 1; }
};

// A filter says itself that TCP is to take the segment for sent.
TEST_P(CutPacketAtFilter, IsStolenAsItLeavesAndDroppedAsItArrives) {
  const Bytes whole = segment(query("COMMIT")).build();
  EXPECT_EQ(run(skeleton_->progs.tc_egress, whole).verdict, tcx_next) << "its acknowledgement";
  EXPECT_EQ(run(skeleton_->progs.tc_egress, whole).verdict, tc_stolen);
  const Segment answer{.reversed = true, .seq = down, .ack = seq_, .payload = "Z"};
  EXPECT_EQ(run(skeleton_->progs.tc_ingress, answer.build()).verdict, tcx_drop);
}

std::vector<Cut> cuts() {
  std::vector<Cut> all;
  for (const bool v6 : {false, true}) {
    for (const std::uint32_t byte : {0U, 1U, 5U, 6U, 11U}) {
      for (const std::size_t neighbour : {0U, 20U, 21U, 120U}) {
        all.push_back({v6, byte, neighbour, byte % 2 == 0 ? 0U : 12U});
      }
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Packets, CutPacket, testing::ValuesIn(cuts()));
INSTANTIATE_TEST_SUITE_P(Packets, CutPacketAtFilter, testing::Values(Cut{false, 0, 0, 0}));

}  // namespace
}  // namespace cutpoint::prog
