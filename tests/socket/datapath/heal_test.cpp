// SPDX-License-Identifier: Apache-2.0
// How a cut ends by letting go: what was held arrives, and it is said when.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class Heal : public CrossedTest {
 protected:
  Session cut_session(std::uint64_t duration_ns = 0) {
    cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
    if (duration_ns != 0) rule.duration_ns = duration_ns;
    arm({rule});
    Session session = open();
    session.client.send(request().bytes);
    EXPECT_TRUE(cutter_->await(CUT_EVENT_FIRED));
    return session;
  }
};

TEST_P(Heal, ComesFromTheKernelAloneAtItsDeadline) {
  constexpr std::uint64_t duration_ns = 250'000'000;
  Session session = cut_session(duration_ns);
  ASSERT_TRUE(session.server.await(session.sent_up + request().bytes.size()));
  const auto fired = cutter_->await(CUT_EVENT_FIRED);
  const auto released = cutter_->await(CUT_EVENT_RELEASED);
  ASSERT_TRUE(released);
  EXPECT_GE(released->ns - fired->ns, duration_ns);
  EXPECT_EQ(released->length, request().bytes.size());
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Heal, IsNotToldByAnAcknowledgementThatPasses) {
  Session session = cut_session();
  ASSERT_TRUE(await_backoff(session.client));
  cutter_->injector().heal(0);
  // The answer makes the client acknowledge at once, with the number of bytes not yet sent again.
  session.server.send(pgwire::ready('T'));
  ASSERT_TRUE(session.client.await(session.sent_down + pgwire::ready('T').size()));
  ASSERT_TRUE(session.server.await(session.sent_up + request().bytes.size()));
  ASSERT_TRUE(cutter_->await(CUT_EVENT_RELEASED));
  for (const cut_event& event : cutter_->events()) {
    if (event.kind == CUT_EVENT_RELEASED && event.direction == CUT_UPSTREAM) {
      EXPECT_GT(event.length, 0U);
    }
  }
}

TEST_P(Heal, LetsTheBytesOfADeadClientTakeEffect) {
  Session session = cut_session();
  ASSERT_TRUE(await_backoff(session.client));
  session.client.close();
  ASSERT_TRUE(cutter_->await([](const cut_event& event) {
    return event.kind == CUT_EVENT_FLOW_STATE && event.end == 4;  // TCP_FIN_WAIT1
  }));
  EXPECT_EQ(session.server_received(), 0U);
  cutter_->injector().heal(0);
  ASSERT_TRUE(session.server.await(session.sent_up + request().bytes.size())) << "a ghost";
  EXPECT_TRUE(session.server.await_end());
  const auto released = cutter_->await(CUT_EVENT_RELEASED);
  ASSERT_TRUE(released);
  session.server.close();
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FLOW_CLOSED));
  ASSERT_TRUE(cutter_->injector().sweep());
  EXPECT_TRUE(cutter_->injector().flows()->empty());
}

// A cut that the controller has lifted before its time holds no flow in the map.
TEST_P(Heal, LeavesNoFlowBehind) {
  Session session = cut_session();
  cutter_->injector().heal(0);
  ASSERT_TRUE(session.server.await(session.sent_up + request().bytes.size()));
  const std::string& answer = request().answer;
  session.server.send(answer);
  ASSERT_TRUE(session.client.await(session.sent_down + answer.size()));
  session.client.reset_on_close();
  session.client.close();
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FLOW_CLOSED));
  EXPECT_TRUE(cutter_->injector().flows()->empty());
}

// What a server says of a COMMIT to a client that has gone is the last that can be known of it.
TEST_P(Heal, KeepsAFlowThatIsOwedAnAnswer) {
  Session session = cut_session();
  session.client.close();
  cutter_->injector().heal(0);
  ASSERT_TRUE(session.server.await(session.sent_up + request().bytes.size()));
  ASSERT_TRUE(session.server.await_end());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FLOW_CLOSED)) << "the server's TCP has acknowledged the end";
  EXPECT_EQ(cutter_->injector().flows()->size(), 1U);
  session.server.send(request().answer);
  EXPECT_TRUE(cutter_->await([](const cut_event& event) {
    return event.kind == CUT_EVENT_MOMENT && (event.moments & 1ULL << CUT_PG_COMMIT_ACK) != 0;
  }));
  EXPECT_EQ(*cutter_->injector().sweep(), 1U);
}

TEST_P(Heal, OfOneCutLeavesTheRuleArmedForTheNext) {
  cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  rule.times = 2;
  arm({rule});
  Session first = open();
  first.client.send(request().bytes);
  const auto fired = cutter_->await(CUT_EVENT_FIRED);
  ASSERT_TRUE(fired);
  cutter_->injector().heal(0, fired->ns + rule.duration_ns);
  ASSERT_TRUE(first.server.await(first.sent_up + request().bytes.size()));
  Session second = open();
  second.client.send(request().bytes);
  ASSERT_TRUE(cutter_->await([&](const cut_event& event) {
    return event.kind == CUT_EVENT_FIRED && event.number > fired->number;
  }));
  ASSERT_TRUE(await_backoff(second.client));
  EXPECT_EQ(second.server_received(), 0U);
  EXPECT_EQ(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Requests, Heal, testing::ValuesIn(crossings({over_v4, over_v6})),
                         crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
