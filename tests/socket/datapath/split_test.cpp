// SPDX-License-Identifier: Apache-2.0
// A COMMIT in two segments: it is known for one when its last byte leaves. What left before cannot
// be taken back; the event says so, and where the cut is.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

struct Place {
  const char* name;
  cut_position position;
  std::uint32_t byte;
  std::uint32_t wanted;  // bytes before the cut
};

void PrintTo(const Place& place, std::ostream* out) {
  *out << place.name;
}

constexpr Place places[] = {
    {"Before", CUT_BEFORE, 0, 0}, {"Byte5", CUT_BYTE, 5, 5}, {"After", CUT_AFTER, 0, 12}};

class Split : public DatapathTest, public testing::WithParamInterface<Place> {
 protected:
  void SetUp() override {
    DatapathTest::SetUp();
    if (IsSkipped()) return;
    cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, GetParam().position, GetParam().byte);
    rule.times = 0;  // every session is cut
    arm({rule});
  }
  // Sends the parts one by one; the server's kernel has `delivered` bytes of them in the end.
  void expect_cut(const std::vector<std::string>& parts, std::uint32_t delivered) {
    Session session = open();
    std::size_t sent = 0;
    for (const std::string& part : parts) {
      ASSERT_TRUE(session.server.await(session.sent_up + sent));
      session.client.send(part);
      sent += part.size();
    }
    const auto fired = cutter_->await([&](const cut_event& event) {
      return event.kind == CUT_EVENT_FIRED && event.tuple.local_port == session.client.local_port();
    });
    ASSERT_TRUE(fired);
    EXPECT_EQ(fired->cut - fired->begin, delivered);
    EXPECT_EQ((fired->flags & CUT_FACT_LATE) != 0, delivered > GetParam().wanted);
    ASSERT_TRUE(await_backoff(session.client));
    EXPECT_EQ(session.server_received(), delivered);
  }
};

TEST_P(Split, AtEveryByte) {
  const std::string commit = pgwire::commit();
  for (std::uint32_t at = 1; at < commit.size(); ++at) {
    SCOPED_TRACE(at);
    expect_cut({commit.substr(0, at), commit.substr(at)}, std::max(at, GetParam().wanted));
  }
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Split, IntoSingleBytes) {
  std::vector<std::string> parts;
  for (const char byte : pgwire::commit()) parts.emplace_back(1, byte);
  expect_cut(parts, std::max(11U, GetParam().wanted));
  EXPECT_EQ(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Places, Split, testing::ValuesIn(places),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace cutpoint::datapath
