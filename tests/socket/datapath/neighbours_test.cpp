// SPDX-License-Identifier: Apache-2.0
// Programs of others at the same hooks. The order is the kernel's: of tcx, whoever came first is
// asked first, of filters, who has the lower priority, and a verdict other than "next" ends it; of
// a cgroup, all are asked. What one of them drops stays dropped, and a cut is a cut.
#include "tests/socket/datapath/harness/commit_test.h"
#include "tests/socket/datapath/harness/neighbour.h"

namespace cutpoint::datapath {
namespace {

using Hook = Neighbour::Hook;
using Order = Neighbour::Order;

class Neighbours : public CrossedTest {
 protected:
  Neighbour at_loopback(Hook hook, Order order, int verdict) {
    return Neighbour::at_device(playground_->netns(), "lo", hook, order, verdict);
  }
  // A request that a neighbour drops; once it has gone TCP brings it again, and it counts once.
  void expect_dropped_until_it_leaves(Session& session, Neighbour neighbour,
                                      std::uint64_t requests_seen) {
    session.client.send(request().bytes);
    // TCP is told that the segment was not sent, and tries again without backing off.
    ASSERT_TRUE(
        session.client.await_facts([&](const TcpFacts&) { return neighbour.asked() >= 2; }));
    EXPECT_EQ(session.server_received(), 0U);
    EXPECT_EQ(cutter_->injector().rule_state(0).would_fire, requests_seen);
    neighbour.leave();
    ASSERT_TRUE(session.server.await(session.sent_up + request().bytes.size()));
    session.exchange("", request().answer);
    expect_seen(1);
  }
};

TEST_P(Neighbours, ThatLetEverythingPassChangeNothing) {
  const Neighbour first_out = at_loopback(Hook::egress, Order::first, tcx_next);
  const Neighbour first_in = at_loopback(Hook::ingress, Order::first, tcx_next);
  const Neighbour sockops = Neighbour::at_cgroup(playground_->cgroup(), Hook::sockops, 1);
  const Neighbour packets = Neighbour::at_cgroup(playground_->cgroup(), Hook::cgroup_egress, 1);
  cut(CUT_PG_COMMIT_REQUEST, cut_before);
  const Neighbour last_out = at_loopback(Hook::egress, Order::last, tcx_next);
  const Neighbour last_in = at_loopback(Hook::ingress, Order::last, tcx_next);
  const Neighbour late = Neighbour::at_cgroup(playground_->cgroup(), Hook::sockops, 1);
  Session session = open();
  session.client.send(request().bytes);
  expect_held(session, 0);
  EXPECT_GT(first_out.asked(), last_out.asked()) << "what the cut swallows ends there";
  expect_released(session, request().bytes);
  for (const Neighbour* neighbour : {&first_in, &last_out, &last_in, &sockops, &packets, &late}) {
    EXPECT_GT(neighbour->asked(), 0U);
  }
}

TEST_P(Neighbours, ThatDropBehindTheHooksAreObeyed) {
  watch();
  Session session = open();
  expect_dropped_until_it_leaves(session, at_loopback(Hook::egress, Order::last, tcx_drop), 1);
}

TEST_P(Neighbours, ThatDropInFrontOfTheHooksAreObeyed) {
  watch();
  Session session = open();
  expect_dropped_until_it_leaves(session, at_loopback(Hook::egress, Order::first, tcx_drop), 0);
}

TEST_P(Neighbours, OfTheCgroupThatDropAreObeyed) {
  watch();
  Session session = open();
  expect_dropped_until_it_leaves(
      session, Neighbour::at_cgroup(playground_->cgroup(), Hook::cgroup_egress, 0), 0);
}

// It keeps what it passes from every program behind it: that is not covered, and counted.
TEST_P(Neighbours, ThatEndTheChainInFrontOfTheHooksAreTold) {
  const Neighbour out = at_loopback(Hook::egress, Order::first, tcx_pass);
  const Neighbour in = at_loopback(Hook::ingress, Order::first, tcx_pass);
  cut(CUT_PG_COMMIT_REQUEST, cut_before);
  Session session = open();
  EXPECT_NO_THROW(session.exchange(request().bytes, request().answer));
  EXPECT_EQ(cutter_->counter(CUT_COUNT_FLOWS_UNSEEN), 1U);
  EXPECT_NE(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Requests, Neighbours, testing::ValuesIn(crossings()), crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
