// SPDX-License-Identifier: Apache-2.0
// refuse: connect() fails as where nobody listens, though somebody does.
#include <fcntl.h>
#include <poll.h>

#include "generated/faults.h"
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class Refuse : public RoutedTest {
 protected:
  void refuse(std::uint32_t times) {
    cut_rule rule = at_transport(CUT_TRANSPORT_CONNECT);
    rule.fault = CUT_FAULT_REFUSE;
    rule.duration_ns = 0;
    rule.times = times;
    arm({rule}, GetParam());
  }
  [[nodiscard]] Address service() const { return address_of(GetParam().connected, service_port); }
  [[nodiscard]] UniqueFd client() const {
    return playground_->target_socket(GetParam().client_family);
  }
};

TEST_P(Refuse, OfABlockingConnectIsConnectionRefused) {
  refuse(1);
  const UniqueFd socket = client();
  const Address to = service();
  ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) & ~O_NONBLOCK);
  EXPECT_EQ(::connect(socket.get(), to.get(), to.size), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
  EXPECT_TRUE(cutter_->await(CUT_EVENT_REFUSED));
  EXPECT_TRUE(cutter_->await(CUT_EVENT_RESET_RECEIVED));
  EXPECT_EQ(cutter_->injector().rule_state(0).refused, 1U);
  EXPECT_FALSE(listener_.pending(std::chrono::milliseconds(0))) << "the service never heard of it";
  EXPECT_TRUE(cutter_->eventually([&] { return cutter_->injector().flows()->empty(); }))
      << "nothing is left of it";
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Refuse, OfANonBlockingConnectIsToldLater) {
  refuse(1);
  const UniqueFd socket = client();
  const Address to = service();
  ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK);
  ASSERT_EQ(::connect(socket.get(), to.get(), to.size), -1);
  // On loopback the answer may be there before connect() returns.
  EXPECT_TRUE(errno == EINPROGRESS || errno == ECONNREFUSED) << errno;
  if (errno == EINPROGRESS) {
    pollfd waiting{socket.get(), POLLOUT, 0};
    ASSERT_EQ(::poll(&waiting, 1, static_cast<int>(patience.count() * 1000)), 1);
    int error = 0;
    socklen_t size = sizeof error;
    ASSERT_EQ(::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size), 0);
    EXPECT_EQ(error, ECONNREFUSED);
  }
  EXPECT_EQ(cutter_->damage(), "");
}

// Whoever tries again gets through, and is as covered as any.
TEST_P(Refuse, LetsTheNextOneConnect) {
  refuse(2);
  for (int i = 0; i < 2; ++i) {
    Stream refused(client());
    refused.connect(service());
    EXPECT_EQ(refused.await_error(), ECONNREFUSED);
  }
  Session session = open();
  EXPECT_NO_THROW(session.exchange(pgwire::commit(), pgwire::complete("COMMIT")));
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 2U);
  EXPECT_EQ(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Routes, Refuse,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
