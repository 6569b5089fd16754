// SPDX-License-Identifier: Apache-2.0
// Cuts of what the server sends: the client's kernel has received exactly the bytes before them.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class ExactAnswer : public CommitTest,
                    public testing::WithParamInterface<std::tuple<Crossing, Place>> {
 protected:
  void SetUp() override {
    DatapathTest::SetUp();
    if (IsSkipped()) return;
    use(std::get<Crossing>(GetParam()));
    cut(CUT_PG_COMMIT_ACK, std::get<Place>(GetParam()));
  }
  // The client asks for its COMMIT, the server answers with `rows` in front.
  void expect_exact(const std::string& rows) {
    Session session = open();
    session.exchange(request().bytes, "");
    session.mark();
    const std::string sent = rows + request().answer;
    const std::size_t wanted = std::get<Place>(GetParam()).wanted(commit_ack_bytes);
    session.server.send(sent, &session.client);
    const std::uint64_t expected = rows.size() + request().ack + wanted;
    EXPECT_TRUE(session.client.await(session.sent_down + expected));
    const auto fired = cutter_->await(CUT_EVENT_FIRED);
    ASSERT_TRUE(fired);
    EXPECT_EQ(fired->cut - fired->begin, wanted);
    ASSERT_TRUE(await_backoff(session.server)) << "the server must believe that they were lost";
    EXPECT_EQ(session.client_received(), expected);
    EXPECT_GT(session.server.facts().unacked, 0U);

    cutter_->injector().heal(0);
    ASSERT_TRUE(session.client.await(session.sent_down + sent.size()));
    EXPECT_EQ(session.client.received().substr(session.sent_down), sent);
    EXPECT_TRUE(await_acknowledged(session.server));
    EXPECT_EQ(session.client_received(), sent.size());
    EXPECT_EQ(cutter_->damage(), "");
  }
};

TEST_P(ExactAnswer, Alone) {
  expect_exact("");
}

TEST_P(ExactAnswer, BehindRowsInTheSameSegment) {
  expect_exact(pgwire::data_row(333) + pgwire::complete("SELECT 1"));
}

// Of loopback's 64 KiB segments one holds the cut; it is larger than change_tail can shorten.
TEST_P(ExactAnswer, BehindManyRows) {
  expect_exact(pgwire::data_row(200'001));
}

INSTANTIATE_TEST_SUITE_P(
    Places, ExactAnswer,
    testing::ValuesIn(placed_crossings({Place{"Byte3", CUT_BYTE, 3}, cut_before,
                                        Place{"Byte11", CUT_BYTE, 11}, cut_after})),
    placed_crossing_name);
INSTANTIATE_TEST_SUITE_P(Routes, ExactAnswer,
                         testing::Combine(testing::Values(Crossing{simple_commit(), over_v6},
                                                          Crossing{simple_commit(), over_mapped}),
                                          testing::Values(cut_at_byte5)),
                         placed_crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
