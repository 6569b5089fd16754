// SPDX-License-Identifier: Apache-2.0
// The same scenario on two builds, side by side.
#include "controller/report/compare.h"

#include <gtest/gtest.h>

#include "controller/report/claims_section.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using testing::FlowBuilder;
using testing::RunBuilder;

json fragile() {
  RunBuilder run;
  testing::run_split_brain(run);
  run.scenario.claims = testing::claims_of_split_brain();
  return testing::report_of(run);
}

// Its client asks for the fate of order 20, and is told.
json hardened() {
  using namespace std::chrono_literals;
  RunBuilder run;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(RunBuilder::request_bytes).committed();
  run.wait(10s);
  flow.close().says("info");
  run.wait(20s).heal();
  flow.found_out(true);
  testing::remaining_orders(run);
  run.rule().moments = run.rule().matches = 50;
  run.scenario.claims = testing::claims_of_split_brain();
  return testing::report_of(run);
}

json compared(const json& before, const json& after) {
  auto comparison = build_comparison(before, after);
  EXPECT_TRUE(comparison) << comparison.error().message;
  return *comparison;
}

json row(const json& list, const char* key, const std::string& value) {
  for (const json& one : list) {
    if (one.at(key) == value) return one;
  }
  ADD_FAILURE() << value;
  return nullptr;
}

TEST(Compare, TellsWhichFindingsWent) {
  const json comparison = compared(fragile(), hardened());
  const json& findings = comparison.at("findings");
  ASSERT_EQ(findings.at("gone").size(), 2U);
  EXPECT_EQ(findings.at("gone")[0].at("invariant"), "postgres.exactly_once");
  EXPECT_EQ(findings.at("gone")[0].at("before"), "Order 20 was committed twice");
  EXPECT_EQ(findings.at("gone")[0].at("after"), nullptr);
  EXPECT_EQ(findings.at("came"), json::array());
  EXPECT_EQ(findings.at("stayed"), json::array());
  EXPECT_EQ(comparison.at("differing"), json::array());
}

TEST(Compare, TellsWhichFindingsCameAndStayed) {
  const json back = compared(hardened(), fragile()).at("findings");
  EXPECT_EQ(back.at("gone"), json::array());
  EXPECT_EQ(back.at("came").size(), 2U);
  const json same = compared(fragile(), fragile()).at("findings");
  EXPECT_EQ(same.at("stayed").size(), 2U);
  EXPECT_EQ(same.at("came"), json::array());
}

// By the other run: it could not tell, or was not asked.
TEST(Compare, TellsWhichFindingsWereNotJudged) {
  json unsure = hardened();
  for (json& one : unsure["invariants"]) {
    if (one.at("name") == "postgres.exactly_once") one["outcome"] = "inconclusive";
  }
  const json comparison = compared(fragile(), unsure);
  const json& findings = comparison.at("findings");
  ASSERT_EQ(findings.at("not_judged").size(), 1U);
  EXPECT_EQ(findings.at("not_judged")[0].at("invariant"), "postgres.exactly_once");
  EXPECT_EQ(findings.at("gone").size(), 1U);
  for (const std::string& view : {render_comparison_text(comparison, {.width = 1000}),
                                  render_comparison_markdown(comparison)}) {
    EXPECT_NE(view.find("1 finding gone, 0 came, 0 stayed, 1 not judged by the other run"),
              std::string::npos)
        << view;
  }
  json unasked = hardened();
  unasked["invariants"] = json::array();
  EXPECT_EQ(compared(fragile(), unasked).at("findings").at("not_judged").size(), 2U);
  EXPECT_EQ(compared(unasked, fragile()).at("findings").at("not_judged").size(), 2U);
}

TEST(Compare, SetsFiguresInvariantsAndClaimsSideBySide) {
  const json comparison = compared(fragile(), hardened());
  const json commits = row(comparison.at("figures"), "name", "postgres.commits");
  EXPECT_EQ(commits.at("before"), 51);
  EXPECT_EQ(commits.at("after"), 50);
  EXPECT_EQ(commits.at("difference"), -1);
  const json once = row(comparison.at("invariants"), "name", "postgres.exactly_once");
  EXPECT_EQ(once.at("before"), "violated");
  EXPECT_EQ(once.at("after"), "held");
  EXPECT_EQ(once.at("observed_before"), "order 20 was committed twice");
  const json retry = row(comparison.at("claims"), "id", "S1");
  EXPECT_EQ(retry.at("before"), "refuted");
  EXPECT_EQ(retry.at("after"), "not_tested");
  const json asking = row(comparison.at("claims"), "id", "S2");
  EXPECT_EQ(asking.at("before"), "not_tested");
  EXPECT_EQ(asking.at("after"), "confirmed");
}

TEST(Compare, ShowsHowMuchLessItHasBecome) {
  json comparison = compared(fragile(), hardened());
  for (json& figure : comparison["figures"]) {
    if (figure.at("name") != "postgres.longest_commit") continue;
    figure["before"] = 118;
    figure["after"] = 38.1;
    figure["difference"] = -79.9;
  }
  const std::string text = render_comparison_text(comparison, {false, 100, false});
  EXPECT_NE(text.find("118 ms → 38.1 ms (-79.9 ms)"), std::string::npos) << text;
  const std::string markdown = render_comparison_markdown(comparison);
  EXPECT_NE(markdown.find("-79.9 ms"), std::string::npos) << markdown;
}

TEST(Compare, TellsWhatWasDoneOtherwise) {
  json after = hardened();
  after["faults"][0]["do"]["for_ms"] = 3000.0;
  after["seed"] = 7;
  const json differing = compared(fragile(), after).at("differing");
  ASSERT_EQ(differing.size(), 2U) << differing;
  EXPECT_EQ(differing[0].at("what"), "fault partition-at-commit");
  EXPECT_NE(differing[0].at("after").get<std::string>().find("for_ms 3000.0"), std::string::npos);
  EXPECT_EQ(differing[1], (json{{"what", "seed"}, {"before", "1"}, {"after", "7"}}));
}

TEST(Compare, OfAnotherScenarioIsRefused) {
  json other = hardened();
  other["scenario"] = "black-hole";
  const auto comparison = build_comparison(fragile(), other);
  ASSERT_FALSE(comparison);
  EXPECT_EQ(comparison.error().code, ExitCode::usage);
  EXPECT_EQ(comparison.error().message,
            "cannot compare a run of split-brain with one of black-hole");
}

TEST(Compare, ShowsItAll) {
  const json comparison = compared(fragile(), hardened());
  const std::string text = render_comparison_text(comparison, {.width = 1000});
  const std::string markdown = render_comparison_markdown(comparison);
  for (const std::string& view : {text, markdown}) {
    for (const json& one : comparison.at("findings").at("gone")) {
      EXPECT_NE(view.find(one.at("before").get<std::string>()), std::string::npos) << view;
    }
    for (const json& figure : comparison.at("figures")) {
      for (const char* key : {"before", "after"}) {
        EXPECT_NE(view.find(figure_text(figure, key)), std::string::npos) << figure;
      }
    }
    for (const json& claim : comparison.at("claims")) {
      EXPECT_NE(view.find(claim.at("measured_after").get<std::string>()), std::string::npos)
          << view;
    }
    EXPECT_NE(view.find("2 findings gone, 0 came, 0 stayed"), std::string::npos) << view;
  }
  EXPECT_NE(text.find("51 → 50 (-1)"), std::string::npos) << text;
}

}  // namespace
}  // namespace cutpoint
