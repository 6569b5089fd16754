// SPDX-License-Identifier: Apache-2.0
// The ways between client and server that are not a loopback device: two namespaces, an address
// that is translated, a namespace that is not covered.
#include "controller/kernel/reset.h"
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class Network : public RoutedTest {
 protected:
  void SetUp() override {
    RoutedTest::SetUp();
    if (!IsSkipped()) join_server();
  }
  void expect_exact(Session& session) {
    session.owe_acknowledgement();
    session.mark();
    session.client.send(pgwire::query("SELECT 1") + pgwire::commit());
    ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
    EXPECT_TRUE(await_acknowledged(session.server));
    ASSERT_TRUE(await_backoff(session.client));
    EXPECT_EQ(session.server_received(), pgwire::query("SELECT 1").size() + 5);
    EXPECT_EQ(cutter_->damage(), "");
  }
};

TEST_P(Network, BetweenTwoNamespacesIsCutExactly) {
  arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BYTE, 5)}, GetParam());
  Session session = open();
  expect_exact(session);
  cutter_->injector().heal(0);
  EXPECT_TRUE(session.server.await(session.sent_up + pgwire::query("SELECT 1").size() +
                                   pgwire::commit().size()));
}

TEST_P(Network, OfAnAnswerBetweenTwoNamespacesIsCutExactly) {
  arm({blackhole(CUT_PG_COMMIT_ACK, CUT_BYTE, 5)}, GetParam());
  expect_answer_cut_at_byte5(20'000);
}

TEST_P(Network, OfAnotherNamespaceIsCountedAndLeftAlone) {
  arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE)}, GetParam());
  Session session =
      Session::connect(playground_->target_socket(GetParam().client_family, *server_netns_),
                       address_of(GetParam().connected, service_port), listener_);
  session.start_up();
  session.begin();
  EXPECT_NO_THROW(session.exchange(pgwire::commit(), pgwire::complete("COMMIT")));
  EXPECT_EQ(cutter_->counter(CUT_COUNT_FLOWS_FOREIGN), 1U);
  EXPECT_TRUE(cutter_->injector().flows()->empty());
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
}

INSTANTIATE_TEST_SUITE_P(Routes, Network, testing::Values(over_veth_v4, over_veth_v6), route_name);

// An interface that came after the hooks were attached.
class LateInterface : public RoutedTest {};

TEST_P(LateInterface, IsNotCoveredAndCounted) {
  const cut_endpoint service = endpoint_of(GetParam().connected, service_port);
  cutter_.emplace(*playground_, std::vector{service},
                  std::vector{blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE)});
  join_server();
  listener_ = listen(*server_netns_, GetParam());
  Session session = Session::open(*playground_, GetParam(), listener_);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_FLOWS_UNSEEN), 1U);
  EXPECT_NE(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Routes, LateInterface, testing::Values(over_veth_v4, over_veth_v6),
                         route_name);

// The client connects to an address and port that nobody has; the host translates them.
class Translated : public Network {
 protected:
  void SetUp() override {
    Network::SetUp();
    if (IsSkipped()) return;
    const bool v4 = GetParam().client_family == AF_INET;
    run_in(playground_->netns(),
           std::string("nft 'add table inet n; add chain inet n out { type nat hook output "
                       "priority -100; }; add rule inet n out ") +
               (v4 ? "ip daddr 10.9.0.77 tcp dport 6000 dnat ip to 10.9.0.2:5432'"
                   : "ip6 daddr fd09::77 tcp dport 6000 dnat ip6 to [fd09::2]:5432'"));
    const std::string service = v4 ? "10.9.0.77" : "fd09::77";
    listener_ = listen(*server_netns_, GetParam());
    cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BYTE, 5);
    rule.heal = CUT_HEAL_RESET;
    cutter_.emplace(*playground_, std::vector{endpoint_of(service, 6000)}, std::vector{rule});
    session_ = Session::connect(playground_->target_socket(GetParam().client_family),
                                address_of(service, 6000), listener_);
    session_.start_up();
    session_.begin();
  }

  Session session_;
};

TEST_P(Translated, IsCutExactlyAndReleased) {
  expect_exact(session_);
  cutter_->injector().heal(0);
  EXPECT_TRUE(session_.server.await(session_.sent_up + pgwire::query("SELECT 1").size() +
                                    pgwire::commit().size()));
}

TEST_P(Translated, IsResetAtBothEnds) {
  expect_exact(session_);
  const auto flow = cutter_->flow(session_.client.local_port());
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->tuple.remote_port, service_port) << "as it is on the wire";
  const auto sender = require(ResetSender::open(playground_->netns()));
  for (const ForgedReset& reset : resets_for(*flow)) require(sender.send(reset));
  EXPECT_EQ(session_.server.await_error(), ECONNRESET);
  EXPECT_EQ(session_.client.await_error(), ECONNRESET);
}

INSTANTIATE_TEST_SUITE_P(Routes, Translated, testing::Values(over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
