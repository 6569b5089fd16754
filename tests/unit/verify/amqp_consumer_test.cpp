// SPDX-License-Identifier: Apache-2.0
// amqp.throughput_retained, amqp.consumer_restarts and amqp.redeliveries.
#include <fmt/format.h>

#include "tests/unit/verify/amqp_row.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::AmqpBuilder;
using testing::Row;
using testing::row_name;

// Two thirds of the rate, over 3 s. Phases of 4 s: baseline from 0, storm from 10.

class Throughput : public ::testing::TestWithParam<Row> {};

TEST_P(Throughput, IsJudged) {
  AmqpBuilder run;
  Expectation& expectation = run.expect("amqp.throughput_retained");
  expectation.at_least = 0.66;
  expectation.baseline = "baseline";
  expectation.over = 3s;
  testing::expect_row(run, GetParam(), "amqp.throughput_retained");
}

// So many messages, spread over 4 s; each is done at once.
void messages(AmqpBuilder& run, const std::string& name, double from, int count) {
  for (int i = 0; i < count; ++i) run.valid(from + i * 3.8 / count, fmt::format("{}{}", name, i));
}

void one_poison_each_second(AmqpBuilder& run, double from) {
  for (int i = 0; i < 4; ++i) run.poison(from + i, fmt::format("p{}-{}", from, i));
}

void baseline(AmqpBuilder& run) {
  run.phase("baseline", 0, 4);
  messages(run, "b", 0, 12);
}

const std::vector<Row> rates{
    {"as_fast_as_before",
     [](AmqpBuilder& run) {
       baseline(run);
       run.phase("storm", 10, 14);
       messages(run, "s", 10, 12);
       one_poison_each_second(run, 10);
       run.end(20);
     },
     Outcome::held,
     "1.00 of the rate of phase baseline: in phase storm, which had 4 poison messages, 3.0 valid "
     "messages per second were done; in phase baseline 3.0 per second"},
    {"half_as_fast",
     [](AmqpBuilder& run) {
       baseline(run);
       run.phase("storm", 10, 14);
       messages(run, "s", 10, 6);
       one_poison_each_second(run, 10);
       run.end(20);
     },
     Outcome::violated,
     "0.50 of the rate of phase baseline: in phase storm, which had 4 poison messages, 1.5 valid "
     "messages per second were done; in phase baseline 3.0 per second"},
    {"the_worst_of_several",
     [](AmqpBuilder& run) {
       baseline(run);
       run.phase("storm", 10, 14);
       messages(run, "s", 10, 12);
       one_poison_each_second(run, 10);
       run.phase("gale", 20, 24);
       messages(run, "g", 20, 4);
       one_poison_each_second(run, 20);
       run.end(30);
     },
     Outcome::violated,
     "0.33 of the rate of phase baseline: in phase gale, which had 4 poison messages, 1.0 valid "
     "messages per second were done; in phase baseline 3.0 per second"},
    {"done_again_and_again_counts_once",
     [](AmqpBuilder& run) {
       baseline(run);
       run.phase("storm", 10, 14);
       run.send(10, "s");
       for (int i = 0; i < 12; ++i) run.take(10 + i * 0.3, "s", Settled::acked, i > 0);
       one_poison_each_second(run, 10);
       run.end(20);
     },
     Outcome::violated,
     "0.08 of the rate of phase baseline: in phase storm, which had 4 poison messages, 0.2 valid "
     "messages per second were done; in phase baseline 3.0 per second"},
    {"nothing_is_done_and_the_phase_does_not_end",
     [](AmqpBuilder& run) {
       baseline(run);
       run.phase("storm", 10, 0);
       one_poison_each_second(run, 10);
       run.end(14);
     },
     Outcome::violated,
     "0.00 of the rate of phase baseline: in phase storm, which had 4 poison messages, no valid "
     "message was done; in phase baseline 3.0 per second"},
    {"a_storm_that_was_too_short",
     [](AmqpBuilder& run) {
       baseline(run);
       run.phase("storm", 10, 12);
       one_poison_each_second(run, 10);
       run.end(20);
     },
     Outcome::inconclusive, "no phase of 3 s or more had a poison message per second"},
    {"too_little_poison",
     [](AmqpBuilder& run) {
       baseline(run);
       run.phase("storm", 10, 14);
       run.poison(10, "p");
       run.end(20);
     },
     Outcome::inconclusive, "no phase of 3 s or more had a poison message per second"},
    {"a_baseline_that_was_too_short",
     [](AmqpBuilder& run) {
       run.phase("baseline", 0, 2);
       run.phase("storm", 10, 14);
       one_poison_each_second(run, 10);
       run.end(20);
     },
     Outcome::inconclusive, "phase baseline did not last 3 s"},
    {"a_baseline_that_never_began", [](AmqpBuilder& run) { run.end(20); }, Outcome::inconclusive,
     "phase baseline did not last 3 s"},
    {"a_baseline_in_which_nothing_was_done",
     [](AmqpBuilder& run) {
       run.phase("baseline", 0, 4);
       run.phase("storm", 10, 14);
       one_poison_each_second(run, 10);
       run.end(20);
     },
     Outcome::inconclusive, "nothing was done in phase baseline"},
    {"a_baseline_in_which_a_message_was_corrupted",
     [](AmqpBuilder& run) {
       baseline(run);
       run.alter(run.send(1, "c"), 1);
       run.phase("storm", 10, 14);
       one_poison_each_second(run, 10);
       run.end(20);
     },
     Outcome::inconclusive,
     "phase baseline had 1 poison message itself: there is nothing to compare with"},
};
INSTANTIATE_TEST_SUITE_P(Rates, Throughput, ::testing::ValuesIn(rates), row_name);

