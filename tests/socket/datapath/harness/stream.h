// SPDX-License-Identifier: Apache-2.0
// One end of a TCP connection, with every byte and every count of the kernel's in reach.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <sys/socket.h>

#include "controller/util/unique_fd.h"

namespace cutpoint::datapath {

// Longer than anything that a test waits for on a busy host: only failures take it.
inline constexpr auto patience = std::chrono::seconds(20);

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address address_of(const std::string& ip, std::uint16_t port);

// Of linux/tcp.h's tcp_info, which cannot be included beside netinet/tcp.h.
struct TcpFacts {
  std::uint8_t state = 0;
  std::uint8_t backoff = 0;
  std::uint32_t unacked = 0;               // segments
  std::uint32_t retransmits = 0;           // of the whole connection
  std::uint32_t needless_retransmits = 0;  // of them, what had arrived: tcpi_dsack_dups
  std::uint32_t notsent_bytes = 0;
  std::uint64_t bytes_received = 0;  // payload that was accepted in order, by the kernel
  std::uint64_t bytes_acked = 0;
};

class Stream {
 public:
  Stream() = default;
  explicit Stream(UniqueFd fd);  // makes it non-blocking, with TCP_NODELAY

  [[nodiscard]] int fd() const { return fd_.get(); }
  void bind(const Address& to) const;
  void connect(const Address& to);  // starts it
  bool connected(std::chrono::milliseconds timeout = patience) const;

  // All of it, in one write where the send buffer allows; reads meanwhile from `reader`, if given.
  void send(std::string_view bytes, Stream* reader = nullptr);
  void cork() const;            // what is sent waits for shutdown()
  void shutdown() const;        // FIN behind what was sent
  void reset_on_close() const;  // SO_LINGER 0
  void close() { fd_.reset(); }
  void delay_acks() const;                                   // until the next read, at least
  void send_buffer(int bytes) const;                         // as root: beyond every limit
  void give_up_after(std::chrono::milliseconds time) const;  // TCP_USER_TIMEOUT

  // Takes what has arrived.
  void read();
  // Until `total` bytes have arrived since the beginning; false: they have not.
  bool await(std::size_t total, std::chrono::milliseconds timeout = patience);
  bool await_end(std::chrono::milliseconds timeout = patience);   // FIN
  int await_error(std::chrono::milliseconds timeout = patience);  // errno; 0: none came

  [[nodiscard]] const std::string& received() const { return received_; }
  [[nodiscard]] TcpFacts facts() const;
  bool await_facts(const std::function<bool(const TcpFacts&)>& wanted,
                   std::chrono::milliseconds timeout = patience) const;
  [[nodiscard]] std::uint16_t local_port() const;

 private:
  bool wait(short events, std::chrono::milliseconds timeout) const;

  UniqueFd fd_;
  std::string received_;
  bool ended_ = false;
  int error_ = 0;
};

class Listener {
 public:
  Listener() = default;
  Listener(UniqueFd socket, const Address& address);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The next connection; throws if none comes.
  [[nodiscard]] Stream accept(std::chrono::milliseconds timeout = patience) const;
  void receive_buffer(int bytes) const;  // of connections to come
  [[nodiscard]] bool pending(std::chrono::milliseconds timeout) const;

 private:
  UniqueFd fd_;
};

}  // namespace cutpoint::datapath
