// SPDX-License-Identifier: Apache-2.0
#include "controller/report/recorded.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class Recorded : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "cutpoint-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string file() const { return directory_ + "/report.json"; }
  void write(const std::string& text) const { std::ofstream(file()) << text; }

  // The message, without the file's name.
  [[nodiscard]] std::string refused(const std::string& text) const {
    write(text);
    const auto read = read_recorded(directory_);
    if (read) return "";
    EXPECT_EQ(read.error().code, ExitCode::usage);
    EXPECT_NE(read.error().remedy, "");
    const std::string begin = file() + " is no report: ";
    EXPECT_TRUE(read.error().message.starts_with(begin)) << read.error().message;
    return read.error().message.substr(begin.size());
  }

  // A run that ended so, and says so throughout.
  static json ended(const std::string& outcome, bool interrupted = false) {
    json report = testing::full_report();
    report["outcome"] = outcome;
    report["interrupted"] = interrupted;
    const std::map<std::string, int> codes{{"held", 0}, {"violated", 1}, {"inconclusive", 4}};
    report["exit_code"] = interrupted ? 130 : codes.at(outcome);
    if (outcome == "inconclusive") report["readiness"]["verdict"] = "not proven";
    if (outcome != "held") return report;
    for (json& one : report["invariants"]) one["outcome"] = "held";
    report["findings"] = report["inconclusive_because"] = json::array();
    report["readiness"]["verdict"] = interrupted ? "not proven" : "ready";
    return report;
  }

  std::string directory_;
};

TEST_F(Recorded, IsReadAsItWasWritten) {
  const json report = testing::full_report();
  write(report.dump());
  EXPECT_EQ(*read_recorded(directory_), report);
  EXPECT_EQ(*read_recorded(file()), report);
}

TEST_F(Recorded, IsNamedWhereItIsMissing) {
  const auto read = read_recorded(directory_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ExitCode::usage);
  EXPECT_EQ(read.error().message, "cannot open " + file() + ": No such file or directory");
}

TEST_F(Recorded, HasAName) {
  const auto read = read_recorded("");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ExitCode::usage);
  EXPECT_EQ(read.error().message, "the name of a run is empty");
}

TEST_F(Recorded, OfAnotherUserIsToBeReadAsThatOne) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every file";
  write("{}");
  std::filesystem::permissions(file(), std::filesystem::perms::none);
  const auto read = read_recorded(directory_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "cannot open " + file() + ": Permission denied");
  EXPECT_EQ(read.error().remedy, "read it as its owner, or make it readable to you");
}

TEST_F(Recorded, IsRefusedWhereItIsNone) {
  EXPECT_EQ(refused(""), "it is not JSON");
  EXPECT_EQ(refused("{\"schema_version\": "), "it is not JSON");
  EXPECT_EQ(refused("[]"), "it has no `schema_version`");
  EXPECT_EQ(refused("{}"), "it has no `schema_version`");
  EXPECT_EQ(refused(R"({"schema_version": 1})"), "its schema_version is 1, this cutpoint reads 3");
  EXPECT_EQ(refused(R"({"schema_version": "3"})"),
            "its schema_version is \"3\", this cutpoint reads 3");
  EXPECT_EQ(refused(R"({"schema_version": 3, "runs": []})"), "it is an audit of several runs");
  EXPECT_EQ(refused(R"({"schema_version": 3, "before": {}, "after": {}})"),
            "it is a comparison of two runs");
  EXPECT_EQ(refused(R"({"schema_version": 3})"), "missing key `cutpoint`");
}

TEST_F(Recorded, IsRefusedWhereAPartOfItIsNotAsItShould) {
  const std::pair<const char*, const char*> rows[] = {
      {"/faults/0/do/kind", "faults[0].do.kind: must be one of"},
      {"/outcome", "outcome: must be one of [\"held\",\"violated\",\"inconclusive\"]"},
      {"/findings/1/severity", "findings[1].severity: must be one of"},
      {"/faults/0/fired", "faults[0].fired: expected number or null, not string"},
      {"/series/services/0/in_flight/3",
       "series.services[0].in_flight[3]: expected integer, not string"},
      {"/events/counters/messages", "events.counters.messages: expected integer, not string"},
      {"/more", "unknown key `more`"},
      {"/target/more", "target: unknown key `more`"},
  };
  for (const auto& [place, message] : rows) {
    json report = testing::full_report();
    report[json::json_pointer(place)] = "other";
    EXPECT_EQ(refused(report.dump()).substr(0, std::string{message}.size()), message);
  }
}

