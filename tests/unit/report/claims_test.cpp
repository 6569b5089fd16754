// SPDX-License-Identifier: Apache-2.0
// Claims beside what was measured; they change nothing else.
#include <gtest/gtest.h>
#include <set>

#include "controller/report/audit.h"
#include "controller/report/claims_section.h"
#include "controller/scenario/registry.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using testing::RunBuilder;

const auto figure = testing::on_figure;
const auto invariant = testing::on_invariant;

ClaimCondition readiness(const std::string& verdict) {
  ClaimCondition condition;
  condition.readiness = verdict;
  return condition;
}

Claim claim(ClaimCondition true_if) {
  Claim one = testing::claim("S1", "so it is");
  one.true_if = std::move(true_if);
  return one;
}

json judged(RunBuilder& run, Claim one) {
  run.scenario.claims = {std::move(one)};
  return testing::report_of(run).at("claims").at(0);
}

class ClaimsOfSplitBrain : public ::testing::Test {
 protected:
  void SetUp() override { testing::run_split_brain(run_); }

  std::string verdict(const ClaimCondition& true_if) {
    return judged(run_, claim(true_if)).at("verdict");
  }

  RunBuilder run_;
};

TEST_F(ClaimsOfSplitBrain, AreDecidedByAnInvariant) {
  ClaimCondition condition = invariant("postgres.atomic", false);
  const json refuted = judged(run_, claim(condition));
  EXPECT_EQ(refuted.at("verdict"), "refuted");
  EXPECT_EQ(refuted.at("true_if"), "postgres.atomic of db was violated");
  EXPECT_EQ(refuted.at("measured"),
            "postgres.atomic held: 51 rows in products and 51 rows in variants for 50 ids: the "
            "same for every order_id");
  condition = invariant("postgres.exactly_once", false);
  const json confirmed = judged(run_, claim(condition));
  EXPECT_EQ(confirmed.at("verdict"), "confirmed");
  EXPECT_FALSE(confirmed.at("evidence").empty());
  condition.is_held = true;
  EXPECT_EQ(verdict(condition), "refuted");
}

TEST_F(ClaimsOfSplitBrain, AreDecidedByAFigure) {
  const json one = judged(run_, claim(figure("postgres.in_doubt", std::nullopt, 0)));
  EXPECT_EQ(one.at("verdict"), "refuted");
  EXPECT_EQ(one.at("measured"),
            "postgres.in_doubt of db was 1 (COMMITs that took effect although their client was not "
            "told); claimed: at most 0");
  EXPECT_FALSE(one.at("evidence").empty());
  EXPECT_EQ(verdict(figure("postgres.in_doubt", 1, std::nullopt)), "confirmed");
  EXPECT_EQ(verdict(figure("postgres.in_doubt", 1, 1)), "confirmed");
  EXPECT_EQ(verdict(figure("postgres.in_doubt", 2, 9)), "refuted");
  EXPECT_EQ(verdict(figure("postgres.commits", 51, 51)), "confirmed");
  EXPECT_EQ(verdict(figure("postgres.retried", 1, 1)), "confirmed");
  EXPECT_EQ(verdict(figure("postgres.done_twice", 1, 1)), "confirmed");
  EXPECT_EQ(verdict(figure("postgres.not_done", 1, std::nullopt)), "refuted");
}

TEST_F(ClaimsOfSplitBrain, AreDecidedByReadiness) {
  EXPECT_EQ(verdict(readiness("not ready")), "confirmed");
  EXPECT_EQ(verdict(readiness("ready")), "refuted");
}

