// SPDX-License-Identifier: Apache-2.0
// What a verdict tells people of messages: summary, findings, and whether it is sound.
#include <bit>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "controller/scenario/registry.h"
#include "tests/unit/verify/amqp_builder.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::AmqpBuilder;
using testing::Span;
using Lines = std::vector<std::string>;

// Of messages alone.
Lines summary(AmqpBuilder& run) {
  Lines lines = run.verify().summary;
  EXPECT_EQ(lines.back(), "The target sent no COMMIT.");
  lines.pop_back();
  return lines;
}

TEST(AmqpSummary, TellsWhatWentOverTheWire) {
  AmqpBuilder run;
  run.valid(1, "m1");
  run.poison(2, "m2");
  run.take(2.1, "m2", Settled::requeued);
  run.take(2.3, "m2", Settled::rejected, true);
  run.end(10);
  EXPECT_EQ(summary(run),
            (Lines{"mq: 2 messages reached the broker.",
                   "mq: 3 deliveries, 1 acknowledged, 1 requeued and 1 refused for good; 1 was "
                   "delivered again: m2."}));
}

TEST(AmqpSummary, TellsOfConfirmsThatWereNotHeardAndOfMessagesThatCameTwice) {
  AmqpBuilder run;
  for (const char* id : {"m1", "m2"}) {
    run.says(1, id, "invoke");
    run.publish(run.publisher, 1, id);
  }
  run.confirm(run.publisher, 2, 2, 1U << CUT_AMQP_FLAG_MULTIPLE, CUT_EVENT_HELD);
  run.publish(run.publisher, 3, "m1");
  run.publish(run.publisher, 4, "nobody's");
  run.publish(run.publisher, 4, "nobody's");
  run.end(10);
  EXPECT_EQ(summary(run), Lines{"mq: 2 messages of the publisher's reached the broker, and 1 that "
                                "is not its own; 2 confirmations of the broker's never reached "
                                "the publisher; 2 were published more than once: m1 and #" +
                                fmt::format("{:08x}", hash_of("nobody's")) + "."});
}

// Celery's workers publish events of themselves, many times as many as there are tasks.
TEST(AmqpSummary, TellsThePublishersMessagesFromOthers) {
  AmqpBuilder run;
  run.valid(1, "m1");
  const auto worker = run.open(2);
  const std::map<cut_amqp_attribute, std::uint32_t> to_celeryev{{CUT_AMQP_ATTR_EXCHANGE, 8}};
  for (int i = 0; i < 3; ++i) run.event(worker, 3 + i, CUT_AMQP_PUBLISH, to_celeryev);
  run.publish(worker, 7, "result");
  run.end(10);
  EXPECT_EQ(summary(run).at(0),
            "mq: 1 message of the publisher's reached the broker, and 4 that are not its own, 3 of "
            "them to named exchanges.");
}

TEST(AmqpSummary, TellsWhereMessagesWentWithoutAPublisher) {
  AmqpBuilder run;
  run.event(run.publisher, 1, CUT_AMQP_PUBLISH, {{CUT_AMQP_ATTR_EXCHANGE, 8}});
  EXPECT_EQ(summary(run), Lines{"mq: 1 message reached the broker."});
  run.publish(run.publisher, 2, "task");
  EXPECT_EQ(summary(run),
            Lines{"mq: 2 messages reached the broker, 1 to the default exchange and 1 "
                  "to named ones."});
}

TEST(AmqpSummary, TellsHowEveryDeliveryEnded) {
  AmqpBuilder run;
  run.take(1, "m1", Settled::open);
  const auto other = run.open(2);
  run.event(other, 2, CUT_AMQP_CONSUME);
  run.deliver(other, 3, 1, "m2");
  run.close(other, 4);
  const auto automatic = run.open(5);
  run.event(automatic, 5, CUT_AMQP_CONSUME, {{CUT_AMQP_ATTR_FLAG, 1U << CUT_AMQP_FLAG_NO_ACK}});
  run.deliver(automatic, 6, 1, "m3");
  EXPECT_EQ(summary(run),
            Lines{"mq: 3 deliveries, 1 without acknowledgement, 1 lost with its consumer and 1 "
                  "open at the end."});
}

// As the events that a framework's workers send one another.
TEST(AmqpSummary, TellsThePublishersDeliveriesFromOthers) {
  AmqpBuilder run;
  run.valid(1, "m1");
  run.take(3, "event", Settled::acked);
  EXPECT_EQ(summary(run).back(),
            "mq: 1 delivery of the publisher's messages, 1 acknowledged; 1 delivery of others.");
}

