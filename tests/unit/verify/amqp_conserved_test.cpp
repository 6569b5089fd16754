// SPDX-License-Identifier: Apache-2.0
// amqp.conserved: each message is acknowledged, a dead letter, or still queued.
#include "tests/unit/verify/amqp_row.h"

namespace cutpoint {
namespace {

using testing::AmqpBuilder;
using testing::Row;
using testing::row_name;
using State = probes::Mirrored::State;

class Conserved : public ::testing::TestWithParam<Row> {};

TEST_P(Conserved, IsJudged) {
  AmqpBuilder run;
  run.expect("amqp.conserved");
  run.queue_at_the_end(0);
  testing::expect_row(run, GetParam(), "amqp.conserved");
}

// m1 done, m2 dead, m3 queued.
void three(AmqpBuilder& run) {
  run.valid(1, "m1");
  run.poison(2, "m2");
  run.take(2.1, "m2", Settled::rejected);
  run.dead(2.5, "m2");
  run.send(3, "m3");
  run.end(10);
}

const std::vector<Row> balanced{
    {"done_dead_and_queued",
     [](AmqpBuilder& run) {
       three(run);
       run.queue_at_the_end(1);
     },
     Outcome::held, "3 published; 1 acknowledged + 1 dead-lettered + 1 queued = 3"},
    {"still_with_a_consumer",
     [](AmqpBuilder& run) {
       three(run);
       run.facts.queues["work"].unacknowledged = 1;
     },
     Outcome::held, "3 published; 1 acknowledged + 1 dead-lettered + 1 queued = 3"},
    {"refused_by_the_broker",
     [](AmqpBuilder& run) {
       run.says(1, "m1", "invoke");
       run.publish(run.publisher, 1, "m1");
       run.settle(run.publisher, 1.5, CUT_AMQP_CONFIRM_NACK, 1);
       run.end(10);
     },
     Outcome::held, "0 published; 0 acknowledged + 0 dead-lettered + 0 queued = 0"},
    {"confirmed_unheard_and_published_again",
     [](AmqpBuilder& run) {
       run.says(1, "m1", "invoke");
       run.publish(run.publisher, 1, "m1");
       run.confirm(run.publisher, 1.5, 1, 0, CUT_EVENT_HELD);
       const auto flow = run.open(2);
       run.event(flow, 2, CUT_AMQP_CONFIRM_SELECT);
       run.publish(flow, 3, "m1");
       run.confirm(flow, 3.5, 1);
       run.take(4, "m1", Settled::acked);
       run.take(5, "m1", Settled::acked);
       run.end(10);
     },
     Outcome::held, "2 published; 2 acknowledged + 0 dead-lettered + 0 queued = 2"},
    {"one_that_may_have_been_published",
     [](AmqpBuilder& run) {
       run.says(1, "m1", "invoke");
       run.publish(run.publisher, 1, "m1");
       run.end(10);
       run.queue_at_the_end(1);
     },
     Outcome::held,
     "0 published (and 1 that may have been); 0 acknowledged + 0 dead-lettered + 1 queued = 1"},
    {"tried_again_by_its_consumer",
     [](AmqpBuilder& run) {
       run.send(1, "m1");
       run.take(2, "m1", Settled::acked);
       run.publish(run.consumer, 3, "m1");
       run.take(4, "m1", Settled::acked);
       run.end(10);
     },
     Outcome::held,
     "1 published (and 1 that may have been); 2 acknowledged + 0 dead-lettered + 0 queued = 2"},
    {"its_dead_letter_came_back",
     [](AmqpBuilder& run) {
       run.send(1, "m1");
       run.take(2, "m1", Settled::rejected);
       run.dead(3, "m1");
       run.take(4, "m1", Settled::acked);
       run.end(10);
     },
     Outcome::held, "1 published; 1 acknowledged + 1 dead-lettered + 0 queued = 2"},
    {"died_in_another_queue",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.dead(2, "m1", "expired", "other");
       run.end(10);
     },
     Outcome::held, "1 published; 1 acknowledged + 0 dead-lettered + 0 queued = 1"},
};
INSTANTIATE_TEST_SUITE_P(Balanced, Conserved, ::testing::ValuesIn(balanced), row_name);

const std::vector<Row> missing{
    {"gone", [](AmqpBuilder& run) { three(run); }, Outcome::violated,
     "3 published; 1 acknowledged + 1 dead-lettered + 0 queued = 2; 1 is nowhere"},
    {"refused_and_gone",
     [](AmqpBuilder& run) {
       run.not_mirrored(0, State::no_exchange, "no dead-letter exchange");
       run.poison(1, "m1");
       run.take(2, "m1", Settled::rejected);
       run.end(10);
     },
     Outcome::violated,
     "1 published; 0 acknowledged + 0 dead-lettered + 0 queued = 0; 1 was refused for good"},
    {"gone_after_the_broker_was_back",
     [](AmqpBuilder& run) {
       run.note(0.1, "observer.lost", {{"why", "gone"}});
       run.note(0.2, "observer.back");
       run.mirrored(0.3);
       run.send(1, "m1");
       run.end(10);
     },
     Outcome::violated,
     "1 published; 0 acknowledged + 0 dead-lettered + 0 queued = 0; 1 is nowhere"},
    {"refused_and_gone_while_another_is_queued",
     [](AmqpBuilder& run) {
       run.poison(1, "m1");
       run.take(2, "m1", Settled::rejected);
       run.end(10);
       run.queue_at_the_end(1);
     },
     Outcome::violated,
     "1 published; 0 acknowledged + 0 dead-lettered + 1 queued = 1; 1 was refused for good"},
    {"one_gone_and_one_done_twice",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.take(2, "m1", Settled::acked, true);
       run.send(3, "m2");
       run.end(10);
     },
     Outcome::violated,
     "2 published; 2 acknowledged + 0 dead-lettered + 0 queued = 2; 1 is nowhere and 1 was "
     "acknowledged or dead-lettered more often than published (m1)"},
};
INSTANTIATE_TEST_SUITE_P(Missing, Conserved, ::testing::ValuesIn(missing), row_name);

