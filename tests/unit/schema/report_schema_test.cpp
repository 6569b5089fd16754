// SPDX-License-Identifier: Apache-2.0
// Debian's python3-jsonschema, with the published schemas, on reports and audits; and the check
// that `cutpoint report` makes of what it reads, which has to agree with it.
#include "controller/report/report_schema.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <stdlib.h>

#include "controller/report/audit.h"
#include "controller/report/compare.h"
#include "controller/report/schema_check.h"
#include "controller/scenario/registry.h"
#include "tests/scenarios/program.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using testing::RunBuilder;

constexpr const char* python = "/usr/bin/python3";  // Debian's, with Debian's jsonschema

class ReportSchema : public ::testing::Test {
 protected:
  void SetUp() override {
    if (Program::run({python, "-c", "import jsonschema, yaml"}).code != 0) {
      GTEST_SKIP() << "needs Debian's python3-jsonschema and python3-yaml";
    }
    std::string name = (std::filesystem::temp_directory_path() / "cutpoint-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // "ok", or "PLACE: MESSAGE" of each document.
  [[nodiscard]] std::vector<std::string> judge(const nlohmann::ordered_json& schema,
                                               const std::vector<json>& documents) const {
    std::ofstream(directory_ + "/schema.json") << schema.dump(2);
    std::vector<std::string> command{python, VALIDATOR, directory_ + "/schema.json"};
    for (const json& document : documents) {
      command.push_back(directory_ + "/" + std::to_string(command.size()) + ".json");
      std::ofstream(command.back()) << document.dump();
    }
    const auto ended = Program::run(command);
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::istringstream lines(ended.out);
    std::vector<std::string> results;
    for (std::string line; std::getline(lines, line);) {
      results.push_back(line.starts_with("ok ") ? "ok" : line.substr(line.find(": ") + 2));
    }
    EXPECT_EQ(results.size(), documents.size());
    return results;
  }

  std::string directory_;
};

// Of every kind of fault, and of an application that nothing is done to.
std::vector<json> reports_of_all_faults() {
  std::vector<json> reports;
  for (const FaultInfo& kind : faults()) {
    RunBuilder run;
    testing::run_split_brain(run);
    run.fault().kind = kind.name;
    reports.push_back(testing::report_of(run));
  }
  RunBuilder nothing;
  nothing.scenario.faults.clear();
  nothing.facts.rules.clear();
  reports.push_back(testing::report_of(nothing));
  return reports;
}

TEST_F(ReportSchema, TakesWhateverIsReported) {
  std::vector<json> reports = reports_of_all_faults();
  reports.push_back(testing::report_with_traffic());
  reports.push_back(testing::full_report());
  const auto results = judge(report_schema(), reports);
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i], "ok") << reports[i].at("faults").dump(2);
    EXPECT_EQ(first_mistake(report_schema(), reports[i]), "");
  }
}

TEST_F(ReportSchema, TakesAudits) {
  RunBuilder never_fired;
  never_fired.connect(1).commit(1);
  const json full = testing::full_report();
  const std::vector<json> audits = {build_audit({full}),
                                    build_audit({full, testing::report_of(never_fired), full})};
  EXPECT_EQ(judge(audit_schema(), audits), (std::vector<std::string>{"ok", "ok"}));
  for (const json& audit : audits) EXPECT_EQ(first_mistake(audit_schema(), audit), "");
}

TEST_F(ReportSchema, TakesComparisons) {
  const json full = testing::full_report();
  RunBuilder never_fired;
  never_fired.connect(1).commit(1);
  json other = testing::report_of(never_fired);
  const std::vector<json> comparisons = {*build_comparison(full, full),
                                         *build_comparison(full, other),
                                         *build_comparison(other, full)};
  EXPECT_EQ(judge(comparison_schema(), comparisons), (std::vector<std::string>{"ok", "ok", "ok"}));
}

// The schema knows every key: one more, or one less, is a mistake, wherever it is.
void collect_objects(const json& value, const json::json_pointer& at,
                     std::vector<json::json_pointer>& objects) {
  if (value.is_object()) objects.push_back(at);
  if (!value.is_object() && !value.is_array()) return;
  std::size_t index = 0;
  for (const auto& [key, part] : value.items()) {
    collect_objects(part, value.is_array() ? at / index : at / key, objects);
    ++index;
  }
}

TEST_F(ReportSchema, RefusesAKeyThatItDoesNotKnow) {
  const json full = testing::full_report();
  std::vector<json::json_pointer> objects;
  collect_objects(full, json::json_pointer(), objects);
  std::vector<json> documents;
  for (const json::json_pointer& at : objects) {
    if (at.to_string() == "/events/counters") continue;  // their names are the kernel side's
    documents.push_back(full);
    documents.back()[at]["more"] = "other";
  }
  EXPECT_GT(documents.size(), 30U);
  const auto results = judge(report_schema(), documents);
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_NE(results[i], "ok") << documents[i].dump();
    EXPECT_NE(first_mistake(report_schema(), documents[i]), "");
  }
}

TEST_F(ReportSchema, RefusesWhatAKeyIsMissingFrom) {
  const json full = testing::full_report();
  std::vector<json> documents;
  for (const auto& [key, value] : full.items()) {
    if (key == "out" || key == "not_written") continue;
    documents.push_back(full);
    documents.back().erase(key);
  }
  for (const char* key : {"name", "observed", "severity"}) {
    documents.push_back(full);
    documents.back()["invariants"][0].erase(key);
  }
  const auto results = judge(report_schema(), documents);
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_NE(results[i], "ok");
    EXPECT_NE(first_mistake(report_schema(), documents[i]), "");
  }
}

TEST_F(ReportSchema, SaysWhereAMistakeIs) {
  json report = testing::full_report();
  report["invariants"][2]["outcome"] = "hold";
  EXPECT_EQ(judge(report_schema(), {report}).at(0),
            "invariants.2.outcome: 'hold' is not one of ['held', 'violated', 'inconclusive']");
  EXPECT_EQ(first_mistake(report_schema(), report),
            "invariants[2].outcome: must be one of [\"held\",\"violated\",\"inconclusive\"]");
}

}  // namespace
}  // namespace cutpoint
