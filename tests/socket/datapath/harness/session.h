// SPDX-License-Identifier: Apache-2.0
// A client of the target and the server that it talks to: both ends in one hand, so that every
// segment leaves when the test says so.
#pragma once

#include <string>

#include "tests/socket/datapath/harness/playground.h"
#include "tests/socket/datapath/harness/stream.h"

namespace cutpoint::datapath {

inline constexpr std::uint16_t service_port = 5432;

// How the client reaches the server.
struct Route {
  const char* name;       // of the test's parameter
  const char* server;     // where the server listens
  const char* connected;  // the address that the client connects to
  int client_family;
};
inline constexpr Route over_v4{"V4", "127.0.0.1", "127.0.0.1", AF_INET};
inline constexpr Route over_v6{"V6", "::1", "::1", AF_INET6};
inline constexpr Route over_mapped{"Mapped", "127.0.0.1", "::ffff:127.0.0.1", AF_INET6};
// To a server in another namespace, behind join().
inline constexpr Route over_veth_v4{"VethV4", "10.9.0.2", "10.9.0.2", AF_INET};
inline constexpr Route over_veth_v6{"VethV6", "fd09::2", "fd09::2", AF_INET6};

struct Session {
  Stream client;
  Stream server;
  std::uint64_t server_base = 0;  // bytes that the server's socket had received at mark()
  std::uint64_t client_base = 0;

  // Connects a socket and takes the connection at the server.
  static Session connect(UniqueFd socket, const Address& to, const Listener& listener);
  // The same over a route, as a client of the target, up to the end of the start-up.
  static Session log_in(const Playground& playground, const Route& route, const Listener& listener);
  // The same, up to an open transaction.
  static Session open(const Playground& playground, const Route& route, const Listener& listener);

  void exchange(const std::string& request, const std::string& reply);
  void start_up();
  void begin();
  // An acknowledgement of the client is outstanding, so the next segment will carry it.
  void owe_acknowledgement();

  void mark();  // what has been received so far does not count
  [[nodiscard]] std::uint64_t server_received() const;
  [[nodiscard]] std::uint64_t client_received() const;

  std::size_t sent_up = 0;  // bytes that exchange() has moved
  std::size_t sent_down = 0;
};

Listener listen(const NetworkNamespace& netns, const Route& route,
                Transport transport = Transport::tcp);

}  // namespace cutpoint::datapath
