// SPDX-License-Identifier: Apache-2.0
// amqp.topology: what the queue is, and where its dead letters lead.
#include <gtest/gtest.h>

#include "tests/unit/verify/amqp_builder.h"

namespace cutpoint {
namespace {

using probes::QueueTopology;
using testing::AmqpBuilder;
using Strings = std::vector<std::string>;

// As it should be.
QueueTopology good() {
  QueueTopology queue;
  queue.exists = true;
  queue.type = "classic";
  queue.durable = true;
  queue.arguments = {{"x-dead-letter-exchange", "\"dlx\""}, {"x-max-length", "1000"}};
  queue.dead_letter.exchange = "dlx";
  queue.dead_letter.exchange_exists = true;
  queue.dead_letter.routing_key = "work.dead";
  queue.dead_letter.queues = {"work.dead", "amq.gen-of-the-observer"};
  return queue;
}

InvariantResult judge(const QueueTopology& queue,
                      const Strings& require = {"dead_letter", "max_length"}) {
  AmqpBuilder run;
  run.expect("amqp.topology").require = require;
  run.facts.topologies["work"] = queue;
  return run.judge("amqp.topology");
}

void expect_violated(const QueueTopology& queue, const std::string& observed,
                     const Strings& require = {"dead_letter", "max_length"}) {
  const InvariantResult result = judge(queue, require);
  EXPECT_EQ(result.outcome, Outcome::violated);
  EXPECT_EQ(result.observed, observed);
}

TEST(Topology, IsDescribedWhereItIsAsItShouldBe) {
  const InvariantResult result = judge(good());
  EXPECT_EQ(result.outcome, Outcome::held);
  EXPECT_EQ(result.observed,
            "a classic queue, dead letters by `dlx` to work.dead, max-length 1000");
  EXPECT_EQ(result.expected,
            "the queue has dead_letter and max_length, and no argument that does nothing");
}

TEST(Topology, MayBeThatOfAPolicy) {
  QueueTopology queue = good();
  queue.arguments.clear();
  queue.policy = {{"max-length-bytes", "1000000"}, {"delivery-limit", "5"}};
  EXPECT_EQ(judge(queue, {"max_length", "delivery_limit"}).outcome, Outcome::held);
}

TEST(Topology, WithoutADeadLetterExchange) {
  QueueTopology queue = good();
  queue.dead_letter = {};
  expect_violated(queue, "it has no dead-letter exchange: what is refused is gone");
  EXPECT_EQ(judge(queue, {"max_length"}).outcome, Outcome::held);
}

TEST(Topology, WithADeadLetterExchangeThatIsNotThere) {
  QueueTopology queue = good();
  queue.dead_letter.exchange_exists = false;
  queue.dead_letter.queues.clear();
  expect_violated(queue, "its dead-letter exchange `dlx` does not exist");
}

TEST(Topology, OfDeadLettersThatComeToNobodyButTheObserver) {
  QueueTopology queue = good();
  queue.dead_letter.queues = {"amq.gen-of-the-observer"};
  expect_violated(queue,
                  "its dead-letter exchange `dlx` leads nowhere for routing key `work.dead`");
  queue.dead_letter.routing_key.clear();
  expect_violated(
      queue, "its dead-letter exchange `dlx` leads nowhere for the messages' own routing keys");
}

TEST(Topology, OfDeadLettersThatComeToAnotherQueue) {
  QueueTopology queue = good();
  queue.dead_letter.queues = {"other"};
  expect_violated(queue, "its dead letters go to other, not to work.dead");
}

TEST(Topology, OfDeadLettersThatComeBack) {
  QueueTopology queue = good();
  queue.dead_letter.queues = {"work"};
  expect_violated(queue, "its dead-letter exchange `dlx` leads back to it");
}

TEST(Topology, OfDeadLettersWhoseWayIsNotKnown) {
  QueueTopology queue = good();
  queue.dead_letter.queues.clear();
  queue.dead_letter.undecided = "the exchange `dlx` is of type headers";
  const InvariantResult result = judge(queue);
  EXPECT_EQ(result.outcome, Outcome::inconclusive);
  EXPECT_EQ(result.observed,
            "whether dead letters of `dlx` come to a queue is not known: the exchange `dlx` is of "
            "type headers");
  EXPECT_EQ(judge(queue, {"max_length"}).outcome, Outcome::held);
  queue.dead_letter.queues = {"work.dead"};
  EXPECT_EQ(judge(queue).outcome, Outcome::held);
}

TEST(Topology, WithoutTheLimitsThatAreRequired) {
  QueueTopology queue = good();
  queue.arguments.clear();
  expect_violated(queue,
                  "its length has no limit, its messages never expire, at its limit it drops what "
                  "is oldest, unseen by the publisher and deliveries of a message have no limit",
                  {"dead_letter", "max_length", "ttl", "overflow", "delivery_limit"});
  queue.arguments = {{"x-max-length", "1"},
                     {"x-message-ttl", "1"},
                     {"x-overflow", "\"reject-publish\""},
                     {"x-delivery-limit", "2"}};
  queue.type = "quorum";
  const InvariantResult result =
      judge(queue, {"dead_letter", "max_length", "ttl", "overflow", "delivery_limit"});
  EXPECT_EQ(result.outcome, Outcome::held);
  EXPECT_EQ(result.observed,
            "a quorum queue, dead letters by `dlx` to work.dead, max-length 1, overflow "
            "\"reject-publish\", message-ttl 1, delivery-limit 2");
}

TEST(Topology, WithAnArgumentThatDoesNothing) {
  QueueTopology queue = good();
  queue.unknown_arguments = {"x-max-retries"};
  expect_violated(queue, "RabbitMQ knows no argument `x-max-retries` for it: it does nothing");
}

TEST(Topology, OfAQueueThatIsNotThere) {
  const InvariantResult result = judge({});
  EXPECT_EQ(result.outcome, Outcome::inconclusive);
  EXPECT_EQ(result.observed, "the queue was not there when the publisher had ended");
}

TEST(Topology, ThatCouldNotBeAsked) {
  AmqpBuilder run;
  run.expect("amqp.topology");
  EXPECT_EQ(run.judge("amqp.topology").outcome, Outcome::inconclusive);
  EXPECT_EQ(run.judge("amqp.topology").observed, "what the queue is could not be asked");
  run.scenario.observe[0].management.clear();
  EXPECT_EQ(run.judge("amqp.topology").observed,
            "what the queue is could not be asked: the observer needs `management:`");
}

}  // namespace
}  // namespace cutpoint
