// SPDX-License-Identifier: Apache-2.0
// What a cut holds stays held, however often and however merged TCP sends it again.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class Silence : public RoutedTest {};

TEST_P(Silence, HoldsWhatIsWrittenLater) {
  arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BYTE, 3)}, GetParam());
  Session session = open();
  std::string sent = pgwire::commit();
  session.client.send(sent);
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  for (int i = 0; i < 5; ++i) {
    const std::string later = pgwire::query("SELECT " + std::to_string(i));
    session.client.send(later);
    sent += later;
    ASSERT_TRUE(await_backoff(session.client, i == 4 ? 3 : 1));
    EXPECT_EQ(session.server_received(), 3U);
  }
  cutter_->injector().heal(0);
  ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), sent);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Silence, IsSeenAsRetransmissions) {
  arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE)}, GetParam());
  Session session = open();
  session.client.send(pgwire::commit());
  const auto own = [&](cut_event_kind kind) {
    return [&, kind](const cut_event& event) {
      return event.kind == kind && event.tuple.local_port == session.client.local_port();
    };
  };
  ASSERT_TRUE(cutter_->await(own(CUT_EVENT_RETRANSMIT)));
  const auto rto = cutter_->await(own(CUT_EVENT_RTO));
  ASSERT_TRUE(rto);
  EXPECT_GT(rto->end, 0U) << "milliseconds";
  const auto swallowed = cutter_->await(own(CUT_EVENT_SWALLOWED));
  ASSERT_TRUE(swallowed);
  EXPECT_EQ(swallowed->length, pgwire::commit().size());
}

TEST_P(Silence, SaysHowManyBytesOfASegmentItKept) {
  arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BYTE, 7)}, GetParam());
  Session session = open();
  session.client.send(pgwire::query("SELECT 1") + pgwire::commit());
  const auto truncated = cutter_->await(CUT_EVENT_TRUNCATED);
  ASSERT_TRUE(truncated);
  EXPECT_EQ(truncated->attr[0], pgwire::query("SELECT 1").size() + 7);
  EXPECT_EQ(truncated->cut - truncated->begin, truncated->attr[0]);
}

INSTANTIATE_TEST_SUITE_P(Routes, Silence, testing::Values(over_v4, over_v6), route_name);

class LossySilence : public DatapathTest {};

// The shortened segment itself is lost on the way: TCP sends it again, and it is shortened again.
TEST_F(LossySilence, StillDeliversTheBytesBeforeTheCut) {
  if (IsSkipped()) return;
  join_server();
  run_in(*server_netns_,
         "nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }'");
  arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BYTE, 6)}, over_veth_v4);
  Session session = open();
  run_in(*server_netns_, "nft add rule ip f in tcp dport 5432 drop");
  const std::string before = pgwire::query("SELECT 1");
  session.client.send(before + pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_TRUNCATED));
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), 0U);
  run_in(*server_netns_, "nft flush table ip f");
  ASSERT_TRUE(session.server.await(session.sent_up + before.size() + 6));
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), before.size() + 6);
  EXPECT_EQ(cutter_->damage(), "");
}

}  // namespace
}  // namespace cutpoint::datapath