TEST(ThroughputWords, SayWhatIsExpected) {
  AmqpBuilder run;
  Expectation& expectation = run.expect("amqp.throughput_retained");
  expectation.at_least = 0.8;
  expectation.baseline = "baseline";
  EXPECT_EQ(run.judge("amqp.throughput_retained").expected,
            "with a poison message per second, over 30 s or more, the rate is at least 0.80 of "
            "that of phase baseline");
}

// One at most.

class Restarts : public ::testing::TestWithParam<Row> {};

TEST_P(Restarts, AreCounted) {
  AmqpBuilder run;
  run.expect("amqp.consumer_restarts").at_most = 1;
  testing::expect_row(run, GetParam(), "amqp.consumer_restarts");
}

void consumer(AmqpBuilder& run, double from, double until, bool in_order = false) {
  const auto flow = run.open(from);
  run.event(flow, from, CUT_AMQP_CONSUME);
  if (in_order) run.event(flow, until, CUT_AMQP_CONNECTION_CLOSE_UP);
  run.close(flow, until);
}

const std::vector<Row> restarts{
    {"none",
     [](AmqpBuilder& run) {
       run.end(10);
       run.close(run.consumer, 11);
       run.died(11, 7, 0, 15);
     },
     Outcome::held, "no connection of a consumer broke, and no process died"},
    {"one_broke_and_one_process_died",
     [](AmqpBuilder& run) {
       consumer(run, 1, 2);
       run.died(2, 7, 1);
       run.end(10);
     },
     Outcome::held,
     "1 of 2 connections of consumers broke, and 1 process died (the first with exit code 1)"},
    {"closed_in_order",
     [](AmqpBuilder& run) {
       for (int i = 0; i < 3; ++i) consumer(run, i, i + 0.5, true);
       run.end(10);
     },
     Outcome::held, "none of 4 connections of consumers broke, and no process died"},
    {"connections_break",
     [](AmqpBuilder& run) {
       for (int i = 0; i < 2; ++i) consumer(run, i, i + 0.5);
       run.end(10);
     },
     Outcome::violated, "2 of 3 connections of consumers broke, and no process died"},
    {"processes_die",
     [](AmqpBuilder& run) {
       run.died(2, 7, 0, 11);
       run.died(3, 8, 1);
       run.end(10);
     },
     Outcome::violated,
     "no connection of a consumer broke, and 2 processes died (the first by signal 11)"},
    {"a_publisher_s_connection_is_none_of_a_consumer_s",
     [](AmqpBuilder& run) {
       for (int i = 0; i < 3; ++i) run.close(run.open(i), i + 0.5);
       run.end(10);
     },
     Outcome::held, "no connection of a consumer broke, and no process died"},
    {"the_publisher_itself_failed",
     [](AmqpBuilder& run) {
       run.died(9.9, 100, 1);
       run.died(9.9, 100, 1);
       run.end(10);
     },
     Outcome::held, "no connection of a consumer broke, and no process died"},
    {"ended_by_the_timeout",
     [](AmqpBuilder& run) {
       run.timeline.add(run.timeline.entries().back().ns, Note{"controller", "target.timeout", {}});
       for (std::uint32_t pid = 7; pid < 10; ++pid) run.died(5, pid, 0, 9);
       run.close(run.consumer, 5);
       run.end(6);
     },
     Outcome::held, "no connection of a consumer broke, and no process died"},
};
INSTANTIATE_TEST_SUITE_P(Deaths, Restarts, ::testing::ValuesIn(restarts), row_name);

