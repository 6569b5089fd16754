// SPDX-License-Identifier: Apache-2.0
// Several runs in one document.
#include "controller/report/audit.h"

#include <gtest/gtest.h>

#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using testing::RunBuilder;

json violated() {
  RunBuilder run;
  testing::run_split_brain(run);
  return testing::report_of(run);
}

json held() {
  RunBuilder run;
  testing::FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(RunBuilder::request_bytes).committed();
  run.wait(std::chrono::seconds(30)).heal();
  flow.event(CUT_EVENT_RETRANSMIT).ack().says("ok");
  testing::remaining_orders(run);
  return testing::report_of(run);
}

json inconclusive() {
  RunBuilder run;
  run.connect(1).commit(1);
  return testing::report_of(run);
}

json interrupted(json report) {
  report["interrupted"] = true;
  report["exit_code"] = 130;
  return report;
}

struct Row {
  std::vector<json> reports;
  int exit_code;
  const char* outcome;
};

TEST(Audit, IsAsBadAsItsWorstRun) {
  ASSERT_EQ(held().at("outcome"), "held") << held().dump(2);
  const Row rows[] = {{{held()}, 0, "held"},
                      {{held(), held()}, 0, "held"},
                      {{held(), inconclusive()}, 4, "inconclusive"},
                      {{inconclusive(), violated(), held()}, 1, "violated"},
                      {{held(), interrupted(held())}, 4, "inconclusive"},
                      {{interrupted(violated()), held()}, 1, "violated"}};
  for (const Row& row : rows) {
    const json audit = build_audit(row.reports);
    EXPECT_EQ(audit.at("exit_code"), row.exit_code);
    EXPECT_EQ(audit.at("outcome"), row.outcome);
    EXPECT_EQ(audit.at("runs"), json(row.reports)) << "as they are";
  }
}

TEST(Audit, IsReadyWhereEveryRunIs) {
  EXPECT_EQ(build_audit({held(), held()}).at("readiness").at("verdict"), "ready");
  const json unproven = build_audit({held(), inconclusive()}).at("readiness");
  EXPECT_EQ(unproven.at("verdict"), "not proven");
  EXPECT_EQ(unproven.at("because").at(0), "split-brain (run 2): partition-at-commit never fired");
  const json not_ready = build_audit({inconclusive(), violated()}).at("readiness");
  EXPECT_EQ(not_ready.at("verdict"), "not ready");
  EXPECT_EQ(not_ready.at("because").at(0),
            "split-brain (run 2): [critical] Order 20 was committed twice");
}

TEST(Audit, ListsFindingsByTheirSeverity) {
  const json findings = build_audit({held(), violated(), violated()}).at("findings");
  ASSERT_EQ(findings.size(), 4U);
  std::vector<std::string> severities;
  std::vector<int> runs;
  for (const json& finding : findings) {
    severities.push_back(finding.at("severity"));
    runs.push_back(finding.at("run"));
    EXPECT_EQ(finding.at("scenario"), "split-brain");
  }
  EXPECT_EQ(severities, (std::vector<std::string>{"critical", "critical", "high", "high"}));
  EXPECT_EQ(runs, (std::vector<int>{2, 3, 2, 3}));
}

json finding(const char* severity, const char* component, const char* remedy) {
  return {{"title", "t"},
          {"severity", severity},
          {"invariant", "i"},
          {"impact", "lost work"},
          {"component", component},
          {"remedy", remedy},
          {"reference", "https://example.org/" + std::string{component}},
          {"evidence", json::array()}};
}

TEST(Audit, SaysEachActionOnceTheMostUrgentFirst) {
  const json actions = actions_of(
      {finding("medium", "pool", "retry less"), finding("high", "client", "bound the wait"),
       finding("high", "broker", "declare it"), finding("critical", "worker", "bound the wait"),
       finding("high", "worker", "declare it")});
  ASSERT_EQ(actions.size(), 3U);
  EXPECT_EQ(actions[0],
            (json{{"severity", "critical"},
                  {"remedy", "bound the wait"},
                  {"components", {"client", "worker"}},
                  {"references", {"https://example.org/client", "https://example.org/worker"}},
                  {"findings", {2, 4}}}));
  EXPECT_EQ(actions[1].at("remedy"), "declare it");
  EXPECT_EQ(actions[2].at("remedy"), "retry less");
}

