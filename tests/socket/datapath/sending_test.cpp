// SPDX-License-Identifier: Apache-2.0
// However the bytes come into the socket, and however long TCP keeps them there: the cut is where
// they leave.
#include "tests/socket/datapath/harness/commit_test.h"
#include "tests/socket/datapath/harness/way_to_send.h"

namespace cutpoint::datapath {
namespace {

constexpr std::size_t first_part = 5;  // as long as the cut lets pass, so no part is late

class Sending : public CommitTest,
                public testing::WithParamInterface<std::tuple<Crossing, WayToSend>> {
 protected:
  void SetUp() override {
    DatapathTest::SetUp();
    use(std::get<Crossing>(GetParam()));
  }
};

TEST_P(Sending, IsCutWhereTheBytesLeave) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  Session session = open();
  session.server.delay_acks();
  const auto lack =
      std::get<WayToSend>(GetParam()).send(session.client, request().bytes, first_part);
  if (lack) GTEST_SKIP() << *lack;
  const auto fired = await_fired(session);
  ASSERT_TRUE(fired);
  EXPECT_EQ(fired->flags & CUT_FACT_LATE, 0);
  expect_held(session, first_part);
  expect_released(session, request().bytes);
}

INSTANTIATE_TEST_SUITE_P(Requests, Sending,
                         testing::Combine(testing::ValuesIn(crossings()),
                                          testing::ValuesIn(ways_to_send())),
                         [](const auto& parameter) {
                           return std::string(std::get<Crossing>(parameter.param).request.row) +
                                  std::get<WayToSend>(parameter.param).name;
                         });

class ZeroWindow : public CrossedTest {};

// The server's receive buffer is full: the COMMIT waits in the client's kernel, and is no request
// before it leaves.
TEST_P(ZeroWindow, KeepsARequestThatIsCutOnceItLeaves) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  Session session = open();
  session.client.send_buffer(1 << 20);
  const std::string before = pgwire::query("SELECT '" + std::string(300'000, 'x') + "'");
  session.client.send(before + request().bytes);
  ASSERT_TRUE(session.client.await_facts([](const TcpFacts& facts) {
    return facts.unacked == 0 && facts.notsent_bytes > 0;
  })) << "the window is closed";
  EXPECT_LT(session.server_received(), before.size());
  EXPECT_EQ(fired(session), 0U);
  ASSERT_TRUE(session.server.await(session.sent_up + before.size() + 5)) << "reading opens it";
  expect_held(session, before.size() + 5);
  expect_released(session, before + request().bytes);
}

INSTANTIATE_TEST_SUITE_P(Requests, ZeroWindow, testing::ValuesIn(crossings({over_v4, over_v6})),
                         crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
