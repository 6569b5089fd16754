// SPDX-License-Identifier: Apache-2.0
// What the network loses behind the hooks TCP sends again: whole, in part, merged with what came
// later. A moment is one, however often its bytes pass, and a cut holds each time.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class Retransmission : public CrossedTest {
 protected:
  void SetUp() override {
    CrossedTest::SetUp();
    if (IsSkipped()) return;
    join_server();
    in_both("nft 'add table inet f; add chain inet f in { type filter hook input priority 0; }'");
  }
  // What arrives there is lost, behind the hooks of tc.
  void lose_requests(const std::string& which = "") {
    run_in(*server_netns_, "nft 'add rule inet f in tcp dport 5432 " + which + " drop'");
  }
  void lose_answers() {
    run_in(playground_->netns(), "nft add rule inet f in tcp sport 5432 drop");
  }
  void lose_nothing() { in_both("nft flush table inet f"); }
  static bool await_retransmission(const Stream& stream) {
    return stream.await_facts([](const TcpFacts& facts) { return facts.retransmits > 0; });
  }

 private:
  void in_both(const std::string& command) {
    run_in(playground_->netns(), command);
    run_in(*server_netns_, command);
  }
};

TEST_P(Retransmission, OfARequestIsNoSecondRequest) {
  watch();
  Session session = open();
  lose_requests();
  session.client.send(request().bytes);
  ASSERT_TRUE(await_retransmission(session.client));
  lose_nothing();
  session.exchange("", request().answer);
  EXPECT_TRUE(session.server.await(session.sent_up + request().bytes.size()));
  expect_seen(1);
}

TEST_P(Retransmission, OfAnAnswerIsNoSecondAnswer) {
  watch();
  Session session = open();
  session.exchange(request().bytes, "");
  lose_answers();
  session.server.send(request().answer);
  ASSERT_TRUE(await_retransmission(session.server));
  lose_nothing();
  ASSERT_TRUE(session.client.await(session.sent_down + request().answer.size()));
  expect_seen(1);
}

TEST_P(Retransmission, MergedWithLaterDataIsReadOnce) {
  watch();
  Session session = open();
  lose_requests();
  session.client.send(request().bytes);
  const std::string later = pgwire::query("SELECT 1");
  for (int i = 0; i < 3; ++i) {
    session.client.send(later);
    ASSERT_TRUE(session.client.await_facts(
        [&](const TcpFacts& facts) { return facts.retransmits > static_cast<unsigned>(i); }));
  }
  lose_nothing();
  const std::string sent = request().bytes + later + later + later;
  ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), sent);
  session.server.send(request().answer);
  ASSERT_TRUE(session.client.await(session.sent_down + request().answer.size()));
  expect_seen(1);
}

// Of a large segment, which the device sends in parts, the part with the COMMIT's first bytes.
TEST_P(Retransmission, OfAPartOfASegmentIsReadOnce) {
  watch();
  Session session = open();
  run_in(playground_->netns(), "ip link set near gso_max_segs 1");
  constexpr std::size_t part = 1428;  // of MTU 1500, with time stamps in either header
  const std::string before =
      pgwire::query("SELECT '" + std::string(2 * part - request().bytes.size() - 5, 'x') + "'");
  lose_requests("meta length > 200 numgen inc mod 1000 == 1");
  const std::string sent = before + request().bytes + pgwire::query("SELECT 1");
  session.client.send(sent);
  ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), sent);
  EXPECT_GT(session.client.facts().retransmits, 0U);
  session.server.send(request().answer);
  ASSERT_TRUE(session.client.await(session.sent_down + request().answer.size()));
  expect_seen(1);
}

// The shortened segment itself is lost on the way: it is shortened again.
TEST_P(Retransmission, OfACutSegmentIsCutAgain) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  Session session = open();
  lose_requests();
  const std::string before = pgwire::query("SELECT 1");
  session.client.send(before + request().bytes);
  ASSERT_TRUE(cutter_->await(CUT_EVENT_TRUNCATED));
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), 0U);
  lose_nothing();
  expect_held(session, before.size() + 5);
  expect_released(session, before + request().bytes);
}

INSTANTIATE_TEST_SUITE_P(Requests, Retransmission, testing::ValuesIn(crossings({over_veth_v4})),
                         crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
