// SPDX-License-Identifier: Apache-2.0
// amqp.dead_lettered: within 10 s, after 3 deliveries.
#include "tests/unit/verify/amqp_row.h"
#include "tests/unit/verify/traffic_builder.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::AmqpBuilder;
using testing::Row;
using testing::row_name;
using State = probes::Mirrored::State;

class DeadLettered : public ::testing::TestWithParam<Row> {};

TEST_P(DeadLettered, IsJudged) {
  AmqpBuilder run;
  Expectation& expectation = run.expect("amqp.dead_lettered");
  expectation.within = 10s;
  expectation.deliveries = 3;
  testing::expect_row(run, GetParam(), "amqp.dead_lettered");
}

const std::vector<Row> good{
    {"refused_at_once",
     [](AmqpBuilder& run) {
       run.poison(1, "m1");
       run.take(1.1, "m1", Settled::rejected);
       run.dead(2, "m1");
       run.end(60);
     },
     Outcome::held,
     "all of 1 poison message (1 published malformed) was in the dead-letter queue within 1 s, "
     "after one delivery at most (rejected)"},
    {"after_three_deliveries_and_one_that_was_corrupted",
     [](AmqpBuilder& run) {
       run.poison(1, "m1");
       for (int i = 0; i < 3; ++i) run.take(1.1 + i, "m1", Settled::requeued, i > 0);
       run.dead(5, "m1", "delivery_limit");
       run.alter(run.send(2, "m2"), 2);
       run.take(2.1, "m2", Settled::rejected);
       run.dead(2.5, "m2");
       run.end(60);
     },
     Outcome::held,
     "all of 2 poison messages (1 published malformed, 1 corrupted on the way to the broker) were "
     "in the dead-letter queue within 4 s, after 3 deliveries at most (delivery_limit and "
     "rejected)"},
    {"published_twice_and_a_dead_letter_twice",
     [](AmqpBuilder& run) {
       run.poison(1, "m1");
       run.poison(3, "m1");
       for (int i = 0; i < 4; ++i) run.take(3.1 + i, "m1", Settled::rejected);
       run.dead(4, "m1");
       run.dead(8, "m1");
       run.end(60);
     },
     Outcome::held,
     "all of 1 poison message (1 published malformed) was in the dead-letter queue within 5 s, "
     "after 4 deliveries at most (rejected)"},
    {"refused_by_the_broker_it_never_was_in_the_queue",
     [](AmqpBuilder& run) {
       run.poison(1, "m1");
       run.take(1.1, "m1", Settled::rejected);
       run.dead(2, "m1");
       run.says(3, "m2", "invoke", true);
       run.publish(run.publisher, 3, "m2");
       run.settle(run.publisher, 3, CUT_AMQP_CONFIRM_NACK, 2);
       run.says(3, "m2", "fail", true);
       run.end(60);
     },
     Outcome::held,
     "all of 1 poison message (1 published malformed) was in the dead-letter queue within 1 s, "
     "after one delivery at most (rejected)"},
};
INSTANTIATE_TEST_SUITE_P(Good, DeadLettered, ::testing::ValuesIn(good), row_name);

// A poison that nobody saw as a dead letter.
Row unseen(const char* name, const std::function<void(AmqpBuilder&)>& happens,
           const std::string& words) {
  return {name,
          [happens](AmqpBuilder& run) {
            run.poison(1, "m1");
            happens(run);
            run.end(60);
          },
          Outcome::violated,
          "1 of 1 poison message (1 published malformed) did not end in the dead-letter queue as "
          "expected: m1 " +
              words};
}

