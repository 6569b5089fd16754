// SPDX-License-Identifier: Apache-2.0
#include "controller/report/timeline_match.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sstream>

#include "controller/timeline/timeline.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class Match : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::RunBuilder run;
    testing::run_split_brain(run);
    report_ = testing::report_of(run);
    for (const Entry& entry : run.facts.timeline->entries()) {
      entries_.push_back(Timeline::to_json(entry, {"db"}, {"partition-at-commit"}, {0}));
    }
  }

  // Empty: they belong together.
  [[nodiscard]] std::string mistake() const {
    std::stringstream lines;
    for (const json& entry : entries_) lines << entry.dump() << "\n";
    lines << "{\"seq\": 4711, \"ns\"";
    TimelineMatch match(report_);
    if (const Status added = match.add_all(lines); !added) return added.error().message;
    const Status status = match.status("t");
    if (status) return "";
    EXPECT_EQ(status.error().code, ExitCode::usage);
    const std::string begin = "t is not the timeline of the report beside it: ";
    EXPECT_TRUE(status.error().message.starts_with(begin)) << status.error().message;
    return status.error().message.substr(begin.size());
  }
  [[nodiscard]] json& cut() { return report_["faults"][0]["cut"]; }
  [[nodiscard]] json& firing() { return entries_.at(cut()["evidence"].get<std::size_t>() - 1); }

  json report_;
  std::vector<json> entries_;
};

TEST_F(Match, IsOneOfTheReportThatTheRunWrote) {
  EXPECT_EQ(mistake(), "");
  firing()["what"] = "would_fire";
  EXPECT_EQ(mistake(), "") << "in observe mode";
}

TEST_F(Match, IsNoneWhereTheFiringIsAnother) {
  const json was = firing();
  const std::string why = "entry " + cut()["evidence"].dump() +
                          " is not where partition-at-commit fired at byte " + cut()["seq"].dump() +
                          " of " + cut()["flow"].get<std::string>();
  const std::pair<const char*, json> changes[] = {
      {"what", "moment"}, {"fault", "another"}, {"flow", "a -> b"}, {"cut", 1}, {"seq", 9999}};
  for (const auto& [key, value] : changes) {
    firing() = was;
    firing()[key] = value;
    EXPECT_EQ(mistake(), why) << key;
  }
}

TEST_F(Match, IsNoneWithoutAnEntry) {
  entries_.clear();
  EXPECT_EQ(mistake(), "it is empty");
}

TEST_F(Match, IsNoneWhereALineIsNoEntry) {
  entries_.at(3)["what"] = 5;
  EXPECT_EQ(mistake(), "line 4 is no entry of one: its `what` is 5, not a text");
}

// As of a run without a firing, whose timeline was cut short or is another's.
TEST_F(Match, IsNoneWhereAnEntryIsMissingThatTheReportNames) {
  for (const char* list : {"attempts", "invariants", "findings"}) {
    const json report = report_;
    report_[list][0]["evidence"].push_back(entries_.size() + 1);
    EXPECT_EQ(mistake(), fmt::format("it has no entry {}, which the report names as evidence",
                                     entries_.size() + 1))
        << list;
    report_ = report;
  }
}

TEST_F(Match, IsNoneWhereAFlowIsMissing) {
  for (const char* list : {"attempts", "exchanges"}) {
    json report = report_;
    report[list].push_back({{"flow", "1.2.3.4:5 -> 6.7.8.9:10"}, {"evidence", json::array()}});
    std::swap(report, report_);
    EXPECT_EQ(mistake(), "no entry is of the flow 1.2.3.4:5 -> 6.7.8.9:10");
    std::swap(report, report_);
    report_[list].push_back({{"flow", nullptr}, {"evidence", json::array()}});
    EXPECT_EQ(mistake(), "") << "of an attempt that only the application tells of";
  }
}

}  // namespace
}  // namespace cutpoint
