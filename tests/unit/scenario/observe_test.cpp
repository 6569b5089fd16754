// SPDX-License-Identifier: Apache-2.0
// `observe:`, and the invariants about HTTP and about workers.
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using namespace std::chrono_literals;

const std::string black_hole = R"(scenario: black-hole
services:
  llm: { protocol: http, address: "127.0.0.1:8080" }
target: { command: [app] }
observe:
  workers: { kind: celery, broker: "amqp://app:hunter2@127.0.0.1:5672/", queue: llm, workers: 4 }
faults:
  - name: cut
    at: { service: llm, moment: request.end }
    do: { blackhole: down, for: 3s, acks: pass }
expect:
  - { invariant: http.bounded_wait, within: 12s }
  - { invariant: http.breaker_opens_within, failures: 2, time: 1s, reset: 30s }
  - { invariant: http.retry_amplification, at_most: 1.5, tasks: [app.ask] }
  - { invariant: http.recovers_within, time: 45s }
  - { invariant: workers.available, blocked_at_most: 5s }
  - { invariant: queue.drains_within, time: 60s, observer: workers }
)";

class Observe : public InOwnDirectory<::testing::Test> {};

TEST_F(Observe, IsReadWithItsInvariants) {
  const LoadedScenario loaded = load(black_hole);
  ASSERT_TRUE(loaded.scenario) << complaints(loaded);
  const Scenario& scenario = *loaded.scenario;
  ASSERT_EQ(scenario.observe.size(), 1U);
  EXPECT_EQ(scenario.observe[0].name, "workers");
  EXPECT_EQ(scenario.observe[0].queue, "llm");
  EXPECT_EQ(scenario.observe[0].workers, 4U);
  EXPECT_EQ(scenario.observe[0].every, 500ms);
  ASSERT_EQ(scenario.expect.size(), 6U);
  EXPECT_EQ(scenario.expect[0].within, 12s);
  EXPECT_EQ(scenario.expect[0].service, "llm");
  EXPECT_EQ(scenario.expect[1].failures, 2U);
  EXPECT_EQ(scenario.expect[1].reset, 30s);
  EXPECT_EQ(scenario.expect[1].probes, 1U);
  EXPECT_EQ(scenario.expect[2].at_most, 1.5);
  EXPECT_EQ(scenario.expect[2].tasks, std::vector<std::string>{"app.ask"});
  EXPECT_EQ(scenario.expect[2].observer, "workers");
  EXPECT_EQ(scenario.expect[4].blocked_at_most, 5s);
  EXPECT_EQ(scenario.expect[4].observer, "workers");
  EXPECT_EQ(scenario.expect[4].service, "");
  EXPECT_EQ(scenario.expect[5].observer, "workers");
}

TEST_F(Observe, KeepsThePasswordOfTheBrokerToItself) {
  const LoadedScenario loaded = load(black_hole);
  ASSERT_TRUE(loaded.scenario) << complaints(loaded);
  EXPECT_EQ(loaded.scenario->observe[0].broker, "amqp://app:hunter2@127.0.0.1:5672/");
  EXPECT_EQ(loaded.scenario->resolved_yaml.find("hunter2"), std::string::npos);
  const LoadedScenario bad = load(replaced(black_hole, "workers: 4 }", "workers: none }"));
  EXPECT_EQ(complaints(bad).find("hunter2"), std::string::npos) << complaints(bad);
}

TEST_F(Observe, IsNotNeededWhereTheNumberIsGiven) {
  std::string text = replaced(black_hole, "tasks: [app.ask]", "requests: 100");
  text = replaced(text, "  - { invariant: workers.available, blocked_at_most: 5s }\n", "");
  text =
      replaced(text, "  - { invariant: queue.drains_within, time: 60s, observer: workers }\n", "");
  const std::size_t from = text.find("observe:");
  text.erase(from, text.find("faults:") - from);
  const LoadedScenario loaded = load(text);
  ASSERT_TRUE(loaded.scenario) << complaints(loaded);
  EXPECT_EQ(loaded.scenario->expect[2].requests, 100U);
  EXPECT_EQ(loaded.scenario->expect[2].observer, "");
}

using BadObserve = BadInputTest;

TEST_P(BadObserve, IsExplainedInPlace) {
  const BadInput& bad = GetParam();
  const std::string told = complaints(load(replaced(black_hole, bad.from, bad.to)));
  EXPECT_EQ(told.substr(0, told.find('\n')), bad.complaints);
}

const std::vector<BadInput> inputs{
    {"unknown_kind", "kind: celery", "kind: rq",
     "test.yaml:6:20: unknown observer `rq`; valid: celery, amqp"},
    {"no_amqp", "amqp://app:hunter2@127.0.0.1:5672/", "redis://127.0.0.1",
     "test.yaml:6:36: `broker` is no AMQP URL: it is `amqp://user@host:port/vhost`, "
     "without TLS"},
    {"no_workers", ", workers: 4", "",
     "test.yaml:6:12: missing key `workers` in observer `workers`; it is how many processes or "
     "threads run tasks"},
    {"too_often", "queue: llm", "every: 1ms", "test.yaml:6:81: `every` must be 50ms or longer"},
    {"unknown_key", "queue: llm", "queus: llm",
     "test.yaml:6:74: unknown key `queus` in observer `workers`; did you mean `queue`?"},
    {"unknown_observer", "observer: workers", "observer: worker",
     "test.yaml:17:60: unknown observer `worker`; did you mean `workers`?"},
    {"no_observer",
     "observe:\n  workers: { kind: celery, broker: \"amqp://app:hunter2@127.0.0.1:5672/\", queue: "
     "llm, workers: 4 }\n",
     "", "test.yaml:12:65: `tasks` are counted by an observer: add `observe:`"},
    {"tasks_and_requests", "tasks: [app.ask]", "tasks: [app.ask], requests: 7",
     "test.yaml:14:65: either `tasks` are counted or `requests` says how many there are, not both"},
    {"a_service_of_workers", "blocked_at_most: 5s", "blocked_at_most: 5s, service: llm",
     "test.yaml:16:58: unknown key `service` in `workers.available`; valid: invariant, severity, "
     "blocked_at_most, observer"},
    {"no_within", "within: 12s", "severity: low",
     "test.yaml:12:5: missing key `within` in `http.bounded_wait`"},
    {"no_unit", "within: 12s", "within: 12",
     "test.yaml:12:45: `within` must be a duration: `12` has no unit; write e.g. `12s`"},
    {"no_failures", "failures: 2", "failures: 0",
     "test.yaml:13:55: `failures` must be a whole number from 1 to 10000, not `0`"},
    {"no_ratio", "at_most: 1.5", "at_most: -1",
     "test.yaml:14:53: `at_most` must be a number above 0, e.g. 1.5, not `-1`"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadObserve, ::testing::ValuesIn(inputs), name_of);

}  // namespace
}  // namespace cutpoint::test
