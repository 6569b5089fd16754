// SPDX-License-Identifier: Apache-2.0
// What a cut holds stays held, however often and however merged TCP sends it again.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class Silence : public CrossedTest {};

TEST_P(Silence, HoldsWhatIsWrittenLater) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  Session session = open();
  std::string sent = request().bytes;
  session.client.send(sent);
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  for (int i = 0; i < 5; ++i) {
    const std::string later = pgwire::query("SELECT " + std::to_string(i));
    session.client.send(later);
    sent += later;
    ASSERT_TRUE(await_backoff(session.client, i == 4 ? 3 : 1));
    EXPECT_EQ(session.server_received(), 5U);
  }
  expect_released(session, sent);
}

// What leaves right after the heal overtakes what TCP has yet to repeat.
TEST_P(Silence, LetsNothingOvertakeWhatItHeld) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  Session session = open();
  std::string sent = request().bytes;
  session.client.send(sent);
  const auto fired = await_fired(session);
  ASSERT_TRUE(fired);
  const std::string later = pgwire::query("SELECT 1");
  session.client.send(later);
  ASSERT_TRUE(cutter_->await([&](const cut_event& event) {
    return event.kind == CUT_EVENT_SWALLOWED && event.begin == fired->end;
  }));
  cutter_->injector().heal(0);
  session.client.send(later);
  sent += later + later;
  ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), sent);
  ASSERT_TRUE(await_acknowledged(session.client));
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Silence, HoldsTheEndOfTheStream) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  Session session = open();
  session.client.send(request().bytes);
  ASSERT_TRUE(await_fired(session));
  session.client.shutdown();
  ASSERT_TRUE(await_backoff(session.client, 3));
  EXPECT_EQ(session.server_received(), 5U);
  EXPECT_FALSE(session.server.await_end(std::chrono::milliseconds(0)));
  expect_released(session, request().bytes);
  EXPECT_TRUE(session.server.await_end());
}

TEST_P(Silence, IsSeenAsRetransmissions) {
  cut(CUT_PG_COMMIT_REQUEST, cut_before);
  Session session = open();
  session.client.send(request().bytes);
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
  EXPECT_EQ(swallowed->length, request().bytes.size());
}

TEST_P(Silence, SaysHowManyBytesOfASegmentItKept) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  Session session = open();
  session.client.send(pgwire::query("SELECT 1") + request().bytes);
  const auto truncated = cutter_->await(CUT_EVENT_TRUNCATED);
  ASSERT_TRUE(truncated);
  EXPECT_EQ(truncated->attr[0], pgwire::query("SELECT 1").size() + 5);
  EXPECT_EQ(truncated->cut - truncated->begin, truncated->attr[0]);
}

INSTANTIATE_TEST_SUITE_P(Requests, Silence, testing::ValuesIn(crossings({over_v4, over_v6})),
                         crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
