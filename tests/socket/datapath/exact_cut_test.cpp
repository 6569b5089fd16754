// SPDX-License-Identifier: Apache-2.0
// The server's kernel has received exactly the bytes before the cut, and what the heal lets through
// arrives once and in order.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class ExactCut : public CommitTest,
                 public testing::WithParamInterface<std::tuple<Crossing, Place>> {
 protected:
  void SetUp() override {
    DatapathTest::SetUp();
    if (IsSkipped()) return;
    use(std::get<Crossing>(GetParam()));
    cut(CUT_PG_COMMIT_REQUEST, std::get<Place>(GetParam()));
  }
  // While the cut is on, and after it.
  // `end`: 1 where a FIN, which the kernel counts as a byte, follows what was sent.
  void expect_exact(Session& session, const std::string& sent, std::size_t commit_at,
                    std::uint64_t end = 0) {
    const std::size_t wanted = std::get<Place>(GetParam()).wanted(request().bytes.size());
    const std::uint64_t expected = commit_at + wanted;
    const auto fired = cutter_->await(CUT_EVENT_FIRED);
    ASSERT_TRUE(fired);
    EXPECT_EQ(fired->cut - fired->begin, wanted);
    ASSERT_TRUE(await_backoff(session.client)) << "TCP must believe that the bytes were lost";
    EXPECT_EQ(session.server_received(), expected);
    EXPECT_GT(session.client.facts().unacked, 0U);
    EXPECT_EQ(session.client.facts().notsent_bytes, 0U);

    cutter_->injector().heal(0);
    ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
    EXPECT_EQ(session.server.received().substr(session.sent_up), sent);
    EXPECT_TRUE(await_acknowledged(session.client));
    EXPECT_EQ(session.server_received(), sent.size() + end);
    EXPECT_EQ(cutter_->damage(), "");
  }
};

TEST_P(ExactCut, OfACommitAlone) {
  Session session = open();
  session.owe_acknowledgement();
  session.mark();
  session.client.send(request().bytes);
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  EXPECT_TRUE(await_acknowledged(session.server)) << "the cut segment's acknowledgement arrives";
  expect_exact(session, request().bytes, 0);
}

TEST_P(ExactCut, OfACommitBehindOtherMessages) {
  Session session = open();
  const std::string before = pgwire::query("INSERT INTO products VALUES (1)");
  const std::string sent = before + request().bytes;
  session.client.send(sent);
  expect_exact(session, sent, before.size());
}

TEST_P(ExactCut, OfACommitInFrontOfOtherMessages) {
  Session session = open();
  const std::string sent = request().bytes + pgwire::query("SELECT 'not yet'");
  session.client.send(sent);
  const auto fired = cutter_->await(CUT_EVENT_FIRED);
  ASSERT_TRUE(fired);
  EXPECT_TRUE(fired->flags & CUT_FACT_COLLATERAL);
  expect_exact(session, sent, 0);
}

TEST_P(ExactCut, OfACommitBetweenOtherMessages) {
  Session session = open();
  const std::string before = pgwire::query("SELECT 1") + pgwire::query("SELECT 22");
  const std::string sent = before + request().bytes + pgwire::query("BEGIN");
  session.client.send(sent);
  expect_exact(session, sent, before.size());
}

TEST_P(ExactCut, WithTheEndOfTheStreamInTheSameSegment) {
  Session session = open();
  session.client.cork();
  session.client.send(request().bytes);
  session.client.shutdown();
  expect_exact(session, request().bytes, 0, 1);
  EXPECT_TRUE(session.server.await_end()) << "the FIN arrives after the heal";
}

INSTANTIATE_TEST_SUITE_P(
    Places, ExactCut,
    testing::ValuesIn(placed_crossings({cut_at_byte5, cut_before, Place{"Byte1", CUT_BYTE, 1},
                                        Place{"Byte99", CUT_BYTE, 99}, cut_after})),
    placed_crossing_name);
INSTANTIATE_TEST_SUITE_P(Routes, ExactCut,
                         testing::Combine(testing::Values(Crossing{simple_commit(), over_v6},
                                                          Crossing{simple_commit(), over_mapped}),
                                          testing::Values(cut_at_byte5)),
                         placed_crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
