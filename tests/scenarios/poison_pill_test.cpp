// SPDX-License-Identifier: Apache-2.0
// What the shipped scenario finds of each consumer in each variant, in 8 s of messages instead of
// 70: 804 messages, of which 4 are published malformed and one is corrupted on the way.
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <thread>

#include "tests/scenarios/aura.h"

namespace cutpoint {
namespace {

using nlohmann::json;

const std::string python_path = "PYTHONPATH=" CUTPOINT_SOURCE_DIR "/tests";
using Outcomes = std::map<std::string, std::string>;

struct Consumer {
  std::string variant;
  std::string kind;  // pika or celery
  std::string on_error{"crash"};
};

class PoisonPill : public AuraTest {
 protected:
  Program start_pill(const Consumer& consumer, const Words& settings = {}) {
    Words words{"run", CUTPOINT_SOURCE_DIR "/scripts/scenarios/poison-pill.yaml", "--out", out()};
    Words all{"workload.phases.0.messages=300",        "workload.phases.1.messages=200",
              "workload.phases.2.messages=300",        "workload.drain=5s",
              "faults.corrupted-in-flight.at.nth=400", "expect.amqp.throughput_retained.over=2s"};
    if (consumer.kind == "celery")
      all.emplace_back("workload.celery_task=aura.poison_tasks.handle");
    for (const std::string& setting : all + settings) {
      words.emplace_back("--set");
      words.push_back(setting);
    }
    return start(words + Words{"--", "env", python_path, "/usr/bin/python3", "-m", "aura.poison",
                               "--consumer", consumer.kind},
                 environment({.variant = consumer.variant, .on_error = consumer.on_error}));
  }

  // Its exit code, and those of its invariants that did not hold.
  void expect(const Program::Ended& ended, int code, const Outcomes& violated) {
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    ASSERT_FALSE(report().is_null());
    Outcomes found = outcomes_of_run();
    std::erase_if(found, [](const auto& one) { return one.second == "held"; });
    EXPECT_EQ(found, violated) << ended.out;
    EXPECT_GE(report_["faults"][0]["segments_altered"], 1);  // as often as TCP sends it
  }

  [[nodiscard]] Outcomes outcomes_of_run() {
    report_ = report();
    Outcomes found;
    for (const json& one : report_["invariants"]) found[one["name"]] = one["outcome"];
    return found;
  }

  void expect_observed(const std::string& invariant, const Words& parts) const {
    const std::string text = observed(invariant);
    for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << text;
  }

  [[nodiscard]] std::string observed(const std::string& invariant) const {
    for (const json& one : report_["invariants"]) {
      if (one["name"] == invariant) return one["observed"];
    }
    return "";
  }

  // The first number in what was observed.
  [[nodiscard]] double number(const std::string& invariant) const {
    const std::string text = observed(invariant);
    return text.empty() ? -1 : std::stod(text);
  }