TEST(RestartsOfNobody, AreNotKnown) {
  AmqpBuilder run;
  run.scenario.services[0].address = "127.0.0.1:5673";
  run.expect("amqp.consumer_restarts").at_most = 0;
  run.timeline = {};
  EXPECT_EQ(run.judge("amqp.consumer_restarts").outcome, Outcome::inconclusive);
  EXPECT_EQ(run.judge("amqp.consumer_restarts").observed, "the target consumed from no queue");
  run.died(1, 7, 1);
  run.end(2);
  EXPECT_EQ(run.judge("amqp.consumer_restarts").outcome, Outcome::violated);
  EXPECT_EQ(run.judge("amqp.consumer_restarts").observed,
            "no connection of a consumer broke, and 1 process died (the first with exit code "
            "1)");
  EXPECT_EQ(run.judge("amqp.consumer_restarts").expected,
            "no connection of a consumer breaks, and no process dies");
}

// Two at most.

class Redeliveries : public ::testing::TestWithParam<Row> {};

TEST_P(Redeliveries, AreCounted) {
  AmqpBuilder run;
  run.expect("amqp.redeliveries").at_most = 2;
  testing::expect_row(run, GetParam(), "amqp.redeliveries");
}

const std::vector<Row> redeliveries{
    {"few",
     [](AmqpBuilder& run) {
       run.take(1, "m1", Settled::requeued);
       run.take(2, "m1", Settled::requeued, true);
       run.take(3, "m1", Settled::acked, true);
       run.end(10);
     },
     Outcome::held, "2 of 3 deliveries were redeliveries, of 1 message"},
    {"many",
     [](AmqpBuilder& run) {
       for (int i = 0; i < 3; ++i) run.take(1 + i, i == 0 ? "m1" : "m2", Settled::requeued, true);
       run.end(10);
     },
     Outcome::violated, "3 of 3 deliveries were redeliveries, of 2 messages"},
    {"as_consumers_were_ended",
     [](AmqpBuilder& run) {
       run.take(1, "m1", Settled::acked);
       run.end(10);
       for (int i = 0; i < 10; ++i) run.take(11, "m2", Settled::open, true);
     },
     Outcome::held,
     "1 delivery, and no redelivery; 10 more, as the target was ended, are not counted"},
    {"none_at_all", [](AmqpBuilder& run) { run.end(10); }, Outcome::inconclusive,
     "nothing was delivered to the target"},
};
INSTANTIATE_TEST_SUITE_P(Counts, Redeliveries, ::testing::ValuesIn(redeliveries), row_name);

TEST(RedeliveriesWords, SayWhatIsExpected) {
  AmqpBuilder run;
  run.expect("amqp.redeliveries").at_most = 120;
  EXPECT_EQ(run.judge("amqp.redeliveries").expected,
            "120 deliveries of messages that were delivered before, at most");
}

}  // namespace
}  // namespace cutpoint
