// SPDX-License-Identifier: Apache-2.0
// amqp.all_processed: a row of `handled` for each valid message.
#include "tests/unit/verify/amqp_row.h"

namespace cutpoint {
namespace {

using testing::AmqpBuilder;
using testing::Row;
using testing::row_name;

class AllProcessed : public ::testing::TestWithParam<Row> {};

TEST_P(AllProcessed, IsJudged) {
  AmqpBuilder run;
  Expectation& expectation = run.expect("amqp.all_processed");
  expectation.tables = {"handled"};
  expectation.by = "message_id";
  expectation.database = "db";
  testing::expect_row(run, GetParam(), "amqp.all_processed");
}

const std::vector<Row> rows{
    {"each_once",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.valid(2, "m2");
       run.poison(3, "m3");
       run.end(60);
     },
     Outcome::held, "each of 2 valid messages had its effect once"},
    {"delivered_again_and_done_once",
     [](AmqpBuilder& run) {
       run.send(1, "m1");
       run.take(2, "m1", Settled::requeued);
       run.take(3, "m1", Settled::acked, true);
       run.handled("m1");
       run.end(60);
     },
     Outcome::held, "each of 1 valid message had its effect once"},
    {"published_twice_and_done_once",
     [](AmqpBuilder& run) {
       run.send(1, "m1");
       run.valid(2, "m1");
       run.take(3, "m1", Settled::acked);
       run.end(60);
     },
     Outcome::held, "each of 1 valid message had its effect once"},
    {"none",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.send(2, "m2");
       run.take(3, "m2", Settled::acked);
       run.send(4, "m3");
       run.end(60);
     },
     Outcome::violated, "of 3 valid messages 2 had no effect (m2 and m3)"},
    {"twice",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.handled("m1");
       run.end(60);
     },
     Outcome::violated, "of 1 valid message 1 had it more than once (m1)"},
    {"a_valid_one_is_a_dead_letter",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.send(2, "m2");
       run.take(3, "m2", Settled::rejected);
       run.dead(3.5, "m2");
       run.end(60);
     },
     Outcome::violated, "of 2 valid messages 1 became dead letters (m2)"},
    {"all_of_it",
     [](AmqpBuilder& run) {
       run.send(1, "m1");
       run.valid(2, "m2");
       run.handled("m2");
       run.send(3, "m3");
       run.take(3.1, "m3", Settled::rejected);
       run.dead(3.5, "m3");
       run.end(60);
     },
     Outcome::violated,
     "of 3 valid messages 1 had no effect (m1), 1 had it more than once (m2) and 1 became dead "
     "letters (m3)"},
    {"its_namesake_died_in_another_queue",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.dead(2, "m1", "expired", "other");
       run.end(60);
     },
     Outcome::held, "each of 1 valid message had its effect once"},
    {"corrupted_on_its_delivery_and_done_by_the_next",
     [](AmqpBuilder& run) {
       run.send(1, "m1");
       run.alter(run.take(2, "m1", Settled::requeued), 2);
       run.take(3, "m1", Settled::acked, true);
       run.handled("m1");
       run.end(60);
     },
     Outcome::held,
     "each of 1 valid message had its effect once; m1 was corrupted on its delivery, and its "
     "redelivery, which was whole, had the effect"},
    {"corrupted_on_its_delivery_and_given_up",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.send(2, "m2");
       run.alter(run.take(2, "m2", Settled::rejected), 2);
       run.dead(3, "m2");
       run.end(60);
     },
     Outcome::held,
     "each of 1 other valid message had its effect once; m2 was corrupted on its delivery, and is "
     "a "
     "dead letter, though the broker's copy is whole"},
    {"corrupted_on_its_delivery_and_lost",
     [](AmqpBuilder& run) {
       run.send(1, "m1");
       run.alter(run.take(2, "m1", Settled::acked), 2);
       run.end(60);
     },
     Outcome::violated,
     "of 1 valid message 1 had no effect (m1); m1 was corrupted on its delivery, and had no effect "
     "since"},
    {"corrupted_in_one_copy_and_done_by_the_other",
     [](AmqpBuilder& run) {
       run.alter(run.send(1, "m1"), 1);
       run.valid(2, "m1");
       run.take(3, "m1", Settled::rejected);
       run.dead(4, "m1");
       run.end(60);
     },
     Outcome::held, "each of 1 valid message had its effect once"},
    {"corrupted_in_one_copy_and_lost_in_the_other",
     [](AmqpBuilder& run) {
       run.alter(run.send(1, "m1"), 1);
       run.send(2, "m1");
       run.take(3, "m1", Settled::rejected);
       run.dead(4, "m1");
       run.take(5, "m1", Settled::acked);
       run.end(60);
     },
     Outcome::violated, "of 1 valid message 1 had no effect (m1)"},
    {"never_confirmed",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.says(2, "m2", "invoke");
       run.publish(run.publisher, 2, "m2");
       run.says(3, "m2", "info");
       run.end(60);
     },
     Outcome::inconclusive, "of 2 valid messages 1 were never confirmed and had no effect (m2)"},
    {"confirmed_but_the_publisher_was_not_told",
     [](AmqpBuilder& run) {
       run.says(2, "m1", "invoke");
       run.publish(run.publisher, 2, "m1");
       run.confirm(run.publisher, 3, 1, 0, CUT_EVENT_HELD);
       run.end(60);
     },
     Outcome::violated, "of 1 valid message 1 had no effect (m1)"},
    {"still_queued_when_the_time_was_over",
     [](AmqpBuilder& run) {
       run.facts.target.timed_out = true;
       run.valid(1, "m1");
       run.send(2, "m2");
       run.take(3, "m2", Settled::requeued);
       run.end(60);
     },
     Outcome::inconclusive,
     "of 2 valid messages 1 had no effect yet when the run was cut short (m2)"},
    {"acknowledged_before_the_time_was_over",
     [](AmqpBuilder& run) {
       run.facts.target.timed_out = true;
       run.send(2, "m1");
       run.take(3, "m1", Settled::acked);
       run.end(60);
     },
     Outcome::violated, "of 1 valid message 1 had no effect (m1)"},
    {"still_queued_when_the_publisher_failed",
     [](AmqpBuilder& run) {
       run.facts.target.exit_code = 1;
       run.send(1, "m1");
       run.end(60);
     },
     Outcome::inconclusive,
     "of 1 valid message 1 had no effect yet when the run was cut short (m1)"},
    {"not_acknowledged_while_nobody_could_see",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.send(2, "m2");
       run.note(2.1, "observer.lost", {{"why", "gone"}});
       run.take(3, "m2", Settled::rejected);
       run.handled("m2");
       run.end(60);
     },
     Outcome::inconclusive,
     "of 2 valid messages 1 may be dead letters all the same (m2): the observer lost the broker "
     "meanwhile, and what was dead-lettered then: gone"},
    {"acknowledged_while_nobody_could_see",
     [](AmqpBuilder& run) {
       run.note(0, "observer.lost", {{"why", "gone"}});
       run.valid(1, "m1");
       run.end(60);
     },
     Outcome::held, "each of 1 valid message had its effect once"},
    {"its_row_is_from_another_run",
     [](AmqpBuilder& run) {
       run.facts.effects_before[1]["handled"]["m2"] = 1;
       run.valid(1, "m1");
       run.valid(2, "m2");
       run.end(60);
     },
     Outcome::inconclusive,
     "of 2 valid messages 1 had rows before the run (m2): empty the table first, or let the target "
     "make it anew"},
    {"rows_that_could_not_be_counted",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.facts.rows[1] = {{"orders", {}}};
       run.end(60);
     },
     Outcome::inconclusive, "the rows of handled could not be counted"},
    {"a_database_that_could_not_be_asked",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.facts.rows.clear();
       run.end(60);
     },
     Outcome::inconclusive, "the rows of handled could not be counted"},
    {"nothing_but_poison",
     [](AmqpBuilder& run) {
       run.poison(1, "m1");
       run.end(60);
     },
     Outcome::inconclusive, "no valid message was published"},
};
INSTANTIATE_TEST_SUITE_P(Rows, AllProcessed, ::testing::ValuesIn(rows), row_name);