TEST(AmqpSummary, CountsMessagesWithoutAnId) {
  AmqpBuilder run;
  run.publish(run.publisher, 1, "");
  run.publish(run.publisher, 2, "");
  run.deliver(run.consumer, 3, 1, "");
  EXPECT_EQ(summary(run),
            (Lines{"mq: 2 messages reached the broker.", "mq: 1 delivery, 1 open at the end."}));
}

TEST(AmqpSummary, SaysThatThereWasNothing) {
  AmqpBuilder run;
  run.timeline = {};
  EXPECT_EQ(summary(run), Lines{"No message went to or from mq."});
}

// Violates all of them at once.
void expect_all(AmqpBuilder& run) {
  run.expect("amqp.dead_lettered").within = 10s;
  Expectation& effects = run.expect("amqp.all_processed");
  effects.tables = {"handled"};
  effects.database = "db";
  Expectation& rate = run.expect("amqp.throughput_retained");
  rate.at_least = 0.8;
  rate.baseline = "baseline";
  rate.over = 1s;
  run.expect("amqp.consumer_restarts");
  run.expect("amqp.redeliveries");
  run.expect("amqp.conserved");
  run.expect("amqp.topology");
  run.phase("baseline", 0, 2);
  run.valid(1, "m1");
  run.phase("storm", 10, 12);
  run.poison(10, "m2");
  run.poison(11, "m3");
  run.take(10.1, "m2", Settled::acked);
  run.take(10.3, "m3", Settled::rejected, true);
  run.send(11, "m4");
  run.died(11, 7, 1);
  run.end(60);
  run.queue_at_the_end(0);
  run.facts.topologies["work"] = {};
  run.facts.topologies["work"].exists = true;
}

const Lines all_titles{
    {"Poison does not reach the dead-letter queue: 2 of 2 poison messages (2 published malformed) "
     "did not end in the dead-letter queue as expected: m2 was delivered once, acknowledged in the "
     "end: it is lost, and nobody knows and "
     "m3 was delivered once, refused for good in the end: it is lost"},
    {"Valid messages were not each done once: of 2 valid messages 1 had no effect (m4)"},
    {"Poison slows down everything else: 0.00 of the rate of phase baseline: in phase storm, "
     "which had 2 poison messages, no valid message was done; in phase baseline 0.5 per second"},
    {"Consumers die: no connection of a consumer broke, and 1 process died (the first with "
     "exit code 1)"},
    {"Messages are delivered again and again: 1 of 3 deliveries was a redelivery, of 1 message"},
    {"Messages are missing, or too many: 4 published; 2 acknowledged + 0 dead-lettered + 0 queued "
     "= 2; 1 was refused for good and 1 is nowhere"},
    {"Queue work: it has no dead-letter exchange: what is refused is gone and its length has no "
     "limit"},
};

TEST(AmqpFindings, ThereIsOneForEveryInvariantThatIsViolated) {
  AmqpBuilder run;
  expect_all(run);
  const Verdict verdict = run.verify();
  EXPECT_EQ(verdict.outcome, Outcome::violated);
  EXPECT_EQ(verdict.exit_code, ExitCode::violated);
  Lines titles;
  Lines invariants_found;
  for (const Finding& finding : verdict.findings) {
    titles.push_back(finding.title);
    invariants_found.push_back(finding.invariant);
    EXPECT_EQ(finding.severity, find_invariant(finding.invariant)->severity);
    EXPECT_NE(finding.impact, "") << finding.invariant;
    EXPECT_NE(finding.component, "") << finding.invariant;
    EXPECT_NE(finding.remedy, "") << finding.invariant;
  }
  Lines all;
  for (const InvariantInfo& invariant : invariants()) {
    if (invariant.protocol == "amqp") all.push_back(invariant.name);
  }
  EXPECT_EQ(invariants_found, all);
  EXPECT_EQ(titles, all_titles);
}

TEST(AmqpFindings, CiteWhatWasSeen) {
  AmqpBuilder run;
  run.expect("amqp.dead_lettered").within = 10s;
  run.poison(1, "m1");
  run.take(2, "m1", Settled::acked);
  run.end(60);
  const Verdict verdict = run.verify();
  ASSERT_EQ(verdict.findings.size(), 1U);
  Lines cited;
  for (const std::uint64_t number : verdict.findings[0].evidence) {
    const Entry& entry = run.timeline.entries().at(number - 1);
    ASSERT_NE(entry.event(), nullptr);
    cited.push_back(
        find_protocol("amqp")
            ->moments.at(static_cast<std::size_t>(std::countr_zero(entry.event()->moments)))
            .name);
  }
  EXPECT_EQ(cited, (Lines{"basic.deliver", "basic.ack"}));
}

