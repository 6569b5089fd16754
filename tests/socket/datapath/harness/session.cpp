// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/session.h"

#include <stdexcept>

#include "tests/socket/datapath/harness/pgwire.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::datapath {
namespace {

constexpr std::uint32_t backend_pid = 4711;
constexpr int owing_tries = 50;

}  // namespace

Listener listen(const NetworkNamespace& netns, const Route& route, Transport transport) {
  const Address address = address_of(route.server, service_port);
  return Listener(outside_socket(address.storage.ss_family, netns, transport), address);
}

Session Session::connect(UniqueFd socket, const Address& to, const Listener& listener) {
  Session session;
  session.client = Stream(std::move(socket));
  session.client.connect(to);
  session.server = listener.accept();
  if (!session.client.connected()) throw std::runtime_error("the client is not connected");
  return session;
}

Session Session::log_in(const Playground& playground, const Route& route,
                        const Listener& listener) {
  Session session = connect(playground.target_socket(route.client_family),
                            address_of(route.connected, service_port), listener);
  session.start_up();
  session.mark();
  return session;
}

Session Session::open(const Playground& playground, const Route& route, const Listener& listener) {
  Session session = log_in(playground, route, listener);
  session.begin();
  session.mark();
  return session;
}

void Session::exchange(const std::string& request, const std::string& reply) {
  client.send(request, &server);
  sent_up += request.size();
  if (!server.await(sent_up)) throw std::runtime_error("the request did not arrive");
  server.send(reply, &client);
  sent_down += reply.size();
  if (!client.await(sent_down)) throw std::runtime_error("the reply did not arrive");
}

void Session::start_up() {
  exchange(pgwire::startup(), pgwire::welcome(backend_pid));
}

void Session::begin() {
  exchange(pgwire::query("BEGIN"), pgwire::complete("BEGIN") + pgwire::ready('T'));
}

void Session::owe_acknowledgement() {
  for (int i = 0; i < owing_tries; ++i) {
    client.delay_acks();
    exchange(pgwire::query("SELECT 1"), pgwire::complete("SELECT 1") + pgwire::ready('T'));
    if (server.facts().unacked > 0) return;
  }
  throw std::runtime_error("the client acknowledges everything at once");
}

void Session::mark() {
  server_base = server.facts().bytes_received;
  client_base = client.facts().bytes_received;
}

std::uint64_t Session::server_received() const {
  return server.facts().bytes_received - server_base;
}

std::uint64_t Session::client_received() const {
  return client.facts().bytes_received - client_base;
}

}  // namespace cutpoint::datapath
