// SPDX-License-Identifier: Apache-2.0
// Filters of clsact qdiscs: what of them is whose. What they do to traffic, the other tests of this
// folder say, with CUTPOINT_TEST_HOOKS=clsact.
#include <algorithm>
#include <unistd.h>

#include "tests/socket/datapath/harness/datapath_test.h"
#include "tests/socket/datapath/harness/neighbour.h"

namespace cutpoint::datapath {
namespace {

using Hook = Neighbour::Hook;
using Order = Neighbour::Order;

class Clsact : public DatapathTest {
 protected:
  void SetUp() override {
    DatapathTest::SetUp();
    if (IsSkipped()) return;
    const auto interfaces = require(playground_->netns().interfaces());
    lo_ = interfaces.front();
  }
  void cut() {
    listener_ = listen(playground_->netns(), route_);
    cutter_.emplace(*playground_, std::vector{endpoint_of(route_.connected, service_port)},
                    std::vector{blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE)}, false,
                    HookKind::clsact);
  }
  Neighbour neighbour(Order order = Order::first) {
    return Neighbour::at_device(playground_->netns(), "lo", Hook::egress, order, tcx_next,
                                HookKind::clsact);
  }
  [[nodiscard]] std::vector<std::string> filters() const {
    const auto inside = require(ScopedNetns::enter(playground_->netns()));
    std::vector<std::string> names;
    for (const TcFilter& filter : require(list_filters(lo_.index))) names.push_back(filter.name);
    std::sort(names.begin(), names.end());
    return names;
  }
  // At the place of clsact on loopback; "": none.
  [[nodiscard]] std::string qdisc() const {
    const auto inside = require(ScopedNetns::enter(playground_->netns()));
    return require(list_clsact_qdiscs())[lo_.index];
  }
  Error refusal() {
    auto qdiscs = ClsactQdiscs::create(playground_->netns(), {lo_});
    if (!qdiscs) return qdiscs.error();
    InjectorPlan plan;
    plan.cgroup_fd = playground_->cgroup().fd();
    plan.netns = &playground_->netns();
    plan.interfaces = {lo_};
    plan.hooks = HookKind::clsact;
    const auto injector = Injector::start(plan);
    return injector ? Error{} : injector.error();
  }

  Interface lo_;
  const std::vector<std::string> ours_{our_filter_name("egress"), our_filter_name("ingress")};
};

TEST_F(Clsact, ThatWasNotThereGoesWithTheFilters) {
  cut();
  EXPECT_EQ(qdisc(), "clsact");
  EXPECT_EQ(filters(), ours_);
  cutter_->end();
  EXPECT_EQ(filters(), std::vector<std::string>());
  EXPECT_EQ(qdisc(), "");
}

TEST_F(Clsact, OfSomebodyElseIsUsedAndLeft) {
  Neighbour theirs = neighbour();
  cut();
  EXPECT_EQ(filters().size(), 3U);
  Session session = open();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(await_backoff(session.client));
  cutter_->end();
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  EXPECT_EQ(filters(), std::vector<std::string>{"neighbour"});
  const std::uint64_t asked = theirs.asked();
  session.exchange("", pgwire::complete("COMMIT"));
  EXPECT_GT(theirs.asked(), asked) << "it still is";
  theirs.leave();
  EXPECT_EQ(qdisc(), "clsact");
}

TEST_F(Clsact, OfOursStaysWhereSomebodyUsesIt) {
  cut();
  const Neighbour theirs = neighbour(Order::last);
  cutter_->end();
  EXPECT_EQ(filters(), std::vector<std::string>{"neighbour"});
  EXPECT_EQ(qdisc(), "clsact");
}

// Whatever kind of filter it is.
TEST_F(Clsact, OfOursStaysWhereSomebodyMatchesPackets) {
  cut();
  run_in(playground_->netns(), "tc filter add dev lo egress u32 match u32 0 0");
  cutter_->end();
  EXPECT_EQ(qdisc(), "clsact");
}

TEST_F(Clsact, HasNoRoomBesideAnIngressQdisc) {
  run_in(playground_->netns(), "tc qdisc add dev lo ingress");
  const Error error = refusal();
  EXPECT_EQ(error.code, ExitCode::unavailable);
  EXPECT_EQ(error.message, "cannot add a clsact qdisc to lo: its ingress qdisc is in that place");
  EXPECT_NE(error.remedy.find("tc qdisc del dev lo ingress"), std::string::npos) << error.remedy;
  EXPECT_EQ(qdisc(), "ingress") << "it is not ours";
}

TEST_F(Clsact, PriorityOfOursIsForBpfFilters) {
  run_in(playground_->netns(),
         "tc qdisc add dev lo clsact; tc filter add dev lo egress prio 50001 u32 match u32 0 0");
  const Error error = refusal();
  EXPECT_EQ(error.code, ExitCode::unavailable);
  EXPECT_EQ(error.message,
            "cannot attach to clsact/egress lo: cannot add a tc filter of priority 50001, handle " +
                std::to_string(::getpid()) + ": Invalid argument");
  EXPECT_NE(error.remedy.find("tc filter show"), std::string::npos) << error.remedy;
  for (const std::string& name : filters()) EXPECT_EQ(name, "") << "theirs has none";
}

}  // namespace
}  // namespace cutpoint::datapath