TEST(AllProcessedOfTwoTables, AreBothLookedAt) {
  AmqpBuilder run;
  Expectation& expectation = run.expect("amqp.all_processed");
  expectation.tables = {"handled", "audit"};
  expectation.database = "db";
  run.facts.rows[1]["audit"] = {{"m1", 1}};
  run.valid(1, "m1");
  run.valid(2, "m2");
  const InvariantResult result = run.judge("amqp.all_processed");
  EXPECT_EQ(result.outcome, Outcome::violated);
  EXPECT_EQ(result.observed, "of 2 valid messages 1 had no effect (m2)");
  EXPECT_EQ(result.expected,
            "each valid message has exactly one row in handled and audit, and none is a dead "
            "letter");
  EXPECT_FALSE(result.evidence.empty());
}

TEST(AllProcessedWithoutAnObserver, SaysNothingOfDeadLetters) {
  AmqpBuilder run;
  Expectation& expectation = run.expect("amqp.all_processed");
  expectation.tables = {"handled"};
  expectation.database = "db";
  expectation.observer.clear();
  run.send(1, "m1");
  run.take(2, "m1", Settled::rejected);
  run.handled("m1");
  const InvariantResult result = run.judge("amqp.all_processed");
  EXPECT_EQ(result.outcome, Outcome::held);
  EXPECT_EQ(result.expected, "each valid message has exactly one row in handled");
}

}  // namespace
}  // namespace cutpoint
