// SPDX-License-Identifier: Apache-2.0
// "host:port", and where a host name leads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint {

struct HostPort {
  std::string host;  // a name or a number, IPv6 without brackets; empty: any host
  std::uint16_t port = 0;
};

// "db.example:5432", "[::1]:5432", ":5432". nullopt: none of these.
std::optional<HostPort> parse_host_port(std::string_view text);

// Its numeric addresses, IPv4 and IPv6, by getaddrinfo(3). Error (3): there is no such host.
Result<std::vector<std::string>> resolve_host(const std::string& host);

}  // namespace cutpoint
