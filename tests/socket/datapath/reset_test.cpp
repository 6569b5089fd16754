// SPDX-License-Identifier: Apache-2.0
// heal: reset: both ends are told while the cut is on; what was held never arrives.
#include "controller/kernel/reset.h"

#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class Reset : public RoutedTest {
 protected:
  Session cut(cut_postgres_moment moment, cut_position position, std::uint32_t byte = 0) {
    if (std::string(GetParam().name).starts_with("Veth")) join_server();
    cut_rule rule = blackhole(moment, position, byte);
    rule.heal = CUT_HEAL_RESET;
    arm({rule}, GetParam());
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
  Session session = cut(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  session.owe_acknowledgement();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(await_backoff(session.client));
  expect_both_reset(session, 0, 0);
}

TEST_P(Reset, InsideTheRequest) {
  Session session = cut(CUT_PG_COMMIT_REQUEST, CUT_BYTE, 5);
  session.client.send(pgwire::commit());
  ASSERT_TRUE(session.server.await(session.sent_up + 5));
  expect_both_reset(session, 5, 0);
}

TEST_P(Reset, AfterTheRequestThatTheServerHasAnswered) {
  Session session = cut(CUT_PG_COMMIT_REQUEST, CUT_AFTER);
  session.client.send(pgwire::commit());
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  session.server.send(pgwire::complete("COMMIT") + pgwire::ready('I'));
  ASSERT_TRUE(await_backoff(session.server));
  expect_both_reset(session, pgwire::commit().size(), 0);
}

TEST_P(Reset, InsideTheAnswer) {
  Session session = cut(CUT_PG_COMMIT_ACK, CUT_BYTE, 3);
  session.exchange(pgwire::commit(), "");
  session.server.send(pgwire::complete("COMMIT") + pgwire::ready('I'));
  ASSERT_TRUE(session.client.await(session.sent_down + 3));
  expect_both_reset(session, 0, 3);
}

TEST_P(Reset, OfAClientThatHasGone) {
  Session session = cut(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  session.client.send(pgwire::commit());
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
  Session session = cut(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  session.owe_acknowledgement();
  session.client.give_up_after(std::chrono::milliseconds(100));
  session.client.send(pgwire::commit());
  const std::uint16_t port = session.client.local_port();
  EXPECT_EQ(session.client.await_error(), ETIMEDOUT);
  EXPECT_TRUE(cutter_->await(CUT_EVENT_FLOW_CLOSED));
  heal(port);
  EXPECT_EQ(session.server.await_error(), ECONNRESET);
  EXPECT_EQ(session.server.received().size(), session.sent_up);
}

INSTANTIATE_TEST_SUITE_P(Routes, Reset, testing::Values(over_v4, over_v6, over_veth_v4),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