TEST(Audit, GathersTheImpactByComponent) {
  const json impact = impact_of({finding("medium", "pool", "a"), finding("high", "client", "b"),
                                 finding("critical", "pool", "c")});
  ASSERT_EQ(impact.size(), 2U);
  EXPECT_EQ(impact[0], (json{{"severity", "critical"},
                             {"component", "pool"},
                             {"impact", "lost work"},
                             {"findings", {1, 3}}}));
  EXPECT_EQ(impact[1].at("component"), "client");
}

TEST(Audit, CountsEachRun) {
  const json overview = build_audit({held(), violated()}).at("overview");
  EXPECT_EQ(overview[0].at("readiness"), "ready");
  EXPECT_EQ(overview[1], (json{{"run", 2},
                               {"scenario", "split-brain"},
                               {"name", "split-brain"},
                               {"title", violated().at("title")},
                               {"outcome", "violated"},
                               {"exit_code", 1},
                               {"readiness", "not ready"},
                               {"invariants", 6},
                               {"violated", 2},
                               {"inconclusive", 0},
                               {"findings", 2},
                               {"out", nullptr}}));
}

json in_directory(json report, const std::string& out) {
  report["out"] = out;
  return report;
}

TEST(Audit, NamesRunsOfOneScenarioByTheirDirectories) {
  json other = held();
  other["scenario"] = "another";
  const json audit =
      build_audit({in_directory(violated(), "runs/fast"), in_directory(other, "runs/x"),
                   in_directory(violated(), "/tmp/slow.1/"), violated()});
  std::vector<std::string> names;
  for (const json& run : audit.at("overview")) names.push_back(run.at("name"));
  EXPECT_EQ(names, (std::vector<std::string>{"split-brain in fast", "another",
                                             "split-brain in slow.1", "split-brain"}));
  EXPECT_EQ(audit.at("findings").at(1).at("name"), "split-brain in slow.1");
  EXPECT_EQ(audit.at("readiness").at("because").at(0),
            "split-brain in fast (run 1): [critical] Order 20 was committed twice");
}

TEST(Audit, TellsRunsOfOneScenarioApartInEveryView) {
  const json fast = in_directory(testing::full_report(), "runs/fast");
  const json audit = build_audit({fast, in_directory(fast, "runs/slow")});
  const std::string text = render_audit_text(audit, {.width = 100000});
  for (const char* wanted :
       {"\nRun 2: split-brain in slow\n", "scenario  split-brain in slow (run 2)\n",
        "✗ split-brain in slow (run 2): not ready, ", "not tested split-brain in slow (run 2): "}) {
    EXPECT_NE(text.find(wanted), std::string::npos) << wanted << text;
  }
  const std::string markdown = render_markdown(audit);
  for (const char* wanted : {"| 2 | split-brain in slow | ", "- run: 2, split-brain in slow\n",
                             "\n## Run 2: split-brain in slow\n"}) {
    EXPECT_NE(markdown.find(wanted), std::string::npos) << wanted << markdown;
  }
  const std::string page = render_html(audit, {});
  for (const char* wanted :
       {"<h2>Run 2: split-brain in slow ", "<a href=\"#run-2\">2, split-brain in slow</a>",
        "<a href=\"#run-2\">split-brain in slow</a>"}) {
    EXPECT_NE(page.find(wanted), std::string::npos) << wanted;
  }
}

// Every figure and every text of what an audit adds to its runs.
TEST(Audit, IsShownWholeInItsViews) {
  const json audit = build_audit({held(), violated(), inconclusive()});
  const std::string markdown = render_markdown(audit);
  const std::string text = render_audit_text(audit, {.width = 100000});
  for (const json& finding : audit.at("findings")) {
    for (const char* key : {"title", "severity", "impact", "component", "remedy", "reference"}) {
      EXPECT_NE(text.find(finding.at(key).get<std::string>()), std::string::npos) << finding;
    }
    EXPECT_NE(markdown.find(finding.at("reference").get<std::string>()), std::string::npos);
    EXPECT_NE(markdown.find(finding.at("impact").get<std::string>()), std::string::npos);
  }
  EXPECT_NE(markdown.find("| 2 | split-brain | ✗ violated | 1 | not ready | 6 | 2 | 0 | 2 | – |"),
            std::string::npos)
      << markdown;
  EXPECT_NE(markdown.find("\n## Run 3: split-brain\n"), std::string::npos);
  EXPECT_NE(text.find("✗ audit of 3 runs VIOLATED (exit 1): 1 not ready, 1 not proven, 1 ready"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace cutpoint
