// SPDX-License-Identifier: Apache-2.0
// What a scenario with cutpoint's publisher asks of its target and its services.
#include <gtest/gtest.h>

#include "controller/run/services.h"
#include "controller/run/target.h"

namespace cutpoint {
namespace {

Scenario with_publisher() {
  Scenario scenario;
  scenario.name = "poison";
  scenario.services.push_back(
      {.name = "mq", .protocol = "amqp", .dsn = {}, .address = "127.0.0.1:5672"});
  scenario.services.push_back(
      {.name = "db", .protocol = "postgres", .dsn = "host=127.0.0.1", .address = {}});
  scenario.publish = PublishWorkload{};
  return scenario;
}

Expectation effects(const std::string& database) {
  Expectation expectation;
  expectation.invariant = "amqp.all_processed";
  expectation.service = "mq";
  expectation.database = database;
  expectation.tables = {"handled"};
  expectation.by = "message_id";
  return expectation;
}

TEST(RowQuestions, OfEffectsAreAskedOfTheirDatabaseWhichMayNotHaveTheTableYet) {
  Scenario scenario = with_publisher();
  scenario.expect.push_back(effects("db"));
  EXPECT_TRUE(row_questions(scenario, scenario.services[0]).empty());
  const auto questions = row_questions(scenario, scenario.services[1]);
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].tables, std::vector<std::string>{"handled"});
  EXPECT_EQ(questions[0].by, "message_id");
  EXPECT_FALSE(questions[0].before);
}

TEST(Deaths, AreWatchedWhereABrokerIsAService) {
  Scenario scenario = with_publisher();
  EXPECT_TRUE(watches_deaths(scenario));
  scenario.services.erase(scenario.services.begin());
  EXPECT_FALSE(watches_deaths(scenario));
}

TEST(TargetPlan, APublisherAloneRunsAsNobody) {
  const auto plan = plan_target(with_publisher(), false);
  if (!plan) GTEST_SKIP() << plan.error().message;
  EXPECT_TRUE(plan->makes_cgroup);
  EXPECT_FALSE(runs_already(*plan));
  ASSERT_TRUE(plan->user);
  EXPECT_NE(plan->user->uid, 0U);
}

TEST(TargetPlan, APublisherBesideACommandRunsAsItsUser) {
  Scenario scenario = with_publisher();
  scenario.target = Target{};
  scenario.target->command = {"sh"};
  const auto plan = plan_target(scenario, false);
  if (!plan) GTEST_SKIP() << plan.error().message;
  EXPECT_TRUE(plan->makes_cgroup);
  EXPECT_FALSE(plan->user);
}

TEST(TargetPlan, ACommandThatIsNotThereIsToldBeforeAnythingIsDone) {
  Scenario scenario = with_publisher();
  scenario.target = Target{};
  scenario.target->command = {"no-such-program-of-cutpoint"};
  const auto plan = plan_target(scenario, false);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ExitCode::usage);
}

}  // namespace
}  // namespace cutpoint
