// SPDX-License-Identifier: Apache-2.0
// What evidence.pcapng says of its segments.
#include "controller/report/evidence.h"

#include <gtest/gtest.h>
#include <map>

#include "controller/report/segment_comments.h"
#include "controller/scenario/registry.h"
#include "tests/unit/report/report_fixture.h"

namespace cutpoint {
namespace {

using cutpoint::testing::FlowBuilder;
using cutpoint::testing::RunBuilder;

class EvidenceTest : public ::testing::Test {
 protected:
  // A segment of `flow`, now.
  CapturedSegment segment(const FlowBuilder& flow, cut_fate fate, std::uint32_t passed = 0) {
    CapturedSegment made;
    made.head.ns = static_cast<std::uint64_t>(run_.now_ns());
    made.head.flow = flow.cookie();
    made.head.payload = RunBuilder::request_bytes;
    made.head.passed = passed;
    made.head.fate = fate;
    return made;
  }

  RunBuilder run_;
};

TEST_F(EvidenceTest, NamesTheMessageItsByteAndTheTimelinesEntry) {
  FlowBuilder flow = run_.connect(4711);
  flow.invoke(1).cut_request(5);
  const std::uint64_t entry = run_.timeline.entries().back().number;
  run_.fault().position = CUT_BYTE;
  run_.fault().byte = 5;
  CapturedSegment cut = segment(flow, CUT_FATE_SHORTENED, 5);
  cut.head.fired = 1;
  const cut_event& event = *run_.timeline.entries().back().event();
  EXPECT_EQ(SegmentComments(run_.facts).next(cut),
            "cut: fault partition-at-commit (blackhole), byte:5 commit.request, byte 5 of its 14 "
            "(sequence number " +
                std::to_string(event.cut) + "), upstream, timeline entry " + std::to_string(entry) +
                "; 5 of 14 bytes of the segment delivered");
}

TEST_F(EvidenceTest, SaysOfEveryFaultWhatItDid) {
  const std::map<std::string, std::string> words{
      {"blackhole", "cut"},       {"stall", "stalled"},          {"delay", "delayed"},
      {"throttle", "throttled"},  {"reset", "connection reset"}, {"truncate", "truncated"},
      {"corrupt", "corrupted"},   {"duplicate", "duplicated"},   {"refuse", "connection refused"},
      {"pause", "target paused"}, {"kill", "process signalled"}};
  FlowBuilder flow = run_.connect(4711);
  flow.invoke(1).cut_request(5);
  for (const FaultInfo& kind : faults()) {
    run_.fault().kind = kind.name;
    CapturedSegment cut = segment(flow, CUT_FATE_PASSED, RunBuilder::request_bytes);
    cut.head.fired = 1;
    ASSERT_TRUE(words.contains(kind.name)) << kind.name;
    const std::string wanted =
        words.at(kind.name) + ": fault partition-at-commit (" + kind.name + "), ";
    EXPECT_TRUE(SegmentComments(run_.facts).next(cut).starts_with(wanted)) << wanted;
    cut.head.flow = 0;  // its event was lost
    EXPECT_TRUE(SegmentComments(run_.facts).next(cut).starts_with(wanted)) << wanted;
  }
}

TEST_F(EvidenceTest, SaysWhatTheCutDidToOthersAndWhichWasTheFirstAfterIt) {
  FlowBuilder flow = run_.connect(4711);
  flow.invoke(1).cut_request(RunBuilder::request_bytes);
  CapturedSegment cut = segment(flow, CUT_FATE_PASSED, RunBuilder::request_bytes);
  cut.head.fired = 1;
  SegmentComments comments(run_.facts);
  EXPECT_NE(comments.next(cut).find("14 of 14 bytes"), std::string::npos);
  run_.wait(std::chrono::seconds(1));
  EXPECT_EQ(comments.next(segment(flow, CUT_FATE_SWALLOWED)), "swallowed by partition-at-commit");
  EXPECT_EQ(comments.next(segment(flow, CUT_FATE_HELD, 3)),
            "held by partition-at-commit: 3 of 14 bytes of the segment delivered at once");
  EXPECT_EQ(comments.next(segment(flow, CUT_FATE_PASSED, 14)), "");
  run_.heal();
  EXPECT_EQ(comments.next(segment(flow, CUT_FATE_PASSED, 14)),
            "the first segment after the heal of partition-at-commit");
  EXPECT_EQ(comments.next(segment(flow, CUT_FATE_PASSED, 14)), "");
}

TEST_F(EvidenceTest, TellsOfTheNewestFiringOfItsFlow) {
  FlowBuilder flow = run_.connect(4711);
  flow.invoke(1).cut_request(3);
  flow.invoke(2).cut_request(3);
  const std::uint64_t newest = run_.timeline.entries().back().number;
  CapturedSegment cut = segment(flow, CUT_FATE_SHORTENED, 3);
  cut.head.fired = 1;
  const std::string said = SegmentComments(run_.facts).next(cut);
  EXPECT_NE(said.find("timeline entry " + std::to_string(newest) + ";"), std::string::npos) << said;
}

TEST_F(EvidenceTest, IsWholeWithoutItsEvent) {
  FlowBuilder flow = run_.connect(4711);
  CapturedSegment cut = segment(flow, CUT_FATE_SWALLOWED);
  cut.head.fired = 1;
  EXPECT_EQ(SegmentComments(run_.facts).next(cut),
            "cut: fault partition-at-commit (blackhole), commit.request; 0 of 14 bytes of the "
            "segment delivered: swallowed as a whole");
}

TEST_F(EvidenceTest, CountsWhatIsMissing) {
  Captures captures;
  cut_capture capture{};
  capture.fired = 1;
  captures.see(capture, "");
  run_.facts.captures = &captures;
  run_.facts.counters[CUT_COUNT_CAPTURES_LOST] = 2;
  run_.facts.counters[CUT_COUNT_CAPTURES_BEYOND] = 3;
  EXPECT_EQ(evidence_section(run_.facts), nlohmann::json({{"file", "evidence.pcapng"},
                                                          {"payloads", false},
                                                          {"segments", 1},
                                                          {"lost", 2},
                                                          {"beyond_bound", 3}}));
  const std::string file = render_evidence(run_.facts, cutpoint::testing::host());
  EXPECT_NE(file.find("2 segments are missing: there was no room"), std::string::npos);
  EXPECT_NE(file.find("3 segments are missing: 256 are recorded"), std::string::npos);
  EXPECT_EQ(run_.verify().outcome, RunBuilder().verify().outcome) << "evidence, not proof";
}

}  // namespace
}  // namespace cutpoint
