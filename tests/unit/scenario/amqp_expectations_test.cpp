// SPDX-License-Identifier: Apache-2.0
// Observers of kind amqp, and the invariants about a broker.
#include <gtest/gtest.h>

#include "controller/scenario/registry.h"
#include "tests/unit/scenario/amqp_fixture.h"

namespace cutpoint::test {
namespace {

using namespace std::chrono_literals;

class AmqpExpectations : public ScenarioTest {
 protected:
  Expectation read(const std::string& item) {
    const Scenario scenario =
        load_good(replaced(poison, "{ invariant: amqp.conserved }", "{ invariant: " + item + " }"));
    return scenario.expect.empty() ? Expectation{} : scenario.expect[0];
  }
};

using AmqpObserver = ScenarioTest;

TEST_F(AmqpObserver, IsRead) {
  const Scenario scenario = load_good(replaced(
      poison, "queue: work }", "queue: work, dead_letter_queue: work.dead, every: 50ms }"));
  ASSERT_EQ(scenario.observe.size(), 1U);
  const ObserverPlan& plan = scenario.observe[0];
  EXPECT_EQ(plan.name, "work");
  EXPECT_EQ(plan.kind, ObserverKind::amqp);
  EXPECT_EQ(plan.broker, "amqp://app:hunter2@h/");
  EXPECT_EQ(plan.management, "http://app:hunter2@h:1");
  EXPECT_EQ(plan.queue, "work");
  EXPECT_EQ(plan.dead_letter_queue, "work.dead");
  EXPECT_EQ(plan.every, 50ms);
}

TEST_F(AmqpObserver, NeedsNoManagementAndNoDeadLetterQueue) {
  const Scenario scenario =
      load_good(replaced(poison, ", management: \"http://app:hunter2@h:1\"", ""));
  EXPECT_EQ(scenario.observe[0].management, "");
  EXPECT_EQ(scenario.observe[0].dead_letter_queue, "");
  EXPECT_EQ(scenario.observe[0].every, 500ms);
}

TEST_F(AmqpExpectations, DeadLettered) {
  const Expectation defaults = read("amqp.dead_lettered, within: 60s");
  EXPECT_EQ(defaults.service, "mq");
  EXPECT_EQ(defaults.observer, "work");
  EXPECT_EQ(defaults.within, 60s);
  EXPECT_EQ(defaults.deliveries, 3U);
  EXPECT_EQ(defaults.severity, Severity::critical);
  EXPECT_EQ(read("amqp.dead_lettered, within: 60s, deliveries: 1, severity: low").deliveries, 1U);
}

TEST_F(AmqpExpectations, AllProcessed) {
  const Expectation defaults = read("amqp.all_processed, tables: [handled], by: message_id");
  EXPECT_EQ(defaults.database, "db");
  EXPECT_EQ(defaults.counted_in(), "db");
  EXPECT_EQ(defaults.observer, "work");
  EXPECT_EQ(defaults.tables, std::vector<std::string>{"handled"});
  EXPECT_EQ(defaults.by, "message_id");
  EXPECT_EQ(read("amqp.all_processed, tables: [a, b], by: id, database: db").tables.size(), 2U);
}

TEST_F(AmqpExpectations, AllProcessedNeedsNoObserver) {
  std::string text =
      replaced(poison, "amqp.conserved", "amqp.all_processed, tables: [handled], by: message_id");
  const std::size_t from = text.find("observe:");
  text.erase(from, text.find("target:") - from);
  EXPECT_EQ(load_good(text).expect[0].observer, "");
}

TEST_F(AmqpExpectations, ThroughputRetained) {
  const Expectation defaults = read("amqp.throughput_retained, at_least: 0.8");
  EXPECT_EQ(defaults.at_least, 0.8);
  EXPECT_EQ(defaults.baseline, "baseline");
  EXPECT_EQ(defaults.over, 30s);
  EXPECT_EQ(read("amqp.throughput_retained, at_least: 1, over: 5s, baseline: baseline").over, 5s);
}

TEST_F(AmqpExpectations, CountsAreWholeNumbers) {
  EXPECT_EQ(read("amqp.consumer_restarts, at_most: 0").at_most, 0);
  EXPECT_EQ(read("amqp.redeliveries, at_most: 120").at_most, 120);
}

TEST_F(AmqpExpectations, Topology) {
  EXPECT_EQ(read("amqp.topology").require, (std::vector<std::string>{"dead_letter", "max_length"}));
  const std::vector<std::string> all{"dead_letter", "max_length", "ttl", "overflow",
                                     "delivery_limit"};
  EXPECT_EQ(topology_requirements(), all);
  EXPECT_EQ(read(fmt::format("amqp.topology, require: [{}]", fmt::join(all, ", "))).require, all);
}

TEST_F(AmqpExpectations, QueueDrainsWithinTakesAnObserverOfEitherKind) {
  EXPECT_EQ(read("queue.drains_within, time: 60s").observer, "work");
}

using BadAmqp = BadInputTest;

TEST_P(BadAmqp, IsExplainedInPlace) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(first_of(complaints(load(replaced(poison, bad.from, bad.to)))), bad.complaints);
}

const std::string observe =
    "observe:\n  work: { kind: amqp, broker: \"amqp://app:hunter2@h/\", management: "
    "\"http://app:hunter2@h:1\", queue: work }\n";
const std::string celery =
    "observe:\n  work: { kind: celery, broker: \"amqp://h/\", workers: 2 }\n";
const std::string rest_of_workload =
    "workload:\n  kind: amqp.publish\n  broker: \"amqp://app:hunter2@h/\"\n  queue: work\n  "
    "phases:\n"
    "    - { name: baseline, messages: 30, rate: 10 }\n"
    "    - { name: storm, messages: 30, rate: 10, poison_every: 1s }\n"
    "faults:\n  - name: cut\n    at: { service: mq, moment: basic.ack }\n    do: { blackhole: "
    "both, "
    "for: 3s }\nexpect:\n  - { invariant: amqp.conserved }\n";
const std::string without_workload =
    "faults:\n  - name: cut\n    at: { service: mq, moment: basic.ack }\n    do: { blackhole: "
    "both, "
    "for: 3s }\nexpect:\n  - { invariant: amqp.throughput_retained, at_least: 0.8 }\n";

const std::vector<BadInput> inputs{
    {"observer_without_queue", ", queue: work }", " }",
     "test.yaml:6:9: missing key `queue` in observer `work`; it is the queue that is watched"},
    {"observer_with_workers", "queue: work }", "queue: work, workers: 2 }",
     "test.yaml:6:107: unknown key `workers` in observer `work`; valid: kind, broker, management, "
     "queue, dead_letter_queue, every"},
    {"no_management_api", "http://app:hunter2@h:1", "h:1",
     "test.yaml:6:68: `management` is no URL of a management API: it is `http://user@host:port`"},
    {"observer_of_no_kind", "kind: amqp, ", "",
     "test.yaml:6:9: missing key `kind` in observer `work`; valid: celery, amqp"},
    {"observer_that_asks_too_often", "queue: work }", "queue: work, every: 49ms }",
     "test.yaml:6:114: `every` must be 50ms or longer"},
    {"no_observer", observe, "",
     "test.yaml:18:5: `amqp.conserved` needs somebody who watches the queue: add `observe:` of "
     "kind "
     "`amqp`"},
    {"observer_of_another_kind", observe, celery,
     "test.yaml:20:5: `amqp.conserved` needs somebody who watches the queue: add `observe:` of "
     "kind "
     "`amqp`"},
    {"two_observers", "observe:\n",
     "observe:\n  other: { kind: amqp, broker: \"amqp://h/\", queue: other }\n",
     "test.yaml:21:5: `amqp.conserved` could mean several observers; add `observer:` with one of "
     "other, work"},
    {"unknown_observer", "amqp.conserved", "amqp.conserved, observer: wok",
     "test.yaml:20:44: unknown observer `wok`; did you mean `work`?"},
    {"workers_of_a_queue", "amqp.conserved", "workers.available, blocked_at_most: 5s",
     "test.yaml:20:5: `workers.available` needs somebody who watches the workers: add `observe:`"},
    {"dead_lettered_at_any_time", "amqp.conserved", "amqp.dead_lettered",
     "test.yaml:20:5: missing key `within` in `amqp.dead_lettered`"},
    {"dead_lettered_without_a_delivery", "amqp.conserved",
     "amqp.dead_lettered, within: 1s, deliveries: 0",
     "test.yaml:20:62: `deliveries` must be a whole number from 1 to 1000000, not `0`"},
    {"all_processed_without_tables", "amqp.conserved", "amqp.all_processed, by: id",
     "test.yaml:20:5: missing key `tables` in `amqp.all_processed`"},
    {"all_processed_without_by", "amqp.conserved", "amqp.all_processed, tables: [a]",
     "test.yaml:20:5: missing key `by` in `amqp.all_processed`"},
    {"unknown_database", "amqp.conserved", "amqp.all_processed, tables: [a], by: id, database: mq",
     "test.yaml:20:69: unknown service `mq`; valid: db"},
    {"throughput_of_what", "amqp.conserved", "amqp.throughput_retained",
     "test.yaml:20:5: missing key `at_least` in `amqp.throughput_retained`"},
    {"more_than_all", "amqp.conserved", "amqp.throughput_retained, at_least: 1.1",
     "test.yaml:20:54: `at_least` must be a number from 0 to 1, not `1.1`"},
    {"a_baseline_with_poison", "amqp.conserved",
     "amqp.throughput_retained, at_least: 0.8, baseline: storm",
     "test.yaml:20:69: unknown phase without poison `storm`; valid: baseline"},
    {"no_phases_to_compare", rest_of_workload, without_workload,
     "test.yaml:13:5: `amqp.throughput_retained` compares phases: add `workload:` of kind "
     "`amqp.publish`"},
    {"restarts_without_a_number", "amqp.conserved", "amqp.consumer_restarts",
     "test.yaml:20:5: missing key `at_most` in `amqp.consumer_restarts`"},
    {"half_a_restart", "amqp.conserved", "amqp.consumer_restarts, at_most: 0.5",
     "test.yaml:20:51: `at_most` must be a whole number from 0 to 1000000, not `0.5`"},
    {"negative_redeliveries", "amqp.conserved", "amqp.redeliveries, at_most: -1",
     "test.yaml:20:46: `at_most` must be a whole number from 0 to 1000000, not `-1`"},
    {"unknown_requirement", "amqp.conserved", "amqp.topology, require: [max_lenght]",
     "test.yaml:20:43: unknown requirement `max_lenght` of `amqp.topology`; did you mean "
     "`max_length`?"},
    {"no_requirement", "amqp.conserved", "amqp.topology, require: []",
     "test.yaml:20:42: `require` is an empty list"},
    {"unknown_parameter", "amqp.conserved", "amqp.conserved, within: 3s",
     "test.yaml:20:34: unknown key `within` in `amqp.conserved`; valid: invariant, service, "
     "severity, observer"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadAmqp, ::testing::ValuesIn(inputs), name_of);

TEST_F(AmqpExpectations, AllProcessedNeedsADatabaseThatCanBeAsked) {
  std::string text = replaced(poison, "amqp.conserved", "amqp.all_processed, tables: [a], by: id");
  text = replaced(text, "dsn: \"host=h\"", "address: \"h:1\"");
  EXPECT_EQ(first_of(complaints(load(text))),
            "test.yaml:20:5: `amqp.all_processed` looks for effects in a service of protocol "
            "`postgres` with a `dsn`: add one, or name it by `database:`");
}

TEST_F(AmqpExpectations, ThroughputComparesPhasesWithPoisonAndWithout) {
  const std::string text =
      replaced(poison, "amqp.conserved", "amqp.throughput_retained, at_least: 0.8");
  EXPECT_EQ(first_of(complaints(load(replaced(text, ", poison_every: 1s", "")))),
            "test.yaml:20:5: no phase of the workload has poison");
  EXPECT_EQ(first_of(complaints(load(replaced(text, "rate: 10 }", "rate: 10, poison: 1 }")))),
            "test.yaml:20:5: no phase of the workload is without poison");
}

}  // namespace
}  // namespace cutpoint::test