TEST_F(ClaimsOfSplitBrain, OfSomethingElseAreNotTested) {
  Claim one = claim(figure("postgres.in_doubt", 1, 1));
  one.given = {figure("postgres.resolved", 1, std::nullopt)};
  const json judged_one = judged(run_, one);
  EXPECT_EQ(judged_one.at("verdict"), "not_tested");
  EXPECT_EQ(judged_one.at("measured"),
            "this run is not about it: postgres.resolved of db was 0 (COMMITs that took effect "
            "although their client was not told, and of which it found out later); claimed: at "
            "least 1");
  one.given = {figure("postgres.retried", 1, std::nullopt)};
  EXPECT_EQ(judged(run_, one).at("verdict"), "confirmed");
}

TEST_F(ClaimsOfSplitBrain, AreTestedOnlyWhereAllThatIsGivenIsMet) {
  Claim one = claim(figure("postgres.in_doubt", 1, 1));
  one.given = {figure("postgres.retried", 1, std::nullopt), invariant("postgres.atomic", true)};
  const json met = judged(run_, one);
  EXPECT_EQ(met.at("verdict"), "confirmed");
  EXPECT_EQ(met.at("given"),
            "postgres.retried of db was at least 1 and postgres.atomic of db held");
  for (const std::size_t unmet : {0U, 1U}) {
    one.given = {figure("postgres.retried", 1, std::nullopt), invariant("postgres.atomic", true)};
    one.given[unmet] = figure("postgres.resolved", 1, std::nullopt);
    const json judged_one = judged(run_, one);
    EXPECT_EQ(judged_one.at("verdict"), "not_tested");
    EXPECT_TRUE(judged_one.at("measured")
                    .get<std::string>()
                    .starts_with("this run is not about it: postgres.resolved of db was 0"))
        << judged_one;
  }
}

TEST_F(ClaimsOfSplitBrain, AreNotTestedWithoutAMeasurement) {
  run_.without_history();
  const json one = judged(run_, claim(figure("postgres.retried", 1, std::nullopt)));
  EXPECT_EQ(one.at("verdict"), "not_tested");
  EXPECT_EQ(one.at("measured"),
            "postgres.retried of db was not measured: the target told no history");
}

TEST_F(ClaimsOfSplitBrain, OfAnInterruptedRunStandOnViolationsAlone) {
  run_.facts.interrupted = true;
  EXPECT_EQ(verdict(figure("postgres.in_doubt", 1, 1)), "not_tested");
  EXPECT_EQ(verdict(invariant("postgres.atomic", true)), "not_tested");
  EXPECT_EQ(verdict(invariant("postgres.exactly_once", false)), "confirmed");
}

TEST_F(ClaimsOfSplitBrain, ChangeNeitherOutcomeNorExitCode) {
  json before = testing::report_of(run_);
  run_.scenario.claims = testing::claims_of_split_brain();
  json after = testing::report_of(run_);
  EXPECT_EQ(after.at("claims").size(), 3U);
  before.erase("claims");
  after.erase("claims");
  EXPECT_EQ(before, after);
}

TEST(Claims, AreNotTestedWhereTheFaultDidNotFire) {
  RunBuilder run;
  run.connect(1).commit(1);
  const json one = judged(run, claim(figure("postgres.in_doubt", std::nullopt, 0)));
  EXPECT_EQ(one.at("verdict"), "not_tested");
  EXPECT_TRUE(
      one.at("measured").get<std::string>().starts_with("partition-at-commit never fired: "))
      << one;
}

TEST(Claims, OfSeveralRunsAreSideBySide) {
  RunBuilder run;
  testing::run_split_brain(run);
  run.scenario.claims = testing::claims_of_split_brain();
  const json first = testing::report_of(run);
  json second = first;
  second["claims"][0]["verdict"] = "confirmed";
  second["claims"][1]["claim"] = "asking is no cure";
  const json claims = build_audit({first, second}).at("claims");
  ASSERT_EQ(claims.size(), 4U) << "another sentence is another claim";
  ASSERT_EQ(claims[0].at("runs").size(), 2U);
  EXPECT_EQ(claims[0].at("runs")[0].at("verdict"), "refuted");
  EXPECT_EQ(claims[0].at("runs")[1].at("run"), 2);
  EXPECT_EQ(claims[0].at("runs")[1].at("verdict"), "confirmed");
}

