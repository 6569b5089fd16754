// SPDX-License-Identifier: Apache-2.0
#include "controller/run/guard_rails.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

using namespace std::chrono_literals;

Scenario harmless() {
  Scenario scenario;
  scenario.services.push_back({"db", "postgres", "", "127.0.0.1:5432"});
  scenario.services.push_back({"other", "postgres", "host=h", ""});
  Fault fault;
  fault.name = "cut";
  fault.duration = longest_fault;
  scenario.faults.push_back(fault);
  return scenario;
}

void expect_refused(const Scenario& scenario, const std::string& message,
                    const std::string& remedy) {
  const Status kept = keep_guard_rails(scenario);
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().code, ExitCode::usage);
  EXPECT_EQ(kept.error().message, message);
  EXPECT_EQ(kept.error().remedy, remedy);
}

TEST(GuardRails, LetTheUsualPass) {
  EXPECT_TRUE(keep_guard_rails(harmless()));
}

TEST(GuardRails, RefuseALongFault) {
  Scenario scenario = harmless();
  scenario.faults[0].duration = 15min;
  const std::string message =
      "fault `cut` lasts 900 s, longer than 600 s: the target may not recover from it";
  expect_refused(scenario, message, "shorten it, or say --yes-really");
  scenario.faults[0].duration = 10min;
  scenario.faults[0].jitter = 5min;
  expect_refused(scenario, message, "shorten it, or say --yes-really");
}

TEST(GuardRails, LetALongFaultBeObserved) {
  Scenario scenario = harmless();
  scenario.faults[0].duration = 15min;
  scenario.faults[0].mode = CUT_OBSERVE;
  EXPECT_TRUE(keep_guard_rails(scenario));
}

TEST(GuardRails, RefuseEveryHost) {
  Scenario scenario = harmless();
  scenario.services[0].address = ":5432";
  expect_refused(scenario,
                 "service `db` names no host: every connection of the target to port 5432, "
                 "wherever it leads, would be of it",
                 "write `host:5432`, or say --yes-really");
}

TEST(GuardRails, LetANameStandForAHost) {
  Scenario scenario = harmless();
  scenario.services.push_back({"llm", "tls", "", ":443"});
  expect_refused(scenario,
                 "service `llm` names no host: every connection of the target to port 443, "
                 "wherever it leads, would be of it",
                 "write `host:443`, add the `server_name` that its clients ask for, or say "
                 "--yes-really");
  scenario.services.back().server_name = "llm.example.test";
  EXPECT_TRUE(keep_guard_rails(scenario));
}

}  // namespace
}  // namespace cutpoint
