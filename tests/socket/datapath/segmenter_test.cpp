// SPDX-License-Identifier: Apache-2.0
// A cut within a segment too large to be shortened, where there is a segmenter: exact, and on time.
// See large_segment_test.cpp for the rest.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class Segmenter : public RoutedTest {
 protected:
  void expect_exact(const std::string& before, cut_position position, std::uint32_t byte,
                    std::uint64_t delivered) {
    arm({blackhole(CUT_PG_COMMIT_REQUEST, position, byte)}, GetParam(), true);
    Session session = open();
    const std::string sent = before + pgwire::commit() + pgwire::query("BEGIN");
    session.client.send(sent, &session.server);
    const std::uint64_t expected = before.size() + delivered;
    EXPECT_TRUE(session.server.await(session.sent_up + expected));
    ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
    ASSERT_TRUE(await_backoff(session.client));
    EXPECT_EQ(session.server_received(), expected);
    EXPECT_EQ(cutter_->counter(CUT_COUNT_TRUNCATE_DEFERRED), 0U);
    EXPECT_GE(cutter_->count(CUT_EVENT_TRUNCATED), 1U);

    cutter_->injector().heal(0);
    ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
    EXPECT_EQ(session.server.received().substr(session.sent_up), sent);
    EXPECT_EQ(cutter_->damage(), "");
  }
};

class SegmenterOfAnswers : public RoutedTest {};

std::string pipeline(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += pgwire::query("INSERT INTO products VALUES (1)");
  return text;
}

TEST_P(Segmenter, BehindAPipelineOfSmallQueries) {
  expect_exact(pipeline(70'000), CUT_BEFORE, 0, 0);
}

TEST_P(Segmenter, BehindOneQueryOf200Kilobytes) {
  expect_exact(pgwire::query("SELECT '" + std::string(200'000, 'x') + "'"), CUT_BYTE, 5, 5);
}

TEST_P(Segmenter, BehindOneQueryThatFillsAlmostAWholeSegment) {
  expect_exact(pgwire::query("SELECT '" + std::string(65'400, 'x') + "'"), CUT_AFTER, 0, 12);
}

TEST_P(Segmenter, BehindMoreThanChangeTailCanKeep) {
  expect_exact(pgwire::query("SELECT '" + std::string(30'000, 'x') + "'"), CUT_BYTE, 1, 1);
}

// What the server sends goes through it, too, where the server is on this host.
TEST_P(SegmenterOfAnswers, BehindRowsOf200Kilobytes) {
  arm({blackhole(CUT_PG_COMMIT_ACK, CUT_BYTE, 5)}, GetParam(), true);
  expect_answer_cut_at_byte5(200'000);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_TRUNCATE_DEFERRED), 0U);
}

// Somebody else's packets do not go through the segmenter, whatever their size.
TEST_P(Segmenter, LeavesOthersAlone) {
  arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE)}, GetParam(), true);
  Session other = Session::connect(outside_socket(GetParam().client_family, playground_->netns()),
                                   address_of(GetParam().connected, service_port), listener_);
  other.start_up();
  const std::string sent = pipeline(200'000) + pgwire::commit();
  other.client.send(sent, &other.server);
  EXPECT_TRUE(other.server.await(other.sent_up + sent.size()));
  EXPECT_EQ(cutter_->counter(CUT_COUNT_SEGMENTS), 0U);
}

INSTANTIATE_TEST_SUITE_P(Routes, Segmenter,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

INSTANTIATE_TEST_SUITE_P(Routes, SegmenterOfAnswers, testing::Values(over_v4, over_v6, over_mapped),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
