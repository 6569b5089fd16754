// SPDX-License-Identifier: Apache-2.0
// A service without an address: whatever host the target connects to at its port.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class AnyHost : public RoutedTest {
 protected:
  void arm_port(std::uint16_t port) {
    if (std::string(GetParam().name).starts_with("Veth")) join_server();
    route_ = GetParam();
    listener_ = listen(server_netns_ ? *server_netns_ : playground_->netns(), route_);
    cut_endpoint any{};
    any.port = port;
    cutter_.emplace(*playground_, std::vector{any},
                    std::vector{blackhole(CUT_PG_COMMIT_REQUEST, CUT_BYTE, 5)});
  }
};

TEST_P(AnyHost, IsCutAtTheByte) {
  arm_port(service_port);
  Session session = open();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), 5U);
  cutter_->heal();
  EXPECT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(AnyHost, IsLeftAloneAtAnotherPort) {
  arm_port(service_port + 1);
  Session session = open();
  EXPECT_NO_THROW(session.exchange(pgwire::commit(), pgwire::complete("COMMIT")));
  EXPECT_TRUE(cutter_->injector().flows()->empty());
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
}

INSTANTIATE_TEST_SUITE_P(Routes, AnyHost,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
