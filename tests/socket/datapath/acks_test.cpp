// SPDX-License-Identifier: Apache-2.0
// acks: pass: the peer's TCP still answers, its application never does.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class AcksPass : public RoutedTest {
 protected:
  void cut(cut_position position, std::uint8_t directions, cut_scope scope = CUT_SCOPE_FLOW) {
    cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, position);
    rule.directions = directions;
    rule.scope = static_cast<__u8>(scope);
    rule.acks = CUT_ACKS_PASS;
    arm({rule}, GetParam());
  }
  [[nodiscard]] Address service() const { return address_of(GetParam().connected, service_port); }

  const std::string answer_ = pgwire::complete("COMMIT") + pgwire::ready('I');
};

TEST_P(AcksPass, DownTheRequestIsAcknowledgedAndNeverAnswered) {
  cut(CUT_AFTER, CUT_DOWN);
  Session session = open();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  EXPECT_TRUE(await_acknowledged(session.client));
  session.server.send(answer_);
  ASSERT_TRUE(await_backoff(session.server)) << "the server must believe that it was lost";
  EXPECT_EQ(session.client_received(), 0U);
  // What the client asks now, the server's TCP takes, and says so beside its unheard answer.
  session.client.send(pgwire::query("SELECT 1"));
  EXPECT_TRUE(await_acknowledged(session.client));
  EXPECT_EQ(session.client.facts().backoff, 0);

  cutter_->injector().heal(0);
  EXPECT_TRUE(session.client.await(session.sent_down + answer_.size()));
  EXPECT_EQ(session.client.received().substr(session.sent_down), answer_);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(AcksPass, UpTheServerIsHeardAndKnowsIt) {
  cut(CUT_BEFORE, CUT_UP);
  Session session = open();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(await_backoff(session.client));
  session.server.send(pgwire::ready('T'));
  EXPECT_TRUE(session.client.await(session.sent_down + pgwire::ready('T').size()));
  EXPECT_TRUE(await_acknowledged(session.server));
  EXPECT_EQ(session.server_received(), 0U);

  cutter_->injector().heal(0);
  EXPECT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  EXPECT_EQ(cutter_->damage(), "");
}

// The end of the stream is the application's word, not TCP's.
TEST_P(AcksPass, UpHoldsTheEndOfTheStream) {
  cut(CUT_AFTER, CUT_UP);
  Session session = open();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  session.client.shutdown();
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_FALSE(session.server.await_end(std::chrono::milliseconds(0)));
  cutter_->injector().heal(0);
  EXPECT_TRUE(session.server.await_end());
}

// The host is there: a new connection is made, and hears nothing.
TEST_P(AcksPass, ServiceTakesConnectionsAndIsSilent) {
  cut(CUT_AFTER, CUT_BOTH, CUT_SCOPE_SERVICE);
  Session first = open();
  first.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  Stream late(playground_->target_socket(GetParam().client_family));
  late.connect(service());
  ASSERT_TRUE(late.connected());
  Stream there = listener_.accept();
  late.send("hello");
  there.send("hello");
  ASSERT_TRUE(await_backoff(late));
  ASSERT_TRUE(await_backoff(there));
  EXPECT_EQ(late.facts().bytes_received, 0U);
  EXPECT_EQ(there.facts().bytes_received, 0U);
  cutter_->injector().heal(0);
  EXPECT_TRUE(late.await(5));
  EXPECT_TRUE(there.await(5));
}

INSTANTIATE_TEST_SUITE_P(Routes, AcksPass,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
