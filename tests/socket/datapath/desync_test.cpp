// SPDX-License-Identifier: Apache-2.0
// A flow whose message boundaries are not certain is left alone, and counted.
#include "tests/socket/datapath/harness/datapath_test.h"
#include "tests/socket/datapath/harness/forged_segment.h"

namespace cutpoint::datapath {
namespace {

class Desync : public RoutedTest {
 protected:
  // A COMMIT and its answer, both of which a rule waits for: neither is touched.
  void expect_left_alone(Session& session) {
    EXPECT_NO_THROW(
        session.exchange(pgwire::commit(), pgwire::complete("COMMIT") + pgwire::ready('I')));
    EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
    EXPECT_EQ(session.client.facts().retransmits + session.server.facts().retransmits, 0U);
  }
  void arm_request() { arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE)}, GetParam()); }
  void arm_answer() { arm({blackhole(CUT_PG_COMMIT_ACK, CUT_BEFORE)}, GetParam()); }
};

TEST_P(Desync, OfBytesThatNoClientSends) {
  arm_request();
  Session session = open();
  session.exchange("\x01garbage", "");
  const auto event = cutter_->await(CUT_EVENT_FLOW_DESYNC);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->attr[0], static_cast<std::uint32_t>(CUT_COUNT_DESYNC_MALFORMED));
  expect_left_alone(session);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_DESYNC_MALFORMED), 1U);
}

TEST_P(Desync, OfBytesThatNoServerSends) {
  arm_answer();
  Session session = open();
  session.exchange(pgwire::query("SELECT 1"), "\x01garbage");
  expect_left_alone(session);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_DESYNC_MALFORMED), 1U);
}

TEST_P(Desync, OfALengthThatCannotBe) {
  arm_request();
  Session session = open();
  session.exchange(std::string("Q\0\0\0\3", 5), "");
  expect_left_alone(session);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_DESYNC_MALFORMED), 1U);
}

// A segment that overtook its predecessor.
TEST_P(Desync, OfAGapInWhatTheServerSends) {
  arm_answer();
  Session session = open();
  const auto flow = cutter_->flow(session.client.local_port());
  ASSERT_TRUE(flow);
  ForgedSegment ahead = segment_of_server(*flow);
  ahead.seq += 50;
  send_forged(playground_->netns(), ahead, pgwire::ready('T'));
  const auto event = cutter_->await(CUT_EVENT_FLOW_DESYNC);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->attr[0], static_cast<std::uint32_t>(CUT_COUNT_DESYNC_GAP));
  expect_left_alone(session);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_DESYNC_GAP), 1U);
}

// What the server has sent before, sent again by somebody: seen, not parsed twice.
TEST_P(Desync, IsNotCausedByADuplicate) {
  arm_answer();
  Session session = open();
  const auto flow = cutter_->flow(session.client.local_port());
  ASSERT_TRUE(flow);
  const std::string answer = pgwire::complete("BEGIN") + pgwire::ready('T');
  ForgedSegment again = segment_of_server(*flow);
  again.seq -= static_cast<std::uint32_t>(answer.size());
  send_forged(playground_->netns(), again, answer);
  session.exchange(pgwire::commit(), "");
  session.mark();
  session.server.send(pgwire::complete("COMMIT"));
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(await_backoff(session.server));
  EXPECT_EQ(session.client_received(), 0U);
  EXPECT_EQ(cutter_->damage(), "");
}

// Just healed, and bytes that were written after the held ones overtake them: the boundaries are
// lost. That is said, and what arrives is whole.
TEST_P(Desync, OfBytesThatOvertakeTheHeldOnesAfterAHeal) {
  arm_request();
  Session session = open();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  cutter_->injector().heal(0);
  const std::string sent = pgwire::commit() + pgwire::query("SELECT 1");
  session.client.send(pgwire::query("SELECT 1"));
  ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), sent);
  const bool overtaken = cutter_->counter(CUT_COUNT_DESYNC_GAP) != 0;
  EXPECT_EQ(cutter_->count(CUT_EVENT_FLOW_DESYNC), overtaken ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(Routes, Desync, testing::Values(over_v4, over_v6), route_name);

class Encryption : public DatapathTest {
 protected:
  Session negotiate(const std::string& answer) {
    arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BYTE, 2)});
    Session session = Session::connect(playground_->target_socket(AF_INET),
                                       address_of(route_.connected, service_port), listener_);
    session.exchange(pgwire::ssl_request(), answer);
    return session;
  }
};

TEST_F(Encryption, ThatIsRefusedLeavesThePlainProtocol) {
  Session session = negotiate("N");
  session.start_up();
  session.begin();
  session.mark();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), 2U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_F(Encryption, ThatIsAcceptedIsNotCovered) {
  Session session = negotiate("S");
  EXPECT_EQ(cutter_->counter(CUT_COUNT_FLOWS_ENCRYPTED), 1U);
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FLOW_DESYNC));
  // Even where the ciphertext looks like a COMMIT.
  EXPECT_NO_THROW(session.exchange(pgwire::startup() + pgwire::query("BEGIN"), "x"));
  EXPECT_NO_THROW(session.exchange(pgwire::commit(), pgwire::complete("COMMIT")));
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_FLOWS_ENCRYPTED), 1U);
}

}  // namespace
}  // namespace cutpoint::datapath