  json report_;
};

Outcomes violated(const Words& names) {
  Outcomes outcomes;
  for (const std::string& name : names) outcomes[name] = "violated";
  return outcomes;
}

class PoisonPillSurvived : public PoisonPill, public testing::WithParamInterface<Consumer> {};

TEST_P(PoisonPillSurvived, is_in_the_dead_letter_queue_and_nothing_else_has_changed) {
  expect(start_pill(GetParam()).wait(), 0, {});
  const bool quorum = GetParam().variant == "quorum";
  expect_observed("amqp.dead_lettered",
                  {"all of 5 poison messages (4 published malformed, 1 corrupted on the way to the "
                   "broker) were in the dead-letter queue within ",
                   quorum ? "after 3 deliveries at most (delivery_limit)"
                          : "after one delivery at most (rejected)"});
  expect_observed("amqp.all_processed", {"each of 799 valid messages had its effect once"});
  EXPECT_GT(number("amqp.throughput_retained"), 0.9) << observed("amqp.throughput_retained");
  expect_observed("amqp.consumer_restarts", {" broke, and no process died"});
  expect_observed("amqp.redeliveries", {quorum ? "10 of 814 deliveries were redeliveries, of 5 "
                                               : "804 deliveries, and no redelivery"});
  expect_observed("amqp.conserved",
                  {"804 published; 799 acknowledged + 5 dead-lettered + 0 queued = 804"});
  expect_observed("amqp.topology", {quorum ? "a quorum queue" : "a classic queue",
                                    "dead letters by `aura.dlx` to aura.work.dead,"});
  EXPECT_EQ(Lab::psql("SELECT count(*), count(DISTINCT message_id) FROM handled"), "799|799");
}

INSTANTIATE_TEST_SUITE_P(each, PoisonPillSurvived,
                         testing::Values(Consumer{"hardened", "pika"}, Consumer{"quorum", "pika"},
                                         Consumer{"hardened", "celery"},
                                         Consumer{"quorum", "celery"}),
                         [](const auto& one) { return one.param.variant + "_" + one.param.kind; });

const std::string no_dead_letters = "it has no dead-letter exchange: what is refused is gone";
const std::string no_limit = "RabbitMQ knows no argument `x-max-retries` for it: it does nothing";

// One consumer dies after the other, and valid messages wait meanwhile.
TEST_F(PoisonPill, kills_consumers_for_ever) {
  expect(start_pill({"fragile", "pika"}).wait(), 1,
         violated({"amqp.dead_lettered", "amqp.all_processed", "amqp.throughput_retained",
                   "amqp.consumer_restarts", "amqp.redeliveries", "amqp.topology"}));
  expect_observed(
      "amqp.dead_lettered",
      {" of 5 poison messages (4 published malformed, 1 corrupted on the way to the "
       "broker) ",
       "m400 was delivered ", " times, and was to be delivered again when the run ended",
       " more it is not known"});
  EXPECT_LT(number("amqp.throughput_retained"), 0.5) << observed("amqp.throughput_retained");
  expect_observed("amqp.consumer_restarts", {"processes died (the first with exit code 1)"});
  EXPECT_GT(number("amqp.redeliveries"), 120) << observed("amqp.redeliveries");
  expect_observed("amqp.conserved", {"804 published; ", " + 0 dead-lettered + ", " = 804"});
  expect_observed("amqp.topology", {no_dead_letters, "its length has no limit", no_limit});
}

TEST_F(PoisonPill, comes_back_for_ever_where_it_is_requeued) {
  expect(start_pill({"fragile", "pika", "requeue"}).wait(), 1,
         violated({"amqp.dead_lettered", "amqp.redeliveries", "amqp.topology"}));
  expect_observed("amqp.dead_lettered",
                  {"5 of 5 poison messages ", "was to be delivered again when the run ended"});
  EXPECT_GT(number("amqp.redeliveries"), 120) << observed("amqp.redeliveries");
  expect_observed("amqp.redeliveries", {", of 5 messages"});
  expect_observed("amqp.conserved",
                  {"804 published; 799 acknowledged + 0 dead-lettered + 5 queued = 804"});
}

// A broker that has just made the queue tells its statistics seconds later: the consumers go on
// meanwhile, and the publisher is at its end.
TEST_F(PoisonPill, loses_no_event_while_the_queue_is_looked_at) {
  const auto ended = start_pill({"fragile", "pika", "requeue"},
                                {"workload.phases.0.messages=50", "workload.phases.1.messages=50",
                                 "workload.phases.2.messages=50",
                                 "faults.corrupted-in-flight.at.nth=75", "workload.drain=0s"})
                         .wait();
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  report_ = report();
  EXPECT_EQ(report_["events"]["lost"], 0);
  EXPECT_GT(number("amqp.redeliveries"), 120) << observed("amqp.redeliveries");
  expect_observed("amqp.topology", {no_dead_letters, no_limit});
}

TEST_F(PoisonPill, is_gone_where_it_is_dropped) {
  expect(start_pill({"fragile", "pika", "drop"}).wait(), 1,
         violated({"amqp.dead_lettered", "amqp.conserved", "amqp.topology"}));
  expect_observed("amqp.dead_lettered",
                  {"5 of 5 poison messages ",
                   "m400 was delivered once, refused for good in the end: without a dead-letter "
                   "exchange it is lost"});
  expect_observed("amqp.conserved",
                  {"804 published; 799 acknowledged + 0 dead-lettered + 0 queued = 799; 5 were "
                   "refused for good"});
}

// No process dies, no redelivery, and the books are right: only the poison is missing.
TEST_F(PoisonPill, is_lost_without_a_word_in_celery_by_itself) {
  expect(start_pill({"fragile", "celery"}).wait(), 1,
         violated({"amqp.dead_lettered", "amqp.topology"}));
  expect_observed("amqp.dead_lettered",
                  {"5 of 5 poison messages (4 published malformed, 1 corrupted on the way to the "
                   "broker) did not end in the dead-letter queue as expected: m400 was delivered "
                   "once, acknowledged in the end: it is lost, "
                   "and nobody knows",
                   "; none was delivered more than once"});
  expect_observed("amqp.conserved",
                  {"804 published; 804 acknowledged + 0 dead-lettered + 0 queued = 804"});
  EXPECT_EQ(Lab::psql("SELECT count(*), count(DISTINCT message_id) FROM handled"), "799|799");
}

// The broker is killed while poison is on its way, and started again on its data.
class PoisonPillRestart : public PoisonPill {
 protected:
  // Kills it once `ready` says so.
  template <typename Ready>
  Program::Ended restart_broker(const Consumer& consumer, const Ready& ready) {
    Lab::psql("DROP TABLE IF EXISTS handled");  // of an earlier run
    auto program = start_pill(consumer, {"workload.drain=20s", "workload.patience=60s"});
    ready(program);
    std::ifstream file(services.directory() + "/rabbitmq/pid");
    pid_t broker = 0;
    EXPECT_TRUE(file >> broker);
    EXPECT_EQ(::kill(broker, SIGKILL), 0);
    const auto again = services.run("restart", {"rabbitmq"});
    EXPECT_EQ(again.code, 0) << again.err;
    return program.wait();
  }
};

const std::string lost = " at 127.0.0.1:";

void wait_for_row(const std::string& id) {
  const auto end = std::chrono::steady_clock::now() + Program::longest;
  const std::string rows = "SELECT count(*) FROM handled WHERE message_id = '" + id + "'";
  const std::string made = "SELECT to_regclass('handled') IS NOT NULL";
  while (Lab::psql(made) != "t" || Lab::psql(rows) != "1") {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << id;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// What was dead-lettered meanwhile nobody saw, and whose connections broke is not the consumers'
// doing; what the rows and the wire show is known all the same.
TEST_F(PoisonPillRestart, leaves_a_report_that_says_what_is_not_known) {
  const auto ended = restart_broker({"hardened", "pika"}, [](Program&) { wait_for_row("m600"); });
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  Outcomes outcomes = outcomes_of_run();
  EXPECT_NE(outcomes["amqp.dead_lettered"], "violated") << observed("amqp.dead_lettered");
  outcomes.erase("amqp.dead_lettered");  // held where it saw all of them
  outcomes.erase("amqp.throughput_retained");
  const Outcomes expected{{"amqp.all_processed", "held"},
                          {"amqp.consumer_restarts", "inconclusive"},
                          {"amqp.redeliveries", "held"},
                          {"amqp.conserved", "inconclusive"},
                          {"amqp.topology", "held"}};
  EXPECT_EQ(outcomes, expected) << ended.out;
  expect_observed("amqp.consumer_restarts", {"no process died; the broker itself was lost", lost});
  expect_observed("amqp.conserved", {"; the observer lost the broker meanwhile: ", lost});
  expect_observed("amqp.all_processed", {"each of 799 valid messages had its effect once"});
  EXPECT_EQ(Lab::psql("SELECT count(*), count(DISTINCT message_id) FROM handled"), "799|799");
  EXPECT_NE(ended.err.find("observer work sees no more: "), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("observer work sees again"), std::string::npos) << ended.err;
  EXPECT_EQ(ended.out.find("without a dead-letter exchange"), std::string::npos) << ended.out;
}

// What is proven without the observer stays so: processes die.
TEST_F(PoisonPillRestart, hides_no_death_of_a_consumer) {
  const auto ended = restart_broker({"fragile", "pika"}, [](Program& program) {
    EXPECT_NE(program.err_line("fired: corrupted-in-flight"), "");
  });
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  report_ = report();
  expect_observed("amqp.consumer_restarts",
                  {"processes died (the first with exit code 1); the broker itself was lost"});
  EXPECT_NE(ended.out.find("✗ amqp.consumer_restarts"), std::string::npos) << ended.out;
}

}  // namespace
}  // namespace cutpoint
