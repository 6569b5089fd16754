// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/stream.h"

#include <arpa/inet.h>
#include <array>
#include <fcntl.h>
#include <linux/tcp.h>
#include <poll.h>
#include <thread>

#include "controller/util/clock.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::datapath {
namespace {

constexpr auto look_again = std::chrono::milliseconds(2);  // tcp_info raises no event

void set_option(int fd, int level, int name, int value) {
  require(::setsockopt(fd, level, name, &value, sizeof value) == 0, "setsockopt");
}

bool wait_for(int fd, short events, std::chrono::milliseconds timeout) {
  pollfd waiting{fd, events, 0};
  return ::poll(&waiting, 1, Deadline(timeout).poll_ms()) > 0;
}

}  // namespace

Address address_of(const std::string& ip, std::uint16_t port) {
  Address address;
  in_addr v4{};
  if (::inet_pton(AF_INET, ip.c_str(), &v4) == 1) {
    auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr = v4;
    address.size = sizeof in;
    return address;
  }
  auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  require(::inet_pton(AF_INET6, ip.c_str(), &in6.sin6_addr) == 1, ip + " is no address");
  address.size = sizeof in6;
  return address;
}

Stream::Stream(UniqueFd fd) : fd_(std::move(fd)) {
  require(::fcntl(fd_.get(), F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK");
  set_option(fd_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
}

void Stream::bind(const Address& to) const {
  set_option(fd_.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  require(::bind(fd_.get(), to.get(), to.size) == 0, "bind");
}

void Stream::connect(const Address& to) {
  const int done = ::connect(fd_.get(), to.get(), to.size);
  require(done == 0 || errno == EINPROGRESS, "connect");
}

bool Stream::wait(short events, std::chrono::milliseconds timeout) const {
  return wait_for(fd_.get(), events, timeout);
}

bool Stream::connected(std::chrono::milliseconds timeout) const {
  if (!wait(POLLOUT, timeout)) return false;
  int error = 0;
  socklen_t size = sizeof error;
  require(::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0, "SO_ERROR");
  return error == 0;
}

void Stream::send(std::string_view bytes, Stream* reader) {
  const Deadline deadline(patience);
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    require(sent >= 0 || (errno == EAGAIN && !deadline.passed()), "send");
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (reader != nullptr) reader->read();
    if (sent < 0) wait(POLLOUT, look_again);
  }
}

void Stream::cork() const {
  set_option(fd_.get(), IPPROTO_TCP, TCP_CORK, 1);
}

void Stream::delay_acks() const {
  set_option(fd_.get(), IPPROTO_TCP, TCP_QUICKACK, 0);
}

void Stream::send_buffer(int bytes) const {
  set_option(fd_.get(), SOL_SOCKET, SO_SNDBUFFORCE, bytes);
}

void Stream::give_up_after(std::chrono::milliseconds time) const {
  set_option(fd_.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(time.count()));
}

void Stream::shutdown() const {
  require(::shutdown(fd_.get(), SHUT_WR) == 0, "shutdown");
}

void Stream::reset_on_close() const {
  const linger hard{1, 0};
  require(::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard) == 0, "SO_LINGER");
}

void Stream::read() {
  std::array<char, 65536> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  while (!ended_ && error_ == 0) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
      received_.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      ended_ = true;
    } else if (errno == EAGAIN) {
      return;
    } else {
      error_ = errno;
    }
  }
}

bool Stream::await(std::size_t total, std::chrono::milliseconds timeout) {
  const Deadline deadline(timeout);
  for (read(); received_.size() < total; read()) {
    if (ended_ || error_ != 0 || deadline.passed()) return false;
    wait(POLLIN, std::chrono::milliseconds(deadline.poll_ms()));
  }
  return true;
}

bool Stream::await_end(std::chrono::milliseconds timeout) {
  const Deadline deadline(timeout);
  for (read(); !ended_ && error_ == 0 && !deadline.passed(); read()) {
    wait(POLLIN, std::chrono::milliseconds(deadline.poll_ms()));
  }
  return ended_;
}

int Stream::await_error(std::chrono::milliseconds timeout) {
  await_end(timeout);
  return error_;
}

TcpFacts Stream::facts() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  require(::getsockopt(fd_.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0, "TCP_INFO");
  return TcpFacts{.state = info.tcpi_state,
                  .backoff = info.tcpi_backoff,
                  .unacked = info.tcpi_unacked,
                  .retransmits = info.tcpi_total_retrans,
                  .needless_retransmits = info.tcpi_dsack_dups,
                  .notsent_bytes = info.tcpi_notsent_bytes,
                  .bytes_received = info.tcpi_bytes_received,
                  .bytes_acked = info.tcpi_bytes_acked};
}

bool Stream::await_facts(const std::function<bool(const TcpFacts&)>& wanted,
                         std::chrono::milliseconds timeout) const {
  const Deadline deadline(timeout);
  while (!wanted(facts())) {
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(look_again);
  }
  return true;
}

std::uint16_t Stream::local_port() const {
  Address address;
  address.size = sizeof address.storage;
  require(
      ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size) == 0,
      "getsockname");
  return ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
}

Listener::Listener(UniqueFd socket, const Address& address) : fd_(std::move(socket)) {
  set_option(fd_.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  require(::bind(fd_.get(), address.get(), address.size) == 0, "bind");
  require(::listen(fd_.get(), 1024) == 0, "listen");
}

void Listener::receive_buffer(int bytes) const {
  set_option(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, bytes);
}

bool Listener::pending(std::chrono::milliseconds timeout) const {
  return wait_for(fd_.get(), POLLIN, timeout);
}

Stream Listener::accept(std::chrono::milliseconds timeout) const {
  if (!pending(timeout)) throw std::runtime_error("no connection came");
  UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  require(fd.get() >= 0, "accept");
  return Stream(std::move(fd));
}

}  // namespace cutpoint::datapath