// Soundness.

TEST(AmqpSoundness, NeedsAMessage) {
  AmqpBuilder run;
  run.expect("amqp.redeliveries").at_most = 10;
  run.end(10);
  const Verdict verdict = run.verify();
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive);
  EXPECT_EQ(verdict.inconclusive_because,
            (Lines{"the target sent no message: there is nothing to judge",
                   "amqp.redeliveries: nothing was delivered to the target"}));
}

TEST(AmqpSoundness, NeedsNoCommit) {
  AmqpBuilder run;
  run.expect("amqp.redeliveries").at_most = 10;
  run.valid(1, "m1");
  run.end(10);
  EXPECT_EQ(run.verify().outcome, Outcome::held);
  EXPECT_EQ(run.verify().exit_code, ExitCode::held);
}

TEST(AmqpSoundness, APublisherThatFailedHasNotSentAll) {
  AmqpBuilder run;
  run.expect("amqp.redeliveries").at_most = 10;
  run.valid(1, "m1");
  run.end(10);
  run.facts.target.exit_code = 1;
  const Verdict verdict = run.verify();
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive);
  EXPECT_EQ(verdict.inconclusive_because,
            Lines{"the publisher ended with exit code 1: it did not send, or get confirmed, all "
                  "that it was to send"});
}

TEST(AmqpSoundness, WhatAPublisherThatFailedHasProvenCounts) {
  AmqpBuilder run;
  run.expect("amqp.redeliveries").at_most = 0;
  run.send(1, "m1");
  run.take(2, "m1", Settled::acked, true);
  run.end(10);
  run.facts.target.exit_code = 1;
  EXPECT_EQ(run.verify().outcome, Outcome::violated);
}

TEST(AmqpSoundness, APublisherThatSentNothingIsTold) {
  AmqpBuilder run;
  run.expect("amqp.redeliveries").at_most = 10;
  run.end(10);
  run.facts.target.exit_code = 1;
  EXPECT_EQ(run.verify().inconclusive_because,
            (Lines{"the publisher ended with exit code 1",
                   "the target sent no message: there is nothing to judge",
                   "amqp.redeliveries: nothing was delivered to the target"}));
}

TEST(AmqpSoundness, LinesOfThePublisherMustBeReadable) {
  AmqpBuilder run;
  run.expect("amqp.redeliveries").at_most = 10;
  run.valid(1, "m1");
  run.end(10);
  run.facts.history_malformed = 1;
  EXPECT_EQ(run.verify().inconclusive_because,
            Lines{"1 line of the target's history could not be read"});
}

TEST(AmqpSoundness, ATimeoutLeavesWhatWasProven) {
  AmqpBuilder run;
  run.expect("amqp.redeliveries").at_most = 10;
  run.valid(1, "m1");
  run.facts.target.timed_out = true;
  run.facts.target.exit_code.reset();
  run.facts.target.signal = 9;
  run.scenario.target->timeout = 30s;
  run.end(30);
  EXPECT_EQ(run.verify().inconclusive_because,
            Lines{"the target did not end within its timeout of 30 s and was ended"});
}

// In observe mode nothing is corrupted: what would have been is valid.
TEST(AmqpObserveMode, CorruptsNothing) {
  AmqpBuilder run;
  Expectation& expectation = run.expect("amqp.all_processed");
  expectation.tables = {"handled"};
  expectation.database = "db";
  run.scenario.faults[0].mode = CUT_OBSERVE;
  run.facts.rules[0].state = {};
  run.facts.rules[0].state.would_fire = 1;
  run.facts.rules[0].heals_ns.clear();
  run.event(run.publisher, 0.9, CUT_AMQP_BODY_UP, {}, CUT_EVENT_WOULD_FIRE);
  run.valid(1, "m1");
  run.end(10);
  const Verdict verdict = run.verify();
  EXPECT_EQ(verdict.outcome, Outcome::held) << verdict.inconclusive_because.size();
  EXPECT_EQ(verdict.invariants[0].observed, "each of 1 valid message had its effect once");
}

}  // namespace
}  // namespace cutpoint