TEST_F(Recorded, IsRefusedWhereItsExitCodeIsNotThatOfItsOutcome) {
  struct Row {
    const char* outcome;
    bool interrupted;
    int code;
    const char* message;
  };
  const Row rows[] = {
      {"held", false, 0, ""},
      {"violated", false, 1, ""},
      {"inconclusive", false, 4, ""},
      {"held", true, 130, ""},
      {"violated", true, 130, ""},
      {"inconclusive", true, 130, ""},
      {"violated", false, 0, "its exit_code is 0, that of a run which ended violated is 1"},
      {"held", false, 1, "its exit_code is 1, that of a run which ended held is 0"},
      {"held", false, 4, "its exit_code is 4, that of a run which ended held is 0"},
      {"inconclusive", false, 130,
       "its exit_code is 130, that of a run which ended inconclusive is 4"},
      {"violated", true, 1, "its exit_code is 1, that of a run which was interrupted is 130"},
  };
  for (const Row& row : rows) {
    json report = ended(row.outcome, row.interrupted);
    report["exit_code"] = row.code;
    EXPECT_EQ(refused(report.dump()), row.message);
  }
}

TEST_F(Recorded, IsRefusedWhereItsOutcomeIsNotThatOfItsInvariants) {
  for (const char* other : {"violated", "inconclusive"}) {
    json report = ended("held");
    report["invariants"][0]["outcome"] = other;
    EXPECT_EQ(refused(report.dump()),
              std::string{"its outcome is held, and an invariant is "} + other);
  }
  json report = ended("held");
  report["inconclusive_because"] = {"an event was lost"};
  EXPECT_EQ(refused(report.dump()),
            "its outcome is held, and it says why it would be inconclusive");
  report = ended("violated");
  for (json& one : report["invariants"]) one["outcome"] = "held";
  EXPECT_EQ(refused(report.dump()), "its outcome is violated, and no invariant is");
  report = ended("inconclusive");
  report["invariants"][0]["outcome"] = "violated";
  EXPECT_EQ(refused(report.dump()), "") << "what was seen is not to be trusted";
}

TEST_F(Recorded, IsRefusedWhereItsReadinessIsNotThatOfItsFindings) {
  struct Row {
    const char* outcome;
    const char* severity;  // of all findings
    bool interrupted;
    const char* readiness;
    const char* message;
  };
  const Row rows[] = {
      {"violated", "high", false, "not ready", ""},
      {"violated", "high", true, "not ready", ""},
      {"violated", "critical", false, "ready",
       "its readiness is ready, and a finding is critical or high"},
      {"violated", "high", false, "not proven",
       "its readiness is not proven, and a finding is critical or high"},
      {"violated", "medium", false, "ready", ""},
      {"violated", "medium", false, "not proven", ""},
      {"violated", "low", false, "not ready",
       "its readiness is not ready, and no finding is critical or high"},
      {"violated", "low", true, "ready", "its readiness is ready, and the run was interrupted"},
      {"inconclusive", "critical", false, "not proven", ""},
      {"inconclusive", "critical", false, "not ready",
       "its readiness is not ready, and the run is inconclusive"},
      {"inconclusive", "low", false, "ready",
       "its readiness is ready, and the run is inconclusive"},
  };
  for (const Row& row : rows) {
    json report = ended(row.outcome, row.interrupted);
    report["findings"] = testing::full_report()["findings"];
    for (json& one : report["findings"]) one["severity"] = row.severity;
    report["readiness"]["verdict"] = row.readiness;
    EXPECT_EQ(refused(report.dump()), row.message);
  }
  json report = ended("held");
  report["invariants"] = json::array();
  EXPECT_EQ(refused(report.dump()),
            "its readiness is ready, and nothing was expected of the target");
}

TEST_F(Recorded, IsToldFromAStrayFileAmongDirectories) {
  const std::string stray = directory_ + "/audit.md";
  const std::string audit = directory_ + "/audit.json";
  std::ofstream(stray) << "# Audit";
  std::ofstream(audit) << R"({"schema_version": 3, "runs": []})";
  for (const std::string& one : {stray, audit}) {
    EXPECT_EQ(read_recorded(one).error().remedy,
              "name the directories of runs alone, e.g. " + directory_ + "/*/");
  }
  write("no JSON");
  EXPECT_EQ(read_recorded(file()).error().remedy, "name the directory of a run");
}

TEST_F(Recorded, SaysWhichCutpointWroteIt) {
  write(R"({"schema_version": 9, "cutpoint": {"version": "7.0", "revision": "abc"}})");
  EXPECT_EQ(read_recorded(directory_).error().remedy,
            "render it with cutpoint 7.0 (abc), or run its scenario again");
}

}  // namespace
}  // namespace cutpoint
