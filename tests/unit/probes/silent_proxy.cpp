// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/probes/silent_proxy.h"

#include <arpa/inet.h>
#include <array>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace cutpoint::probes::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int tcp_socket() {
  return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

// The kernel discards what arrives on this socket before TCP sees it: no acknowledgement is sent.
void make_deaf(int fd) {
  sock_filter drop{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &drop};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    throw std::runtime_error("SO_ATTACH_FILTER");
  }
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the other side has gone; the next read says so
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive(int fd) {
  std::array<char, 8192> buffer{};
  const auto size = recv(fd, buffer.data(), buffer.size(), 0);
  return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

}  // namespace

struct SilentProxy::Pair {
  int client = -1;
  int server = -1;
  bool silent = false;
  bool done = false;

  Pair(int client_fd, int server_fd) : client(client_fd), server(server_fd) {}
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    close(client);
    close(server);
  }
};

SilentProxy::SilentProxy(std::uint16_t server_port, Silence silence, int nth_commit)
    : server_port_(server_port),
      silence_(silence),
      nth_commit_(nth_commit),
      listener_(tcp_socket()),
      wake_(eventfd(0, EFD_CLOEXEC)) {
  auto address = loopback(0);
  socklen_t length = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

SilentProxy::~SilentProxy() {
  eventfd_write(wake_, 1);
  thread_.join();
  close(listener_);
  close(wake_);
}

void SilentProxy::serve() {
  while (true) {
    std::vector<pollfd> fds{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& pair : pairs_) {
      fds.push_back({pair->client, POLLIN, 0});
      fds.push_back({pair->server, POLLIN, 0});
    }
    poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) return;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      if (fds[2 + 2 * i].revents != 0) from_client(*pairs_[i]);
      if (fds[3 + 2 * i].revents != 0) from_server(*pairs_[i]);
    }
    std::erase_if(pairs_, [](const auto& pair) { return pair->done; });
    if (fds[1].revents != 0) accept_client();
  }
}

void SilentProxy::accept_client() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int server = tcp_socket();
  const auto address = loopback(server_port_);
  auto pair = std::make_unique<Pair>(client, server);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    pairs_.push_back(std::move(pair));
  }
}

void SilentProxy::from_client(Pair& pair) {
  const auto bytes = receive(pair.client);
  pair.done = bytes.empty();
  if (pair.silent) return;
  // libpq sends every simple query in one piece.
  if (bytes.find("COMMIT") != std::string::npos && silence_ != Silence::deaf &&
      ++commits_ == nth_commit_) {
    pair.silent = fell_silent_ = true;
    if (silence_ == Silence::request_lost) return;
  }
  // The statement before COMMIT: its answer still goes through, what follows it does not arrive.
  if (bytes.find("INSERT INTO variants") != std::string::npos && silence_ == Silence::deaf &&
      ++commits_ == nth_commit_) {
    make_deaf(pair.client);
    fell_silent_ = true;
  }
  send_all(pair.server, bytes);
}

void SilentProxy::from_server(Pair& pair) {
  const auto bytes = receive(pair.server);
  pair.done = pair.done || bytes.empty();
  if (!pair.silent) send_all(pair.client, bytes);
}

}  // namespace cutpoint::probes::test
