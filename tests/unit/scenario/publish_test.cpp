// SPDX-License-Identifier: Apache-2.0
// `workload: { kind: amqp.publish }`.
#include <gtest/gtest.h>

#include "tests/unit/scenario/amqp_fixture.h"

namespace cutpoint::test {
namespace {

using namespace std::chrono_literals;

using Publish = ScenarioTest;

const std::string target = "target: { command: [app] }\n";

TEST_F(Publish, HasDefaults) {
  const Scenario scenario = load_good(poison);
  ASSERT_TRUE(scenario.publish);
  EXPECT_FALSE(scenario.workload);
  const PublishWorkload& publish = *scenario.publish;
  EXPECT_EQ(publish.broker, "amqp://app:hunter2@h/");
  EXPECT_EQ(publish.queue, "work");
  EXPECT_EQ(publish.exchange, "");
  EXPECT_EQ(publish.routing_key, "");
  EXPECT_EQ(publish.celery_task, "");
  EXPECT_EQ(publish.body, "");
  EXPECT_EQ(publish.patience, 10s);
  EXPECT_EQ(publish.drain, 60s);
}

TEST_F(Publish, HasPhases) {
  const Scenario scenario = load_good(replaced(poison, "rate: 10 }", "rate: 2.5, poison: 3 }"));
  const auto& phases = scenario.publish->phases;
  ASSERT_EQ(phases.size(), 2U);
  EXPECT_EQ(phases[0].name, "baseline");
  EXPECT_EQ(phases[0].messages, 30);
  EXPECT_EQ(phases[0].rate, 2.5);
  EXPECT_EQ(phases[0].poison, 3);
  EXPECT_FALSE(phases[0].poison_every);
  EXPECT_TRUE(phases[0].has_poison());
  EXPECT_EQ(phases[1].poison, 0);
  EXPECT_EQ(phases[1].poison_every, 1s);
  EXPECT_TRUE(phases[1].has_poison());
}

TEST_F(Publish, TakesAllOfItsKeys) {
  const Scenario scenario = load_good(replaced(
      poison, "  queue: work\n",
      "  queue: work\n  exchange: orders\n  routing_key: new\n  body: '{\"n\": {number}}'\n"
      "  patience: 3s\n  drain: 0s\n"));
  const PublishWorkload& publish = *scenario.publish;
  EXPECT_EQ(publish.exchange, "orders");
  EXPECT_EQ(publish.routing_key, "new");
  EXPECT_EQ(publish.body, "{\"n\": {number}}");
  EXPECT_EQ(publish.patience, 3s);
  EXPECT_EQ(publish.drain, 0s);
}

TEST_F(Publish, DeclaresWhatItNeeds) {
  const Scenario scenario = load_good(replaced(
      poison, "  queue: work\n",
      "  queue: work\n  declare:\n    exchanges: { dlx: { type: fanout, durable: false } }\n"
      "    queues: { work: { arguments: { x-max-length: 9, x-overflow: reject-publish } }, dead: { "
      "type: quorum } }\n    bindings: [{ exchange: dlx, queue: dead, routing_key: k }]\n"));
  ASSERT_TRUE(scenario.publish->declare);
  const DeclaredTopology& declare = *scenario.publish->declare;
  ASSERT_EQ(declare.exchanges.size(), 1U);
  EXPECT_EQ(declare.exchanges[0].type, "fanout");
  EXPECT_FALSE(declare.exchanges[0].durable);
  ASSERT_EQ(declare.queues.size(), 2U);
  EXPECT_EQ(declare.queues[0].type, "classic");
  EXPECT_TRUE(declare.queues[0].durable);
  EXPECT_EQ(declare.queues[0].arguments.at("x-max-length"), "9");
  EXPECT_EQ(declare.queues[0].arguments.at("x-overflow"), "\"reject-publish\"");
  EXPECT_EQ(declare.queues[1].type, "quorum");
  ASSERT_EQ(declare.bindings.size(), 1U);
  EXPECT_EQ(declare.bindings[0].routing_key, "k");
  EXPECT_FALSE(load_good(poison).publish->declare);
}

TEST_F(Publish, SendsTasksOfCelery) {
  const Scenario scenario =
      load_good(replaced(poison, "  queue: work\n", "  queue: work\n  celery_task: app.handle\n"));
  EXPECT_EQ(scenario.publish->celery_task, "app.handle");
}

TEST_F(Publish, MayRunAlone) {
  const Scenario scenario = load_good(replaced(poison, target, ""));
  EXPECT_TRUE(scenario.publish);
  EXPECT_FALSE(scenario.target);
}

TEST_F(Publish, StaysBesideACommandOfTheCommandLine) {
  for (const std::string& text : {poison, replaced(poison, target, "")}) {
    const Scenario scenario = load_good(text, {}, {"other", "--flag"});
    EXPECT_TRUE(scenario.publish);
    ASSERT_TRUE(scenario.target);
    EXPECT_EQ(scenario.target->command, (std::vector<std::string>{"other", "--flag"}));
  }
}

TEST_F(Publish, IsSetFromTheCommandLine) {
  const Scenario scenario = load_good(
      poison, {{"workload.celery_task", "app.handle"}, {"workload.phases.0.messages", "7"}});
  EXPECT_EQ(scenario.publish->celery_task, "app.handle");
  EXPECT_EQ(scenario.publish->phases[0].messages, 7);
}

TEST_F(Publish, KeepsThePasswordToItself) {
  const Scenario scenario = load_good(poison);
  EXPECT_EQ(scenario.resolved_yaml.find("hunter2"), std::string::npos) << scenario.resolved_yaml;
  EXPECT_NE(
      scenario.resolved_yaml.find("broker: \"amqp://app@h/\", management: \"http://app@h:1\""),
      std::string::npos)
      << scenario.resolved_yaml;
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"  queue: work\n", "  queues: work\n"},
           {"  broker: \"amqp://", "  broker: \"amqps://"},
           {"management: \"http://", "management: \"https://"},
           {"broker: \"amqp://app:hunter2@h/\", m", "broker: \"amqps://app:hunter2@h/\", m"},
           {"kind: amqp, ", "kind: amq, "}}) {
    const std::string told = complaints(load(replaced(poison, from, to)));
    EXPECT_NE(told, "") << to;
    EXPECT_EQ(told.find("hunter2"), std::string::npos) << told;
  }
}

