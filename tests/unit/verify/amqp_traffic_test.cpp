// SPDX-License-Identifier: Apache-2.0
// What the wire alone tells of each message: published, confirmed, delivered, settled.
#include <gtest/gtest.h>

#include "controller/scenario/registry.h"
#include "tests/unit/verify/amqp_builder.h"
#include "tests/unit/verify/traffic_builder.h"

namespace cutpoint {
namespace {

using testing::AmqpBuilder;
using testing::ns;
using testing::Span;

constexpr std::uint32_t multiple = 1U << CUT_AMQP_FLAG_MULTIPLE;
constexpr std::uint32_t requeue = 1U << CUT_AMQP_FLAG_REQUEUE;
constexpr std::uint32_t no_ack = 1U << CUT_AMQP_FLAG_NO_ACK;

std::vector<Confirm> confirms(AmqpBuilder& run) {
  std::vector<Confirm> list;
  for (const AmqpPublish& copy : run.traffic().publishes) list.push_back(copy.confirm);
  return list;
}

std::vector<Settled> ends(AmqpBuilder& run) {
  std::vector<Settled> list;
  for (const AmqpDelivery& delivery : run.traffic().deliveries) list.push_back(delivery.settled);
  return list;
}

void publish(AmqpBuilder& run, int count) {
  for (int i = 1; i <= count; ++i) run.publish(run.publisher, i, "m" + std::to_string(i));
}

void deliver(AmqpBuilder& run, int count) {
  for (int i = 1; i <= count; ++i) {
    run.deliver(run.consumer, i, static_cast<std::uint32_t>(i), "m" + std::to_string(i));
  }
}

TEST(AmqpConfirms, OfOneMessage) {
  AmqpBuilder run;
  publish(run, 3);
  run.confirm(run.publisher, 4, 2);
  EXPECT_EQ(confirms(run), (std::vector{Confirm::none, Confirm::acked, Confirm::none}));
}

TEST(AmqpConfirms, OfAllUpToOne) {
  AmqpBuilder run;
  publish(run, 3);
  run.confirm(run.publisher, 4, 2, multiple);
  EXPECT_EQ(confirms(run), (std::vector{Confirm::acked, Confirm::acked, Confirm::none}));
}

TEST(AmqpConfirms, ARefusalIsNotTakenBackByALaterConfirmOfAll) {
  AmqpBuilder run;
  publish(run, 3);
  run.settle(run.publisher, 4, CUT_AMQP_CONFIRM_NACK, 2);
  run.confirm(run.publisher, 5, 3, multiple);
  EXPECT_EQ(confirms(run), (std::vector{Confirm::acked, Confirm::nacked, Confirm::acked}));
}

TEST(AmqpConfirms, ThatACutKeptFromThePublisherAreUnheard) {
  AmqpBuilder run;
  publish(run, 1);
  run.confirm(run.publisher, 2, 1, 0, CUT_EVENT_HELD);
  EXPECT_EQ(confirms(run), std::vector{Confirm::unheard});
}

TEST(AmqpConfirms, ThatACutHeldAreHeardOnceTheyAreReleased) {
  AmqpBuilder run;
  publish(run, 1);
  const Span held = run.confirm(run.publisher, 2, 1, 0, CUT_EVENT_HELD);
  run.release(held, 9);
  EXPECT_EQ(confirms(run), std::vector{Confirm::acked});
}

TEST(AmqpConfirms, AreCountedFromConfirmSelectOn) {
  AmqpBuilder run;
  const auto flow = run.open(0);
  run.publish(flow, 1, "before");
  run.event(flow, 2, CUT_AMQP_CONFIRM_SELECT);
  run.publish(flow, 3, "after");
  run.confirm(flow, 4, 1);
  EXPECT_EQ(confirms(run), (std::vector{Confirm::none, Confirm::acked}));
}

TEST(AmqpConfirms, CountOnlyWhatReachedTheBroker) {
  AmqpBuilder run;
  run.publish(run.publisher, 1, "m1", CUT_EVENT_HELD);
  run.publish(run.publisher, 2, "m2");
  run.confirm(run.publisher, 3, 1);
  EXPECT_EQ(confirms(run), (std::vector{Confirm::none, Confirm::acked}));
  EXPECT_FALSE(run.traffic().publishes[0].delivered);
}

TEST(AmqpConfirms, BeginAnewOnAChannelThatIsOpenedAgain) {
  AmqpBuilder run;
  publish(run, 2);
  run.event(run.publisher, 3, CUT_AMQP_CHANNEL_CLOSE_UP);
  run.event(run.publisher, 4, CUT_AMQP_CHANNEL_OPEN);
  run.event(run.publisher, 4, CUT_AMQP_CONFIRM_SELECT);
  run.publish(run.publisher, 5, "m3");
  run.confirm(run.publisher, 6, 1);
  EXPECT_EQ(confirms(run), (std::vector{Confirm::none, Confirm::none, Confirm::acked}));
}

TEST(AmqpPublishes, ThatNoQueueWantedAreReturned) {
  AmqpBuilder run;
  publish(run, 2);
  run.event(run.publisher, 3, CUT_AMQP_RETURN, {{CUT_AMQP_ATTR_MESSAGE_ID, hash_of("m1")}});
  run.confirm(run.publisher, 4, 2, multiple);
  const auto publishes = run.traffic().publishes;
  EXPECT_TRUE(publishes[0].returned);
  EXPECT_FALSE(publishes[1].returned);
}

TEST(AmqpPublishes, ThatAFaultChangedArriveAltered) {
  AmqpBuilder run;
  run.publish(run.publisher, 1, "m1");
  run.alter(run.publish(run.publisher, 2, "m2"), 2);
  const auto publishes = run.traffic().publishes;
  EXPECT_FALSE(publishes[0].altered);
  EXPECT_TRUE(publishes[1].altered);
  EXPECT_TRUE(publishes[1].delivered);
}

TEST(AmqpDeliveries, AreSettledOneByOne) {
  AmqpBuilder run;
  deliver(run, 5);
  run.settle(run.consumer, 6, CUT_AMQP_ACK, 2);
  run.settle(run.consumer, 6, CUT_AMQP_NACK, 3, requeue);
  run.settle(run.consumer, 6, CUT_AMQP_NACK, 4);
  run.settle(run.consumer, 6, CUT_AMQP_REJECT, 5);
  EXPECT_EQ(ends(run), (std::vector{Settled::open, Settled::acked, Settled::requeued,
                                    Settled::rejected, Settled::rejected}));
}

TEST(AmqpDeliveries, AreSettledUpToOne) {
  AmqpBuilder run;
  deliver(run, 4);
  run.settle(run.consumer, 5, CUT_AMQP_REJECT, 2, requeue);
  run.settle(run.consumer, 6, CUT_AMQP_ACK, 3, multiple);
  EXPECT_EQ(ends(run),
            (std::vector{Settled::acked, Settled::requeued, Settled::acked, Settled::open}));
}

// AMQP 0-9-1, 1.8.3.13: with `multiple`, 0 means all.
TEST(AmqpDeliveries, AreAllSettledByTagZero) {
  AmqpBuilder run;
  deliver(run, 2);
  run.settle(run.consumer, 3, CUT_AMQP_NACK, 0, multiple | requeue);
  EXPECT_EQ(ends(run), (std::vector{Settled::requeued, Settled::requeued}));
}

TEST(AmqpDeliveries, ToAConsumerThatAcknowledgesNothingAreDoneAtOnce) {
  AmqpBuilder run;
  const auto flow = run.open(0);
  run.event(flow, 0, CUT_AMQP_CONSUME, {{CUT_AMQP_ATTR_FLAG, no_ack}});
  run.deliver(flow, 1, 1, "m1");
  run.close(flow, 2);
  EXPECT_EQ(ends(run), std::vector{Settled::automatic});
  EXPECT_EQ(run.traffic().deliveries[0].settled_ns, ns(1));
}

TEST(AmqpDeliveries, AreNotDoneAtOnceOnAChannelThatIsOpenedAgain) {
  AmqpBuilder run;
  const auto flow = run.open(0);
  run.event(flow, 0, CUT_AMQP_CONSUME, {{CUT_AMQP_ATTR_FLAG, no_ack}});
  run.event(flow, 1, CUT_AMQP_CHANNEL_CLOSE_UP);
  run.event(flow, 2, CUT_AMQP_CHANNEL_OPEN);
  run.event(flow, 2, CUT_AMQP_CONSUME);
  run.deliver(flow, 3, 1, "m1");
  EXPECT_EQ(ends(run), std::vector{Settled::open});
}

TEST(AmqpDeliveries, AreLostWithTheirChannel) {
  for (const auto closing : {CUT_AMQP_CHANNEL_CLOSE_UP, CUT_AMQP_CHANNEL_CLOSE_DOWN}) {
    AmqpBuilder run;
    deliver(run, 2);
    run.settle(run.consumer, 3, CUT_AMQP_ACK, 1);
    run.event(run.consumer, 4, closing);
    EXPECT_EQ(ends(run), (std::vector{Settled::acked, Settled::lost}));
    EXPECT_EQ(run.traffic().deliveries[1].settled_ns, ns(4));
  }
}

TEST(AmqpDeliveries, AreLostWithTheirConnection) {
  AmqpBuilder run;
  deliver(run, 1);
  run.close(run.consumer, 5);
  EXPECT_EQ(ends(run), std::vector{Settled::lost});
  const auto& connection = run.traffic().connections[1];
  EXPECT_TRUE(connection.consumes);
  EXPECT_FALSE(connection.closed_in_order);
  EXPECT_EQ(connection.ended_ns, ns(5));
}

TEST(AmqpDeliveries, AreAcknowledgedByWhatACutHeldOnceItIsReleased) {
  AmqpBuilder run;
  deliver(run, 2);
  const Span held = run.settle(run.consumer, 3, CUT_AMQP_ACK, 1, 0, CUT_EVENT_HELD);
  run.settle(run.consumer, 3, CUT_AMQP_ACK, 2, 0, CUT_EVENT_HELD);
  run.release(held, 9);
  EXPECT_EQ(ends(run), (std::vector{Settled::acked, Settled::open}));
  EXPECT_EQ(run.traffic().deliveries[0].settled_ns, ns(9));
}

TEST(AmqpDeliveries, ThatAFaultChangedAreAltered) {
  AmqpBuilder run;
  run.alter(run.deliver(run.consumer, 1, 1, "m1"), 1);
  run.deliver(run.consumer, 2, 2, "m1", true);
  const auto deliveries = run.traffic().deliveries;
  EXPECT_TRUE(deliveries[0].altered);
  EXPECT_FALSE(deliveries[1].altered);
  EXPECT_TRUE(deliveries[1].redelivered);
}

TEST(AmqpDeliveries, OfBasicGetAreDeliveriesToo) {
  AmqpBuilder run;
  const auto flow = run.open(0);
  run.event(flow, 1, CUT_AMQP_GET_OK,
            {{CUT_AMQP_ATTR_DELIVERY_TAG, 1}, {CUT_AMQP_ATTR_MESSAGE_ID, hash_of("m1")}});
  run.settle(flow, 2, CUT_AMQP_ACK, 1);
  EXPECT_EQ(ends(run), std::vector{Settled::acked});
  EXPECT_FALSE(run.traffic().connections.back().consumes);
}

TEST(AmqpProcesses, DieUntilCutpointEndsThem) {
  AmqpBuilder run;
  run.died(1, 7, 1);
  run.died(2, 8, 0, 11);
  run.died(9.9, 100, 1);  // the publisher itself
  run.end(10);
  run.died(11, 9, 0, 15);
  const auto deaths = run.traffic().deaths;
  ASSERT_EQ(deaths.size(), 2U);
  EXPECT_EQ(deaths[0].pid, 7U);
  EXPECT_EQ(deaths[0].exit_code, 1U);
  EXPECT_EQ(deaths[1].signal, 11U);
  EXPECT_EQ(run.traffic().end_ns, ns(10));
}

TEST(AmqpProcesses, ThatATimeoutOrAnInterruptionEndedDidNotDie) {
  for (const char* what : {"target.timeout", "interrupted"}) {
    AmqpBuilder run;
    run.timeline.add(ns(5), Note{"controller", what, {}});
    run.died(5.1, 7, 0, 9);
    run.end(6);
    EXPECT_EQ(run.traffic().deaths.size(), 0U) << what;
    EXPECT_EQ(run.traffic().end_ns, ns(5)) << what;
  }
}

}  // namespace
}  // namespace cutpoint
