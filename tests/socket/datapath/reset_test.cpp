// SPDX-License-Identifier: Apache-2.0
// heal: reset: both ends are told while the cut is on; what was held never arrives.
#include "controller/kernel/reset.h"

#include "generated/faults.h"
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class Reset : public CrossedTest {
 protected:
  Session open_to_be_cut(cut_postgres_moment moment, const Place& place) {
    cut_rule rule = blackhole(moment, place.position, place.byte);
    rule.heal = CUT_HEAL_RESET;
    arm({rule});
    return open();
  }
  // As the controller does it: resets first, then the cut is lifted.
  void heal(std::uint16_t local_port) {
    const auto flow = cutter_->flow(local_port);
    ASSERT_TRUE(flow);
    const auto sender = require(ResetSender::open(playground_->netns()));
    for (const ForgedReset& reset : resets_for(*flow)) require(sender.send(reset));
  }
  void expect_both_reset(Session& session, std::size_t server_got, std::size_t client_got) {
    heal(session.client.local_port());
    EXPECT_EQ(session.server.await_error(), ECONNRESET);
    EXPECT_EQ(session.client.await_error(), ECONNRESET);
    EXPECT_TRUE(cutter_->await(CUT_EVENT_RESET_RECEIVED));
    EXPECT_TRUE(cutter_->await(CUT_EVENT_RESET_RECEIVED_PEER));
    cutter_->injector().heal(0);
    EXPECT_EQ(session.server.received().size(), session.sent_up + server_got);
    EXPECT_EQ(session.client.received().size(), session.sent_down + client_got);
    EXPECT_EQ(cutter_->count(CUT_EVENT_RELEASED), 0U);
    EXPECT_EQ(cutter_->damage(), "");
  }
};

TEST_P(Reset, BeforeTheRequest) {
  Session session = open_to_be_cut(CUT_PG_COMMIT_REQUEST, cut_before);
  session.owe_acknowledgement();
  session.client.send(request().bytes);
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(await_backoff(session.client));
  expect_both_reset(session, 0, 0);
}

TEST_P(Reset, InsideTheRequest) {
  Session session = open_to_be_cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  session.client.send(request().bytes);
  ASSERT_TRUE(session.server.await(session.sent_up + 5));
  expect_both_reset(session, 5, 0);
}

TEST_P(Reset, AfterTheRequestThatTheServerHasAnswered) {
  Session session = open_to_be_cut(CUT_PG_COMMIT_REQUEST, cut_after);
  session.client.send(request().bytes);
  ASSERT_TRUE(session.server.await(session.sent_up + request().bytes.size()));
  session.server.send(request().answer);
  ASSERT_TRUE(await_backoff(session.server));
  expect_both_reset(session, request().bytes.size(), 0);
}

TEST_P(Reset, InsideTheAnswer) {
  Session session = open_to_be_cut(CUT_PG_COMMIT_ACK, cut_at_byte5);
  session.exchange(request().bytes, "");
  session.server.send(request().answer);
  ASSERT_TRUE(session.client.await(session.sent_down + request().ack + 5));
  expect_both_reset(session, 0, request().ack + 5);
}

TEST_P(Reset, OfAClientThatHasGone) {
  Session session = open_to_be_cut(CUT_PG_COMMIT_REQUEST, cut_before);
  session.client.send(request().bytes);
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  const std::uint16_t port = session.client.local_port();
  session.client.close();  // the orphan in the kernel keeps the bytes
  heal(port);
  EXPECT_EQ(session.server.await_error(), ECONNRESET);
  EXPECT_TRUE(cutter_->await(CUT_EVENT_FLOW_CLOSED)) << "the orphan is ended, too";
  cutter_->injector().heal(0);
  EXPECT_EQ(session.server.received().size(), session.sent_up);
  EXPECT_EQ(cutter_->count(CUT_EVENT_RELEASED), 0U);
}

TEST_P(Reset, OfAClientWhoseKernelGaveUp) {
  Session session = open_to_be_cut(CUT_PG_COMMIT_REQUEST, cut_before);
  session.owe_acknowledgement();
  session.client.give_up_after(std::chrono::milliseconds(100));
  session.client.send(request().bytes);
  const std::uint16_t port = session.client.local_port();
  EXPECT_EQ(session.client.await_error(), ETIMEDOUT);
  EXPECT_TRUE(cutter_->await(CUT_EVENT_FLOW_CLOSED));
  heal(port);
  EXPECT_EQ(session.server.await_error(), ECONNRESET);
  EXPECT_EQ(session.server.received().size(), session.sent_up);
}

// The fault: one end or both are told at the cut's byte, behind what was in front of it.
class ResetFault : public RoutedTest {
 protected:
  Session cut(unsigned ends) {
    cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BYTE, 5);
    rule.fault = CUT_FAULT_RESET;
    rule.ends = static_cast<__u8>(ends);
    arm({rule}, GetParam());
    Session session = open();
    session.client.send(pgwire::commit());
    EXPECT_TRUE(cutter_->await(CUT_EVENT_FIRED));
    EXPECT_TRUE(session.server.await(session.sent_up + 5));
    const auto flow = cutter_->flow(session.client.local_port());
    const auto sender = require(ResetSender::open(playground_->netns()));
    for (const ForgedReset& reset : resets_for(flow.value(), static_cast<std::uint8_t>(ends))) {
      require(sender.send(reset));
    }
    return session;
  }
  void expect_nothing_behind_the_cut(const Session& session) {
    EXPECT_EQ(session.server.received().size(), session.sent_up + 5);
    EXPECT_EQ(session.client.received().size(), session.sent_down);
    EXPECT_EQ(cutter_->count(CUT_EVENT_RELEASED), 0U);
    EXPECT_EQ(cutter_->damage(), "");
  }
};

TEST_P(ResetFault, OfBothEnds) {
  Session session = cut(CUT_END_BOTH);
  EXPECT_EQ(session.client.await_error(), ECONNRESET);
  EXPECT_EQ(session.server.await_error(), ECONNRESET);
  cutter_->injector().heal(0);
  expect_nothing_behind_the_cut(session);
}

// The server learns of it when it speaks next: nobody is there to listen.
TEST_P(ResetFault, OfTheClient) {
  Session session = cut(CUT_END_CLIENT);
  EXPECT_EQ(session.client.await_error(), ECONNRESET);
  cutter_->injector().heal(0);
  session.server.send(pgwire::ready('T'));
  EXPECT_EQ(session.server.await_error(), ECONNRESET);
  expect_nothing_behind_the_cut(session);
}

// The client learns of it when its TCP sends again what the cut held.
TEST_P(ResetFault, OfTheServer) {
  Session session = cut(CUT_END_SERVER);
  EXPECT_EQ(session.server.await_error(), ECONNRESET);
  cutter_->injector().heal(0);
  EXPECT_EQ(session.client.await_error(), ECONNRESET);
  EXPECT_EQ(session.server.received().size(), session.sent_up + 5);
  EXPECT_EQ(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Routes, ResetFault,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

INSTANTIATE_TEST_SUITE_P(Requests, Reset,
                         testing::ValuesIn(crossings({over_v4, over_v6, over_veth_v4})),
                         crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
