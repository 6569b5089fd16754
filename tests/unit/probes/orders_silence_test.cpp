// SPDX-License-Identifier: Apache-2.0
// The workload when the database falls silent at the COMMIT of order 2 of 3.
#include "tests/unit/probes/orders_fixture.h"
#include "tests/unit/probes/silent_proxy.h"

namespace cutpoint::probes {
namespace {

using namespace std::chrono_literals;
using test::Lab;
using Retry = OrdersOptions::Retry;
using Silence = test::SilentProxy::Silence;

class SilentOrders : public test::OrdersFixture {
 protected:
  // The run's exit code. Patience is far above what an answer takes, so that only the silence
  // exhausts it.
  int run(Silence silence, Retry retry) {
    proxy_.emplace(Lab::port(), silence, 2);
    options_.dsn = Lab::dsn_with("port", std::to_string(proxy_->port()));
    options_.orders = 3;
    options_.patience = 3s;
    options_.retry = retry;
    const int code = run_orders(options_);
    EXPECT_TRUE(proxy_->fell_silent());
    EXPECT_EQ(story_of("1"), "invoke ok");
    EXPECT_EQ(story_of("3"), "invoke ok");
    return code;
  }

  XactStatus fate_of_first_attempt() {
    for (const auto& record : history()) {
      if (record.id == "2") return *observer_->xact_status(record.xid);
    }
    return XactStatus::unknown;
  }

  std::optional<test::SilentProxy> proxy_;
};

TEST_F(SilentOrders, ALostRequestLeavesTheClientInDoubtAndNoRow) {
  EXPECT_EQ(run(Silence::request_lost, Retry::none), 0);
  EXPECT_EQ(story_of("2"), "invoke info");
  EXPECT_EQ(last("2", "info").error, "gave up: no answer");
  EXPECT_EQ(rows_of("2"), 0);
}

TEST_F(SilentOrders, ALostReplyLeavesTheClientInDoubtAndARow) {
  EXPECT_EQ(run(Silence::reply_lost, Retry::none), 0);
  EXPECT_EQ(story_of("2"), "invoke info");
  EXPECT_EQ(fate_of_first_attempt(), XactStatus::committed);
  EXPECT_EQ(rows_of("2"), 1);
}

TEST_F(SilentOrders, ABlindRetryOfALostReplyMakesADuplicate) {
  EXPECT_EQ(run(Silence::reply_lost, Retry::naive), 0);
  EXPECT_EQ(story_of("2"), "invoke info invoke ok");
  EXPECT_EQ(last("2", "ok").attempt, 2);
  EXPECT_NE(last("2", "ok").pid, last("2", "info").pid);
  EXPECT_EQ(rows_of("2"), 2);
}

TEST_F(SilentOrders, ResolvingALostReplyFindsTheCommitAndDoesNotRepeatIt) {
  EXPECT_EQ(run(Silence::reply_lost, Retry::resolve), 0);
  EXPECT_EQ(story_of("2"), "invoke info resolved");
  EXPECT_EQ(last("2", "resolved").committed, true);
  EXPECT_EQ(last("2", "resolved").xid, last("2", "invoke").xid);
  EXPECT_EQ(rows_of("2"), 1);
}

TEST_F(SilentOrders, ResolvingALostRequestFindsTheAbortAndRunsTheOrderAgain) {
  EXPECT_EQ(run(Silence::request_lost, Retry::resolve), 0);
  EXPECT_EQ(story_of("2"), "invoke info resolved invoke ok");
  EXPECT_EQ(last("2", "resolved").committed, false);
  EXPECT_EQ(fate_of_first_attempt(), XactStatus::aborted);
  EXPECT_EQ(rows_of("2"), 1);
}

TEST_F(SilentOrders, TcpUserTimeoutEndsTheWaitAndLeavesAnOrphan) {
  options_.tcp_user_timeout = true;
  EXPECT_EQ(run(Silence::deaf, Retry::none), 0);
  EXPECT_EQ(story_of("2"), "invoke info");
  EXPECT_NE(last("2", "info").error.find("timed out"), std::string::npos)
      << last("2", "info").error;
  const auto orphan = observer_->backends({last("2", "info").pid});
  ASSERT_TRUE(orphan.ok());
  ASSERT_EQ(orphan->size(), 1u);
  EXPECT_EQ(orphan->begin()->second.state, "idle in transaction");
  EXPECT_EQ(orphan->begin()->second.backend_xid, last("2", "info").xid);
  EXPECT_GT(orphan->begin()->second.locks, 0);
  EXPECT_EQ(fate_of_first_attempt(), XactStatus::in_progress);
}

TEST_F(SilentOrders, ResolvingWhatStaysInProgressEndsWithItsTime) {
  options_.retry_until = 200ms;
  EXPECT_EQ(run(Silence::deaf, Retry::resolve), 0);
  EXPECT_EQ(story_of("2"), "invoke info");
  EXPECT_EQ(fate_of_first_attempt(), XactStatus::in_progress);
}

}  // namespace
}  // namespace cutpoint::probes