// Every figure of the registry is measured by whoever has it, and none beside them.
TEST(Figures, AreThoseOfTheRegistry) {
  std::set<std::string> measured;
  const auto add = [&measured](const Figures& figures) {
    for (const auto& [name, value] : figures) {
      EXPECT_TRUE(measured.insert(std::string(name)).second || name.starts_with("queue."));
      EXPECT_NE(value.value.has_value(), !value.why.empty()) << name;
    }
  };
  testing::TrafficBuilder run;
  run.end(1);
  const Verdict verdict = run.verify();
  add(figures_of_run(run.facts));
  add(figures_of_postgres(run.facts, verdict, 0));
  add(figures_of_http(run.facts, verdict, 0));
  add(figures_of_amqp(run.facts, verdict, 0));
  for (const ObserverKind kind : {ObserverKind::celery, ObserverKind::amqp}) {
    ObserverPlan observer = run.scenario.observe.front();
    observer.kind = kind;
    add(figures_of_observer(run.facts, observer));
  }
  const std::vector<std::string> names = names_of(figures());
  EXPECT_EQ(measured, std::set<std::string>(names.begin(), names.end()));
}

double value_of(const json& report, const std::string& name) {
  for (const json& one : report.at("figures")) {
    if (one.at("name") == name) return one.at("value").get<double>();
  }
  ADD_FAILURE() << name;
  return -1;
}

// What an earlier run has left waits before the target begins, which may make the queue anew.
TEST(Figures, OfAQueueAreOfThisRun) {
  testing::TrafficBuilder run;
  run.attached();
  run.depth(1, 4000);
  run.depth(2, 5000);
  run.timeline.add(testing::ns(3), Note{"target", "target.started", {}});
  run.note(4, "queue.depth", {{"depth", 5000}, {"consumers", 0}});
  run.note(5, "queue.depth", {{"depth", 2}, {"consumers", 1}});
  run.depth(6, 30);
  run.depth(7, 7);
  run.end(8);
  const Figures figures = figures_of_observer(run.facts, run.scenario.observe.front());
  EXPECT_EQ(figures.at("queue.at_start").value, 5000);
  EXPECT_EQ(figures.at("queue.deepest").value, 30);
}

// What the report says elsewhere, too.
TEST(Figures, AgreeWithTheRestOfTheReport) {
  const json traffic = testing::report_with_traffic();
  const json& service = traffic.at("series").at("services")[0].at("numbers");
  const json& workers = traffic.at("series").at("observers")[0].at("numbers");
  EXPECT_EQ(value_of(traffic, "http.requests"), service.at("requests"));
  EXPECT_EQ(value_of(traffic, "http.longest_wait"), service.at("longest_wait_ms"));
  EXPECT_EQ(value_of(traffic, "http.median_give_up"), 1000) << "the lower of 1 s and 4 s";
  EXPECT_EQ(value_of(traffic, "workers.longest_all_blocked"), workers.at("longest_all_blocked_ms"));
  EXPECT_EQ(value_of(traffic, "workers.longest_task"), 6500);
  EXPECT_EQ(value_of(traffic, "workers.done_during_fault"), 0);
  EXPECT_EQ(value_of(traffic, "workers.done_after_heal"), 1);
  EXPECT_EQ(value_of(traffic, "queue.deepest"), workers.at("deepest_queue"));
  EXPECT_EQ(value_of(traffic, "queue.at_heal"), 7);
  const json split = testing::full_report();
  EXPECT_EQ(value_of(split, "postgres.in_doubt"),
            split.at("belief_vs_truth").at("committed_unacked"));
  EXPECT_EQ(value_of(split, "postgres.longest_commit"), split.at("commit_latency").at("max_ms"));
}

}  // namespace
}  // namespace cutpoint
