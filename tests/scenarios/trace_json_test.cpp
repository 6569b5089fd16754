// SPDX-License-Identifier: Apache-2.0
// trace.json of real runs: by the event format's rules, and entry by entry as the timeline has it.
#include <filesystem>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

class TraceJsonTest : public ScenarioTest {
 protected:
  static Program::Ended check(const Words& files) {
    return Program::run(
        Words{"/usr/bin/python3", CUTPOINT_SOURCE_DIR "/tests/unit/report/check_trace.py"} + files);
  }
};

TEST_F(TraceJsonTest, OfAPartitionAtCommitTellsWhatTheTimelineDoes) {
  EXPECT_EQ(cutpoint(split_brain({})).code, 1);
  const std::string trace = out() + "/trace.json";
  const std::string timeline = out() + "/timeline.jsonl";
  const auto checked = check({trace, timeline});
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_NE(checked.out.find("in flight: 1\n"), std::string::npos) << checked.out;
  const auto later = cutpoint({"report", out(), "--format", "trace"});
  EXPECT_EQ(later.code, 1) << later.err;
  EXPECT_EQ(later.out, *read_file(trace)) << "the same when the run ends and later";
  EXPECT_EQ(
      cutpoint({"report", out(), copy_of(out()), "--format", "trace:" + path("both.json")}).code,
      1);
  const auto both = check({path("both.json"), timeline, timeline});
  EXPECT_EQ(both.code, 0) << both.err;
}

TEST_F(TraceJsonTest, NeedsTheTimeline) {
  EXPECT_EQ(cutpoint(split_brain({fault_key + ".at.nth=1000"}, "1s")).code, 4);
  ASSERT_EQ(::unlink((out() + "/timeline.jsonl").c_str()), 0);
  const auto ended = cutpoint({"report", out(), "--format", "trace:" + path("none.json")});
  EXPECT_EQ(ended.code, 2);
  EXPECT_FALSE(std::filesystem::exists(path("none.json")));
  EXPECT_NE(ended.err.find("timeline.jsonl is no timeline: No such file or directory"),
            std::string::npos)
      << ended.err;
}

}  // namespace
}  // namespace cutpoint
