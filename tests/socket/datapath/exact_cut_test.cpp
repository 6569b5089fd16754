// SPDX-License-Identifier: Apache-2.0
// The server's kernel has received exactly the bytes before the cut, and what the heal lets through
// arrives once and in order.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

struct Place {
  const char* name;
  cut_position position;
  std::uint32_t byte;
  std::uint64_t delivered;  // bytes of the COMMIT that the server receives while cut
};

void PrintTo(const Place& place, std::ostream* out) {
  *out << place.name;
}

constexpr Place places[] = {
    {"Before", CUT_BEFORE, 0, 0}, {"Byte1", CUT_BYTE, 1, 1},   {"Byte5", CUT_BYTE, 5, 5},
    {"Byte99", CUT_BYTE, 99, 12}, {"After", CUT_AFTER, 0, 12},
};

class ExactCut : public DatapathTest, public testing::WithParamInterface<std::tuple<Route, Place>> {
 protected:
  void SetUp() override {
    DatapathTest::SetUp();
    if (IsSkipped()) return;
    place_ = std::get<Place>(GetParam());
    arm({blackhole(CUT_PG_COMMIT_REQUEST, place_.position, place_.byte)},
        std::get<Route>(GetParam()));
  }
  // While the cut is on, and after it.
  // `end`: 1 where a FIN, which the kernel counts as a byte, follows what was sent.
  void expect_exact(Session& session, const std::string& sent, std::size_t commit_at,
                    std::uint64_t end = 0) {
    const std::uint64_t expected = commit_at + place_.delivered;
    const auto fired = cutter_->await(CUT_EVENT_FIRED);
    ASSERT_TRUE(fired);
    EXPECT_EQ(fired->cut - fired->begin, place_.delivered);
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

  Place place_{};
};

TEST_P(ExactCut, OfACommitAlone) {
  Session session = open();
  session.owe_acknowledgement();
  session.mark();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  EXPECT_TRUE(await_acknowledged(session.server)) << "the cut segment's acknowledgement arrives";
  expect_exact(session, pgwire::commit(), 0);
}

TEST_P(ExactCut, OfACommitBehindOtherMessages) {
  Session session = open();
  const std::string before = pgwire::query("INSERT INTO products VALUES (1)");
  const std::string sent = before + pgwire::commit();
  session.client.send(sent);
  expect_exact(session, sent, before.size());
}

TEST_P(ExactCut, OfACommitInFrontOfOtherMessages) {
  Session session = open();
  const std::string sent = pgwire::commit() + pgwire::query("SELECT 'not yet'");
  session.client.send(sent);
  const auto fired = cutter_->await(CUT_EVENT_FIRED);
  ASSERT_TRUE(fired);
  EXPECT_TRUE(fired->flags & CUT_FACT_COLLATERAL);
  expect_exact(session, sent, 0);
}

TEST_P(ExactCut, OfACommitBetweenOtherMessages) {
  Session session = open();
  const std::string before = pgwire::query("SELECT 1") + pgwire::query("SELECT 22");
  const std::string sent = before + pgwire::commit() + pgwire::query("BEGIN");
  session.client.send(sent);
  expect_exact(session, sent, before.size());
}

TEST_P(ExactCut, WithTheEndOfTheStreamInTheSameSegment) {
  Session session = open();
  session.client.cork();
  session.client.send(pgwire::commit());
  session.client.shutdown();
  expect_exact(session, pgwire::commit(), 0, 1);
  EXPECT_TRUE(session.server.await_end()) << "the FIN arrives after the heal";
}

std::string place_name(const testing::TestParamInfo<std::tuple<Route, Place>>& info) {
  return std::string(std::get<Route>(info.param).name) + std::get<Place>(info.param).name;
}

INSTANTIATE_TEST_SUITE_P(Places, ExactCut,
                         testing::Combine(testing::Values(over_v4), testing::ValuesIn(places)),
                         place_name);
INSTANTIATE_TEST_SUITE_P(Routes, ExactCut,
                         testing::Combine(testing::Values(over_v6, over_mapped),
                                          testing::Values(places[2])),
                         place_name);

}  // namespace
}  // namespace cutpoint::datapath
