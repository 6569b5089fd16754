// SPDX-License-Identifier: Apache-2.0
// throttle: as slow as a link of that rate, and nothing is lost.
#include "controller/util/clock.h"
#include "generated/faults.h"
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class Throttle : public RoutedTest {
 protected:
  static constexpr std::uint64_t rate = 400'000;  // bytes per second

  Session throttle(cut_postgres_moment moment) {
    cut_rule rule = blackhole(moment, CUT_AFTER);
    rule.fault = CUT_FAULT_THROTTLE;
    rule.directions = CUT_BOTH;
    rule.rate = rate;
    arm({rule}, GetParam());
    return open();
  }
  static std::string rows() {
    std::string many;
    for (int i = 0; i < 40; ++i) many += pgwire::query("SELECT '" + std::string(3000, 'x') + "'");
    return many;
  }
  // Sent by `from`: it takes at least as long as the rate says, and arrives whole, in order.
  static void expect_slow(Stream& from, Stream& to, std::size_t before, const std::string& sent) {
    const std::int64_t begun = now_ns();
    from.send(sent, &to);
    ASSERT_TRUE(to.await(before + sent.size()));
    EXPECT_EQ(to.received().substr(before), sent);
    const auto least = static_cast<std::int64_t>(sent.size() * 1'000'000'000 / rate);
    EXPECT_GE(now_ns() - begun, least);
  }
};

TEST_P(Throttle, LimitsWhatTheTargetSends) {
  Session session = throttle(CUT_PG_COMMIT_REQUEST);
  session.client.send(pgwire::commit());
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  expect_slow(session.client, session.server, session.sent_up + pgwire::commit().size(), rows());
  EXPECT_EQ(cutter_->held().lost, 0U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Throttle, LimitsWhatTheTargetReceives) {
  Session session = throttle(CUT_PG_COMMIT_REQUEST);
  session.exchange(pgwire::commit(), "");
  std::string answer;
  for (int i = 0; i < 40; ++i) answer += pgwire::data_row(3000);
  expect_slow(session.server, session.client, session.sent_down, answer);
  EXPECT_EQ(cutter_->held().lost, 0U);
  EXPECT_EQ(cutter_->damage(), "");
}

// After the heal what waits goes on at once, and the flow is as before.
TEST_P(Throttle, EndsWithTheHeal) {
  cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_AFTER);
  rule.fault = CUT_FAULT_THROTTLE;
  rule.directions = CUT_UP;
  rule.rate = 10;  // 100 bytes would take it ten seconds
  arm({rule}, GetParam());
  Session session = open();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  session.client.send_buffer(1 << 20);
  session.client.send(rows());
  ASSERT_TRUE(await_backoff(session.client, 1)) << "nothing of it arrives in time";
  EXPECT_EQ(session.server.received().size(), session.sent_up + pgwire::commit().size());
  cutter_->heal();
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size() + rows().size()));
  EXPECT_TRUE(await_acknowledged(session.client));
  EXPECT_EQ(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Routes, Throttle,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
