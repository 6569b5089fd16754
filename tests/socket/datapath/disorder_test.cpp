// SPDX-License-Identifier: Apache-2.0
// Answers that arrive out of order, twice, or overlapping: read right, or not at all and counted;
// never a hit at the wrong place.
#include "tests/socket/datapath/harness/commit_test.h"
#include "tests/socket/datapath/harness/forged_segment.h"

namespace cutpoint::datapath {
namespace {

class Disorder : public CrossedTest {
 protected:
  // A segment of the server that begins so many bytes behind what it has sent so far.
  void forge(const Session& session, int ahead, const std::string& payload) {
    const auto flow = cutter_->flow(session.client.local_port());
    ASSERT_TRUE(flow);
    ForgedSegment segment = segment_of_server(*flow);
    segment.seq += static_cast<std::uint32_t>(ahead);
    send_forged(playground_->netns(), segment, payload);
  }
  Session asked() {
    Session session = open();
    session.exchange(request().bytes, "");
    session.mark();
    return session;
  }
};

TEST_P(Disorder, TheSecondHalfOfAnAnswerInFrontOfTheFirstIsNoHit) {
  cut(CUT_PG_COMMIT_ACK, cut_before);
  Session session = asked();
  const std::string& answer = request().answer;
  const auto half = static_cast<int>(answer.size() / 2);
  forge(session, half, answer.substr(static_cast<std::size_t>(half)));
  const auto lost = cutter_->await(CUT_EVENT_FLOW_DESYNC);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->attr[0], static_cast<std::uint32_t>(CUT_COUNT_DESYNC_GAP));
  session.server.send(answer);
  ASSERT_TRUE(session.client.await(session.sent_down + answer.size()));
  EXPECT_EQ(session.client.received().substr(session.sent_down), answer) << "not touched";
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_DESYNC_GAP), 1U);
}

TEST_P(Disorder, AnAnswerThatArrivesTwiceIsOne) {
  watch();
  Session session = asked();
  session.exchange("", request().answer);
  forge(session, -static_cast<int>(request().answer.size()), request().answer);
  session.exchange(pgwire::query("SELECT 1"), pgwire::complete("SELECT 1") + pgwire::ready('I'));
  expect_seen(1);
}

// A segment that repeats the last answer and goes on with the next: read from where it is new.
TEST_P(Disorder, AnAnswerBehindARepeatedOneIsOne) {
  watch();
  Session session = asked();
  const std::string last = session.client.received().substr(session.sent_down - 6);
  forge(session, -static_cast<int>(last.size()), last + request().answer);
  ASSERT_TRUE(session.client.await(session.sent_down + request().answer.size()));
  session.server.send(request().answer);
  EXPECT_TRUE(await_acknowledged(session.server));
  EXPECT_EQ(session.client_received(), request().answer.size());
  expect_seen(1);
}

INSTANTIATE_TEST_SUITE_P(Requests, Disorder, testing::ValuesIn(crossings()), crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
