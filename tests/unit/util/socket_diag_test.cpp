// SPDX-License-Identifier: Apache-2.0
// Of real connections on loopback.
#include "controller/util/socket_diag.h"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>

#include "controller/util/clock.h"

namespace cutpoint {
namespace {

struct Connection {
  UniqueFd client;
  UniqueFd server;
};

Connection connect_on_loopback() {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), generic, size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), generic, &size), 0);
  Connection made;
  made.client = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(made.client.get(), generic, size), 0);
  made.server = UniqueFd(::accept(listener.get(), nullptr, nullptr));
  EXPECT_TRUE(made.server);
  return made;
}

std::uint64_t cookie_of(const UniqueFd& socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  EXPECT_EQ(::getsockopt(socket.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
  return cookie;
}

std::unordered_map<std::uint64_t, TcpState> states() {
  const auto netns = NetworkNamespace::current();
  const auto diag = SocketDiag::open(netns.value());
  return diag.value().look().value();
}

TEST(SocketDiag, connection_is_found_by_its_cookie_with_its_times) {
  const Connection connection = connect_on_loopback();
  const auto seen = states();
  const auto found = seen.find(cookie_of(connection.client));
  ASSERT_NE(found, seen.end());
  EXPECT_GT(found->second.rtt_us, 0U);
  EXPECT_GE(found->second.rto_us, found->second.rtt_us);
  EXPECT_FALSE(found->second.peer_window_zero);
  EXPECT_FALSE(found->second.own_window_zero);
}

TEST(SocketDiag, end_that_reads_nothing_closes_its_window) {
  const Connection connection = connect_on_loopback();
  const std::uint64_t writer = cookie_of(connection.client);
  const std::string much(1 << 20, 'x');
  bool closed = false;
  // What is sent fills the reader's buffer first, then the writer's own. What is left of the window
  // may be less than a segment: that is sent once TCP's timer for it has run down.
  const Deadline deadline(std::chrono::seconds(30));
  while (!closed && !deadline.passed()) {
    while (::send(connection.client.get(), much.data(), much.size(), MSG_DONTWAIT) > 0) {
    }
    EXPECT_TRUE(errno == EAGAIN || errno == EWOULDBLOCK);
    closed = states().at(writer).peer_window_zero;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // nothing tells of it
  }
  EXPECT_TRUE(closed);
}

TEST(SocketDiag, one_that_is_closed_is_not_there) {
  std::uint64_t cookie = 0;
  {
    const Connection connection = connect_on_loopback();
    cookie = cookie_of(connection.client);
  }
  EXPECT_FALSE(states().contains(cookie));
}

}  // namespace
}  // namespace cutpoint
