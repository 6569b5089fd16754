// SPDX-License-Identifier: Apache-2.0
// More events than the ring buffer holds while nobody drains it: their loss is counted and damages
// the run; what the kernel decides by is lost nowhere.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

constexpr std::size_t transactions = 20'000;  // two events each, at least: the buffer holds 36,000
constexpr std::size_t at_once = 500;

class Flood : public CrossedTest {
 protected:
  // Transactions as they are pipelined; the request's own BEGIN is one.
  [[nodiscard]] std::string transaction() const {
    return (request().begins ? "" : pgwire::query("BEGIN")) + request().bytes;
  }
  [[nodiscard]] std::string answers() const {
    return (request().begins ? "" : pgwire::complete("BEGIN") + pgwire::ready('T')) +
           request().answer;
  }
};

TEST_P(Flood, LosesEventsAndSaysSoAndLosesNothingElse) {
  watch();
  Session session = Session::log_in(*playground_, route(), listener_);
  std::string asked;
  std::string answered;
  for (std::size_t i = 0; i < at_once; ++i) {
    asked += transaction();
    answered += answers();
  }
  for (std::size_t i = 0; i < transactions; i += at_once) session.exchange(asked, answered);
  EXPECT_EQ(cutter_->injector().rule_state(0).would_fire, transactions);
  EXPECT_EQ(cutter_->injector().rule_state(1).would_fire, transactions);
  EXPECT_GT(cutter_->counter(CUT_COUNT_EVENTS_LOST), 0U);
  const std::string damage = cutter_->damage();
  EXPECT_NE(damage.find("events.lost"), std::string::npos) << damage;

  // Drained, it works as before.
  session.exchange(transaction(), answers());
  EXPECT_TRUE(cutter_->await([port = session.client.local_port()](const cut_event& event) {
    return event.kind == CUT_EVENT_WOULD_FIRE && event.tuple.local_port == port;
  }));
  EXPECT_EQ(cutter_->injector().rule_state(0).would_fire, transactions + 1);
}

INSTANTIATE_TEST_SUITE_P(Requests, Flood, testing::ValuesIn(crossings()), crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
