// SPDX-License-Identifier: Apache-2.0
// COMMIT at the end of more bytes than a segment holds: loopback sends up to 95 KB in one skb, a
// veth pair with MTU 1500 the same to be segmented later (GSO). Exact; late is fine.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class LargeSegment : public RoutedTest {
 protected:
  void expect_exact(const std::string& before, cut_position position, std::uint32_t byte,
                    std::uint64_t delivered) {
    if (std::string(GetParam().name).starts_with("Veth")) join_server();
    arm({blackhole(CUT_PG_COMMIT_REQUEST, position, byte)}, GetParam());
    Session session = open();
    const std::string sent = before + pgwire::commit() + pgwire::query("BEGIN");
    session.client.send(sent, &session.server);
    // A large segment may be swallowed whole: its prefix comes in smaller ones, later.
    const std::uint64_t expected = before.size() + delivered;
    EXPECT_TRUE(session.server.await(session.sent_up + expected));
    ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
    ASSERT_TRUE(await_backoff(session.client));
    EXPECT_EQ(session.server_received(), expected);

    cutter_->injector().heal(0);
    ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
    EXPECT_EQ(session.server.received().substr(session.sent_up), sent);
    EXPECT_EQ(cutter_->damage(), "");
  }
};

std::string pipeline(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += pgwire::query("INSERT INTO products VALUES (1)");
  return text;
}

TEST_P(LargeSegment, BehindAPipelineOfSmallQueries) {
  expect_exact(pipeline(70'000), CUT_BEFORE, 0, 0);
}

TEST_P(LargeSegment, BehindOneQueryOf200Kilobytes) {
  expect_exact(pgwire::query("SELECT '" + std::string(200'000, 'x') + "'"), CUT_BYTE, 5, 5);
}

TEST_P(LargeSegment, BehindOneQueryThatFillsAlmostAWholeSegment) {
  expect_exact(pgwire::query("SELECT '" + std::string(65'400, 'x') + "'"), CUT_AFTER, 0, 12);
}

TEST_P(LargeSegment, BehindMoreThanChangeTailCanKeep) {
  expect_exact(pgwire::query("SELECT '" + std::string(30'000, 'x') + "'"), CUT_BYTE, 1, 1);
}

INSTANTIATE_TEST_SUITE_P(Loopback, LargeSegment, testing::Values(over_v4, over_v6, over_mapped),
                         route_name);
INSTANTIATE_TEST_SUITE_P(Veth, LargeSegment, testing::Values(over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
