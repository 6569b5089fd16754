// SPDX-License-Identifier: Apache-2.0
#include "controller/run/spared.h"

#include <sstream>
#include <string>

#include "controller/run/rules.h"

namespace cutpoint {

std::optional<cut_tuple> spared_by(std::string_view ssh_connection) {
  std::istringstream words{std::string(ssh_connection)};
  std::string client;
  std::string server;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  if (!(words >> client >> client_port >> server >> server_port)) return std::nullopt;
  const auto remote = parse_endpoint(client, client_port);
  const auto local = parse_endpoint(server, server_port);
  if (!remote || !local) return std::nullopt;
  cut_tuple tuple{};
  tuple.local = local->address;
  tuple.remote = remote->address;
  tuple.local_port = server_port;
  tuple.remote_port = client_port;
  return tuple;
}

}  // namespace cutpoint