const std::vector<Row> wrong{
    unseen(
        "never_delivered", [](AmqpBuilder&) {}, "was never delivered"),
    unseen(
        "acknowledged", [](AmqpBuilder& run) { run.take(2, "m1", Settled::acked); },
        "was delivered once, acknowledged in the end: it is lost, and nobody knows"),
    unseen(
        "refused_without_a_dead_letter_exchange",
        [](AmqpBuilder& run) {
          run.not_mirrored(1, State::no_exchange, "no dead-letter exchange");
          run.take(2, "m1", Settled::rejected);
        },
        "was delivered once, refused for good in the end: without a dead-letter exchange it is "
        "lost"),
    unseen(
        "refused_into_an_exchange_that_is_not_there",
        [](AmqpBuilder& run) {
          run.not_mirrored(1, State::missing_exchange, "there is no exchange `dlx`");
          run.take(2, "m1", Settled::rejected);
        },
        "was delivered once, refused for good in the end: it is lost"),
    unseen(
        "to_a_consumer_that_acknowledges_nothing",
        [](AmqpBuilder& run) {
          const auto flow = run.open(0);
          run.event(flow, 0, CUT_AMQP_CONSUME, {{CUT_AMQP_ATTR_FLAG, 1U << CUT_AMQP_FLAG_NO_ACK}});
          run.deliver(flow, 2, 1, "m1");
        },
        "was delivered once to a consumer that acknowledges nothing: it is lost"),
    unseen(
        "for_ever",
        [](AmqpBuilder& run) {
          for (int i = 0; i < 40; ++i) run.take(2 + i, "m1", Settled::requeued, i > 0);
        },
        "was delivered 40 times, and was to be delivered again when the run ended"),
    unseen(
        "its_consumers_die_of_it",
        [](AmqpBuilder& run) {
          for (std::uint32_t i = 0; i < 2; ++i) {
            const auto flow = run.open(2 + i);
            run.event(flow, 2 + i, CUT_AMQP_CONSUME);
            run.deliver(flow, 2.1 + i, 1, "m1", i > 0);
            run.close(flow, 2.2 + i);
          }
        },
        "was delivered twice, and was to be delivered again when the run ended"),
    unseen(
        "its_namesake_died_in_another_queue",
        [](AmqpBuilder& run) { run.dead(3, "m1", "rejected", "other"); }, "was never delivered"),
    unseen(
        "delivered_too_often",
        [](AmqpBuilder& run) {
          for (int i = 0; i < 4; ++i) run.take(2 + i, "m1", Settled::requeued, i > 0);
          run.dead(7, "m1");
        },
        "was delivered 4 times before it was a dead letter"),
    unseen(
        "too_late",
        [](AmqpBuilder& run) {
          run.take(2, "m1", Settled::rejected);
          run.dead(13, "m1");
        },
        "was a dead letter 12 s after it was published"),
    unseen(
        "without_history",
        [](AmqpBuilder& run) {
          run.take(2, "m1", Settled::acked);
          run.dead(2.2, "m1", "", "");
        },
        "is in the dead-letter queue without its x-death history"),
    unseen(
        "one_copy_of_two",
        [](AmqpBuilder& run) {
          run.poison(3, "m1");
          run.take(3.1, "m1", Settled::rejected);
          run.take(3.3, "m1", Settled::acked);
          run.dead(3.5, "m1");
        },
        "reached the broker twice, and was a dead letter once"),
    unseen(
        "acknowledged_while_nobody_could_see",
        [](AmqpBuilder& run) {
          run.note(0.5, "observer.lost", {{"why", "the broker closed the connection"}});
          run.take(2, "m1", Settled::acked);
        },
        "was delivered once, acknowledged in the end: it is lost, and nobody knows"),
    {"several",
     [](AmqpBuilder& run) {
       for (const char* id : {"m1", "m2", "m3", "m4", "m5"}) run.poison(1, id);
       run.take(1.1, "m1", Settled::rejected);
       run.dead(2, "m1");
       for (int i = 0; i < 3; ++i) run.take(2 + i, "m2", Settled::requeued, i > 0);
       run.end(60);
     },
     Outcome::violated,
     "4 of 5 poison messages (5 published malformed) did not end in the dead-letter queue as "
     "expected: m2 was delivered 3 times, and was "
     "to "
     "be delivered again when the run ended, m3 was never delivered, m4 was never delivered and 1 "
     "more; none was delivered more than 3 times"},
    {"one_that_is_not_known_beside_one_that_is",
     [](AmqpBuilder& run) {
       run.poison(1, "m1");
       run.take(1.1, "m1", Settled::acked);
       run.note(2, "observer.lost", {{"why", "gone"}});
       run.poison(3, "m2");
       run.end(60);
     },
     Outcome::violated,
     "1 of 2 poison messages (2 published malformed) did not end in the dead-letter queue as "
     "expected: m1 was delivered once, acknowledged "
     "in the end: it is lost, and nobody knows; of 1 more it is not known"},
};
INSTANTIATE_TEST_SUITE_P(Wrong, DeadLettered, ::testing::ValuesIn(wrong), row_name);

// A poison of which nothing was seen, because nothing could be.
Row blind(const char* name, const std::function<void(AmqpBuilder&)>& happens,
          const std::string& words, const std::string& why) {
  return {
      name,
      [happens](AmqpBuilder& run) {
        happens(run);
        run.end(60);
      },
      Outcome::inconclusive,
      "1 of 1 poison message (1 published malformed) was not seen in the dead-letter queue: m1 " +
          words + "; " + why};
}