using BadPublish = BadInputTest;

TEST_P(BadPublish, IsExplainedInPlace) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(first_of(complaints(load(replaced(poison, bad.from, bad.to)))), bad.complaints);
}

const std::vector<BadInput> inputs{
    {"no_broker", "  broker: \"amqp://app:hunter2@h/\"\n", "",
     "test.yaml:9:3: missing key `broker` in `workload`; it is the AMQP URL of the broker"},
    {"no_amqp", "  broker: \"amqp://app:hunter2@h/\"", "  broker: redis://h",
     "test.yaml:10:11: `broker` is no AMQP URL: it is `amqp://user@host:port/vhost`, without TLS"},
    {"no_queue", "  queue: work\n", "",
     "test.yaml:9:3: missing key `queue` in `workload`; it is the queue that is published to"},
    {"no_phases",
     "  phases:\n    - { name: baseline, messages: 30, rate: 10 }\n    - { name: storm, messages: "
     "30, rate: 10, poison_every: 1s }\n",
     "", "test.yaml:9:3: missing key `phases` in `workload`; each has a name, messages and a rate"},
    {"phases_are_a_text",
     "phases:\n    - { name: baseline, messages: 30, rate: 10 }\n    - { name: storm, messages: "
     "30, rate: 10, poison_every: 1s }\n",
     "phases: many\n", "test.yaml:12:11: `phases` must be a list, not `many`"},
    {"no_phase", "- { name: baseline, messages: 30, rate: 10 }", "- baseline",
     "test.yaml:13:7: `phases[0]` must be a map, not `baseline`"},
    {"a_phase_without_name", "name: baseline, ", "",
     "test.yaml:13:7: missing key `name` in a phase"},
    {"a_phase_without_messages", "messages: 30, rate: 10 }", "rate: 10 }",
     "test.yaml:13:7: missing key `messages` in a phase; it is how many valid messages it has"},
    {"a_phase_without_rate", ", rate: 10 }", " }",
     "test.yaml:13:7: missing key `rate` in a phase; it is how many of them there are per second"},
    {"two_of_one_name", "name: storm", "name: baseline",
     "test.yaml:14:7: two phases are called `baseline`"},
    {"no_messages", "messages: 30, rate: 10 }", "messages: 0, rate: 10 }",
     "test.yaml:13:35: `messages` must be a whole number from 1 to 1000000, not `0`"},
    {"no_rate", "rate: 10 }", "rate: 0 }",
     "test.yaml:13:45: `rate` must be a number above 0, e.g. 1.5, not `0`"},
    {"too_fast", "rate: 10 }", "rate: 10001 }",
     "test.yaml:13:45: `rate` must be 10000 per second at most"},
    {"negative_poison", "rate: 10 }", "rate: 10, poison: -1 }",
     "test.yaml:13:57: `poison` must be a whole number from 0 to 1000000, not `-1`"},
    {"poison_all_the_time", "poison_every: 1s", "poison_every: 0s",
     "test.yaml:14:60: `poison_every` must be longer than 0"},
    {"unknown_key_of_a_phase", "poison_every: 1s", "poison_evry: 1s",
     "test.yaml:14:46: unknown key `poison_evry` in a phase; did you mean `poison_every`?"},
    {"key_of_another_workload", "  queue: work\n", "  queue: work\n  orders: 7\n",
     "test.yaml:12:3: unknown key `orders` in `workload`; valid: kind, broker, queue, exchange, "
     "routing_key, celery_task, body, phases, declare, patience, drain"},
    {"routing_key_without_exchange", "  queue: work\n", "  queue: work\n  routing_key: new\n",
     "test.yaml:12:16: `routing_key` goes with `exchange`: by the default one it is the queue"},
    {"body_of_a_task", "  queue: work\n", "  queue: work\n  celery_task: a.b\n  body: x\n",
     "test.yaml:13:9: `body` is not used for `celery_task`, whose bodies are Celery's"},
    {"no_patience", "  queue: work\n", "  queue: work\n  patience: 0s\n",
     "test.yaml:12:13: `patience` must be longer than 0"},
    {"drain_without_unit", "  queue: work\n", "  queue: work\n  drain: 30\n",
     "test.yaml:12:10: `drain` must be a duration: `30` has no unit; write e.g. `30s`"},
    {"beside_a_pid", "target: { command: [app] }", "target: { pid: 7 }",
     "test.yaml:9:3: `amqp.publish` runs beside a `target` that has a `command`: cutpoint ends "
     "both "
     "together"},
    {"beside_a_cgroup", "target: { command: [app] }", "target: { cgroup: shop }",
     "test.yaml:9:3: `amqp.publish` runs beside a `target` that has a `command`: cutpoint ends "
     "both "
     "together"},
    {"beside_a_unit", "target: { command: [app] }", "target: { unit: shop }",
     "test.yaml:9:3: `amqp.publish` runs beside a `target` that has a `command`: cutpoint ends "
     "both "
     "together"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadPublish, ::testing::ValuesIn(inputs), name_of);

// What is wrong with one item is said once.
TEST_F(Publish, DoesNotTakeAnItemThatIsNoMapForThePhaseBeforeIt) {
  EXPECT_EQ(complaints(load(replaced(
                poison, "- { name: storm, messages: 30, rate: 10, poison_every: 1s }", "- storm"))),
            "test.yaml:14:7: `phases[1]` must be a map, not `storm`\n"
            "   14 |     - storm\n"
            "      |       ^");
}

TEST_F(Publish, OrdersRunBesideNoTarget) {
  EXPECT_EQ(first_of(complaints(
                load(replaced(smallest, "workload:", "target: { command: [app] }\nworkload:")))),
            "test.yaml:5:11: a scenario takes either `target` or `workload`, not both");
}

}  // namespace
}  // namespace cutpoint::test
