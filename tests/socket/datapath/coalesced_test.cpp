// SPDX-License-Identifier: Apache-2.0
// Many messages in one segment: the COMMIT among them is found wherever it stands, or the segment
// is more than one run can walk, and that is said.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

constexpr std::size_t counts[] = {11, 65, 1001};  // messages of one segment

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string queries(std::size_t times) {
  return repeated(pgwire::query("SELECT 1"), times);
}

class Coalesced : public CrossedTest {
 protected:
  // On a session each: the COMMIT as the first, the middle and the last of so many messages.
  struct Placed {
    std::string before;
    std::string after;
  };
  static std::vector<Placed> placed(const std::function<std::string(std::size_t)>& others) {
    std::vector<Placed> all;
    for (const std::size_t count : counts) {
      all.push_back({"", others(count - 1)});
      all.push_back({others(count / 2), others(count - 1 - count / 2)});
      all.push_back({others(count - 1), ""});
    }
    return all;
  }
};

TEST_P(Coalesced, RequestIsCutAtItsByte) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  const std::vector<Placed> places = placed(queries);
  std::vector<Session> sessions = open_many(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    sessions[i].client.send(places[i].before + request().bytes + places[i].after);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    SCOPED_TRACE(i);
    const auto fired = await_fired(sessions[i]);
    ASSERT_TRUE(fired);
    EXPECT_EQ(fired->flags & CUT_FACT_LATE, 0);
    EXPECT_EQ((fired->flags & CUT_FACT_COLLATERAL) != 0, !places[i].after.empty());
    expect_held(sessions[i], places[i].before.size() + 5);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    SCOPED_TRACE(i);
    expect_released(sessions[i], places[i].before + request().bytes + places[i].after);
  }
}

TEST_P(Coalesced, AnswerIsCutAtItsByte) {
  cut(CUT_PG_COMMIT_ACK, cut_at_byte5);
  const auto rows = [](std::size_t times) { return repeated(pgwire::data_row(3), times); };
  const std::vector<Placed> places = placed(rows);
  std::vector<Session> sessions = open_many(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    sessions[i].exchange(request().bytes, "");
    sessions[i].mark();
    sessions[i].server.send(places[i].before + request().answer + places[i].after);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    SCOPED_TRACE(i);
    const std::size_t delivered = places[i].before.size() + request().ack + 5;
    ASSERT_TRUE(await_fired(sessions[i]));
    ASSERT_TRUE(sessions[i].client.await(sessions[i].sent_down + delivered));
    ASSERT_TRUE(await_backoff(sessions[i].server));
    EXPECT_EQ(sessions[i].client_received(), delivered);
  }
  EXPECT_EQ(cutter_->damage(), "");
}

// Syncs are the shortest messages there are: thirteen thousand of them in front of the COMMIT.
TEST_P(Coalesced, RequestIsFoundBehindAsManyMessagesAsFit) {
  watch();
  Session session = open();
  const std::string syncs = repeated(pgwire::message('S', ""), 13'000);
  session.exchange(syncs, repeated(pgwire::ready(request().begins ? 'I' : 'T'), 13'000));
  session.exchange(syncs + request().bytes, "");
  session.exchange(
      "", repeated(pgwire::ready(request().begins ? 'I' : 'T'), 13'000) + request().answer);
  expect_seen(1);
}

INSTANTIATE_TEST_SUITE_P(Requests, Coalesced, testing::ValuesIn(crossings()), crossing_name);

class OverlongSegment : public CrossedTest {};

// Of half a megabyte: 225,000 of the shortest statements are beyond the walk's budget.
TEST_P(OverlongSegment, IsCountedAndItsFlowNeverFires) {
  make_segments_big(500'000);
  cut(CUT_PG_COMMIT_REQUEST, cut_before);
  Session session = open_big();
  session.exchange(pgwire::query(repeated("a;", 225'000)), "");
  const auto lost = cutter_->await(CUT_EVENT_FLOW_DESYNC);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->attr[0], static_cast<std::uint32_t>(CUT_COUNT_DESYNC_BUDGET));
  EXPECT_NO_THROW(session.exchange(request().bytes, request().answer)) << "not touched";
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_DESYNC_BUDGET), 1U);
  EXPECT_NE(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Requests, OverlongSegment, testing::ValuesIn(crossings({over_v6})),
                         crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
