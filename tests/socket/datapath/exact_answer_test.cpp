// SPDX-License-Identifier: Apache-2.0
// Cuts of what the server sends: the client's kernel has received exactly the bytes before them.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

struct Place {
  const char* name;
  cut_position position;
  std::uint32_t byte;
  std::uint64_t delivered;  // bytes of the CommandComplete that the client receives while cut
};

void PrintTo(const Place& place, std::ostream* out) {
  *out << place.name;
}

constexpr Place places[] = {
    {"Before", CUT_BEFORE, 0, 0},
    {"Byte3", CUT_BYTE, 3, 3},
    {"Byte11", CUT_BYTE, 11, 11},
    {"After", CUT_AFTER, 0, 12},
};

class ExactAnswer : public DatapathTest,
                    public testing::WithParamInterface<std::tuple<Route, Place>> {
 protected:
  void SetUp() override {
    DatapathTest::SetUp();
    if (IsSkipped()) return;
    place_ = std::get<Place>(GetParam());
    arm({blackhole(CUT_PG_COMMIT_ACK, place_.position, place_.byte)}, std::get<Route>(GetParam()));
  }
  // The client asks for its COMMIT, the server answers with `rows` in front.
  void expect_exact(const std::string& rows) {
    Session session = open();
    session.exchange(pgwire::commit(), "");
    session.mark();
    const std::string sent = rows + pgwire::complete("COMMIT") + pgwire::ready('I');
    session.server.send(sent, &session.client);
    const std::uint64_t expected = rows.size() + place_.delivered;
    EXPECT_TRUE(session.client.await(session.sent_down + expected));
    const auto fired = cutter_->await(CUT_EVENT_FIRED);
    ASSERT_TRUE(fired);
    EXPECT_EQ(fired->cut - fired->begin, place_.delivered);
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

  Place place_{};
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

std::string place_name(const testing::TestParamInfo<std::tuple<Route, Place>>& info) {
  return std::string(std::get<Route>(info.param).name) + std::get<Place>(info.param).name;
}

INSTANTIATE_TEST_SUITE_P(Places, ExactAnswer,
                         testing::Combine(testing::Values(over_v4), testing::ValuesIn(places)),
                         place_name);
INSTANTIATE_TEST_SUITE_P(Routes, ExactAnswer,
                         testing::Combine(testing::Values(over_v6, over_mapped),
                                          testing::Values(places[1])),
                         place_name);

}  // namespace
}  // namespace cutpoint::datapath