const std::vector<Row> unknown{
    {"dead_letters_that_nobody_could_see",
     [](AmqpBuilder& run) {
       run.not_mirrored(0, State::unseen, "no management API is given");
       run.poison(1, "m1");
       run.take(2, "m1", Settled::rejected);
       run.end(10);
     },
     Outcome::inconclusive,
     "1 published; 0 acknowledged + 0 dead-lettered + 0 queued = 0; dead letters could not be "
     "seen: "
     "no management API is given"},
    {"dead_letters_before_the_mirror_was_there",
     [](AmqpBuilder& run) {
       run.without_mirror();
       run.poison(1, "m1");
       run.take(1.1, "m1", Settled::rejected);
       run.mirrored(2);
       run.end(10);
     },
     Outcome::inconclusive,
     "1 published; 0 acknowledged + 0 dead-lettered + 0 queued = 0; dead letters could not be seen "
     "yet"},
    {"balanced_though_the_broker_was_lost",
     [](AmqpBuilder& run) {
       three(run);
       run.note(9, "observer.lost", {{"why", "gone"}});
       run.queue_at_the_end(1);
     },
     Outcome::inconclusive,
     "3 published; 1 acknowledged + 1 dead-lettered + 1 queued = 3; the observer lost the broker "
     "meanwhile: gone"},
    {"a_broker_that_was_lost_forgot_an_acknowledgement",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.note(2, "observer.lost", {{"why", "gone"}});
       run.note(3, "observer.back");
       run.mirrored(3);
       run.take(4, "m1", Settled::acked, true);
       run.end(10);
     },
     Outcome::inconclusive,
     "1 published; 2 acknowledged + 0 dead-lettered + 0 queued = 2; the observer lost the broker "
     "meanwhile: gone"},
    {"what_was_there_before",
     [](AmqpBuilder& run) {
       run.note(0, "queue.depth", {{"depth", 3}});
       run.valid(1, "m1");
       run.end(10);
       run.queue_at_the_end(3);
     },
     Outcome::inconclusive,
     "1 published; 1 acknowledged + 0 dead-lettered + 3 queued = 4; 3 messages waited in the queue "
     "before the first was published"},
    {"what_was_there_before_had_the_same_ids",
     [](AmqpBuilder& run) {
       run.note(0, "queue.depth", {{"depth", 1}});
       run.take(0.5, "m1", Settled::acked);
       run.valid(1, "m1");
       run.end(10);
     },
     Outcome::inconclusive,
     "1 published; 2 acknowledged + 0 dead-lettered + 0 queued = 2; 1 message waited in the queue "
     "before the first was published"},
    {"somebody_else_s_are_queued",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.end(10);
       run.queue_at_the_end(2);
     },
     Outcome::inconclusive,
     "1 published; 1 acknowledged + 0 dead-lettered + 2 queued = 3; more are queued than the "
     "publisher sent: somebody else's?"},
    {"somebody_else_s_go_through_the_queue",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.take(2, "other", Settled::acked);
       run.send(3, "m2");
       run.end(10);
       run.queue_at_the_end(1);
     },
     Outcome::inconclusive,
     "2 published; 1 acknowledged + 0 dead-lettered + 1 queued = 2; messages of somebody else's go "
     "through the queue, too: whose are queued is not known"},
    {"somebody_still_consumes",
     [](AmqpBuilder& run) {
       three(run);
       run.queue_at_the_end(0, 1);
     },
     Outcome::inconclusive, "somebody still consumes from the queue"},
    {"nobody_knows_what_is_queued",
     [](AmqpBuilder& run) {
       three(run);
       run.facts.queues.clear();
     },
     Outcome::inconclusive, "what is still queued is not known"},
    {"nothing_was_published", [](AmqpBuilder& run) { run.end(10); }, Outcome::inconclusive,
     "cutpoint's publisher sent no message"},
};
INSTANTIATE_TEST_SUITE_P(Unknown, Conserved, ::testing::ValuesIn(unknown), row_name);

}  // namespace
}  // namespace cutpoint