const std::vector<Row> unknown{
    {"no_poison",
     [](AmqpBuilder& run) {
       run.valid(1, "m1");
       run.end(60);
     },
     Outcome::inconclusive, "no poison message reached the broker"},
    {"it_may_not_have_reached_the_broker",
     [](AmqpBuilder& run) {
       run.says(1, "m1", "invoke", true);
       run.publish(run.publisher, 1, "m1");
       run.says(2, "m1", "info", true);
       run.end(60);
     },
     Outcome::inconclusive, "whether the broker has m1 is not known: no confirm came"},
    {"one_of_them_may_not_have_reached_the_broker",
     [](AmqpBuilder& run) {
       run.poison(1, "m1");
       run.take(1.1, "m1", Settled::rejected);
       run.dead(2, "m1");
       run.says(3, "m2", "invoke", true);
       run.says(4, "m2", "info", true);
       run.end(60);
     },
     Outcome::inconclusive,
     "all of 1 poison message (1 published malformed) was in the dead-letter queue within 1 s, "
     "after one delivery at most (rejected); whether the broker has m2 is not known: no confirm "
     "came"},
    blind(
        "without_a_management_api",
        [](AmqpBuilder& run) {
          run.not_mirrored(0, State::unseen, "no management API is given");
          run.poison(1, "m1");
          run.take(1.1, "m1", Settled::rejected);
        },
        "was delivered once, refused for good in the end",
        "dead letters could not be seen: no management API is given"),
    blind(
        "refused_before_the_mirror_was_there",
        [](AmqpBuilder& run) {
          run.without_mirror();
          run.poison(1, "m1");
          run.take(1.1, "m1", Settled::rejected);
          run.mirrored(2);
        },
        "was delivered once, refused for good in the end", "dead letters could not be seen yet"),
    blind(
        "while_the_broker_was_lost",
        [](AmqpBuilder& run) {
          run.poison(1, "m1");
          run.note(1.05, "observer.lost", {{"why", "the broker closed the connection"}});
          run.take(1.1, "m1", Settled::rejected);
          run.note(5, "observer.back");
          run.mirrored(5.1);
        },
        "was delivered once, refused for good in the end",
        "the observer lost the broker meanwhile, and what was dead-lettered then: the broker "
        "closed the connection"),
    blind(
        "the_broker_was_lost_before_its_dead_letter_could_come",
        [](AmqpBuilder& run) {
          run.poison(1, "m1");
          run.take(1.1, "m1", Settled::rejected);
          run.note(1.3, "observer.lost", {{"why", "gone"}});
        },
        "was delivered once, refused for good in the end",
        "the observer lost the broker meanwhile, and what was dead-lettered then: gone"),
    blind(
        "the_mirror_went_later",
        [](AmqpBuilder& run) {
          run.poison(1, "m1");
          run.not_mirrored(1.05, State::unseen, "the exchange `dlx` leads to no queue `work.dead`");
          run.take(1.1, "m1", Settled::rejected);
        },
        "was delivered once, refused for good in the end",
        "dead letters could not be seen: the exchange `dlx` leads to no queue `work.dead`"),
    blind(
        "its_time_was_not_over",
        [](AmqpBuilder& run) {
          run.poison(55, "m1");
          run.take(55.1, "m1", Settled::requeued);
        },
        "was delivered once, and was to be delivered again when the run ended",
        "the run ended 5 s after it was published"),
};
INSTANTIATE_TEST_SUITE_P(Unknown, DeadLettered, ::testing::ValuesIn(unknown), row_name);

// The broker was away, but not while it mattered.
const std::vector<Row> in_sight{
    unseen(
        "lost_after_it_was_refused",
        [](AmqpBuilder& run) {
          run.take(2, "m1", Settled::rejected);
          run.note(5, "observer.lost", {{"why", "gone"}});
        },
        "was delivered once, refused for good in the end: it is lost"),
    unseen(
        "back_with_a_queue_that_has_no_dead_letter_exchange",
        [](AmqpBuilder& run) {
          run.without_mirror();
          run.not_mirrored(0.5, State::no_exchange, "no dead-letter exchange");
          run.note(0.6, "observer.lost", {{"why", "gone"}});
          run.note(0.9, "observer.back");
          run.take(2, "m1", Settled::requeued);
        },
        "was delivered once, and was to be delivered again when the run ended"),
};
INSTANTIATE_TEST_SUITE_P(InSight, DeadLettered, ::testing::ValuesIn(in_sight), row_name);

TEST(DeadLetteredWords, SayWhatIsExpected) {
  AmqpBuilder run;
  Expectation& expectation = run.expect("amqp.dead_lettered");
  expectation.within = 10s;
  expectation.deliveries = 1;
  EXPECT_EQ(
      run.judge("amqp.dead_lettered").expected,
      "each poison message is in the dead-letter queue within 10 s of its publishing, after 1 "
      "delivery at most");
}

}  // namespace
}  // namespace cutpoint
