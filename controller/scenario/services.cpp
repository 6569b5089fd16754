// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <string_view>

#include "controller/scenario/registry.h"
#include "controller/scenario/sections.h"
#include "controller/util/host_port.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;

constexpr std::string_view dsn_forms =
    "`postgresql://user@host:port/database` or `host=... port=... dbname=...`";

// Whether libpq would take it for one at all (PostgreSQL 15 documentation, 34.1.1).
bool looks_like_dsn(std::string_view dsn) {
  return dsn.starts_with("postgresql://") || dsn.starts_with("postgres://") ||
         dsn.find('=') != std::string_view::npos;
}

// The value may hold a password: it is never part of a message.
void read_dsn(const Field& field, Service& service) {
  if (yaml::read_text(field, service.dsn) && !looks_like_dsn(service.dsn)) {
    field.complain(fmt::format("`dsn` is no connection string: it is {}", dsn_forms));
  }
}

void read_address(const Field& field, Service& service) {
  if (yaml::read_text(field, service.address) && !parse_host_port(service.address)) {
    field.complain(
        fmt::format("`{}` is no address; write `host:port`, e.g. 127.0.0.1:5432 or "
                    "[::1]:5432",
                    service.address));
  }
}

// A connection string, by which the service can be asked as well, or just where it is.
void read_place(const MapReader& map, const ProtocolInfo& protocol, Service& service) {
  const Field address = map.optional("address");
  const Field dsn = protocol.has_dsn ? map.optional("dsn") : Field{};
  if (address && dsn) {
    address.complain("a service takes either `dsn` or `address`, not both");
  } else if (address || !protocol.has_dsn) {
    read_address(map.required("address", "it is `host:port`"), service);
  } else {
    read_dsn(map.required("dsn", fmt::format("it is {}; or give an `address`, `host:port`, where "
                                             "the database is not to be asked",
                                             dsn_forms)),
             service);
  }
}

// A host name as a ClientHello says it (RFC 6066, 3): letters, digits and hyphens, without a last
// dot.
bool is_server_name(std::string_view name) {
  constexpr std::size_t longest =
      253;  // RFC 1035, 2.3.4, without the lengths of the first and last
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  const bool numeric = name.find_first_not_of("0123456789.") == std::string_view::npos;
  return !name.empty() && name.size() <= longest && !numeric && name.front() != '.' &&
         name.back() != '.' && std::all_of(name.begin(), name.end(), allowed);
}

void read_server_name(const Field& field, Service& service) {
  if (!field || !yaml::read_text(field, service.server_name)) return;
  for (char& c : service.server_name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (is_server_name(service.server_name)) return;
  field.complain(
      fmt::format("`{}` is no name that a TLS client asks for: write a host name, e.g. "
                  "llm.example.test, without a port",
                  field.node->text));
}

// Whether its connections may be encrypted. Those of protocol `tls` are, and are not read.
void read_tls(const Field& field, Service& service) {
  std::size_t index = 0;
  if (field && yaml::read_index(field, "value of `tls`", "", {"false", "true"}, index)) {
    service.tls = index == 1;
  }
}

// The protocol that a service names, before anything else of it is looked at.
const ProtocolInfo* protocol_of(const Field& field) {
  const std::string* name = yaml::peek(field, "protocol");
  return name == nullptr ? nullptr : find_protocol(*name);
}

Service read_one(const std::string& name, const Field& field) {
  Service service;
  service.name = name;
  const ProtocolInfo* protocol = protocol_of(field);
  std::vector<std::string> keys{"protocol"};
  if (protocol == nullptr || protocol->has_dsn) keys.emplace_back("dsn");
  keys.emplace_back("address");
  if (protocol == nullptr || protocol->has_server_name) keys.emplace_back("server_name");
  const bool carries = protocol == nullptr || protocol->id != CUT_PROTOCOL_TLS;
  if (carries) keys.emplace_back("tls");
  const MapReader map(field, fmt::format("service `{}`", name), keys);
  std::size_t index = 0;
  const std::vector<std::string> names = names_of(protocols());
  const Field protocol_field =
      map.required("protocol", fmt::format("valid: {}", fmt::join(names, ", ")));
  yaml::read_index(protocol_field, "protocol", "", names, index);
  if (protocol == nullptr) return service;
  service.protocol = protocol->name;
  read_place(map, *protocol, service);
  if (protocol->has_server_name) read_server_name(map.optional("server_name"), service);
  if (carries) read_tls(map.optional("tls"), service);
  return service;
}

}  // namespace

void read_services(const Field& field, Scenario& scenario) {
  for (const auto& [key, value] : yaml::read_entries(field)) {
    std::string name;
    yaml::read_name(key, name);
    scenario.services.push_back(read_one(key.node->text, value));
    if (scenario.services.size() == CUT_MAX_SERVICES + 1) {
      key.complain(fmt::format("too many services: at most {}", CUT_MAX_SERVICES));
    }
  }
}

const Service* read_service(const Field& field, const Scenario& scenario) {
  std::size_t index = 0;
  if (!field || scenario.services.empty())
    return nullptr;  // that there is none was complained about
  if (!yaml::read_index(field, "service", "", names_of(scenario.services), index)) return nullptr;
  return &scenario.services[index];
}

std::string service_or_only(const MapReader& map, const std::string& what,
                            const std::string& protocol, const Scenario& scenario) {
  if (!map.is_map()) return "";
  if (const Field field = map.optional("service")) {
    const Service* service = read_service(field, scenario);
    if (service == nullptr) return "";
    if (service->protocol != protocol && !service->protocol.empty()) {
      field.complain(fmt::format("{} needs a service of protocol `{}`; `{}` is `{}`", what,
                                 protocol, service->name, service->protocol));
    }
    return service->name;
  }
  std::vector<std::string> candidates;
  for (const Service& service : scenario.services) {
    // One whose protocol could not be read may well be of the right one.
    if (service.protocol.empty()) return "";
    if (service.protocol == protocol) candidates.push_back(service.name);
  }
  if (candidates.size() == 1) return candidates.front();
  if (candidates.empty()) {
    if (!scenario.services.empty()) {
      map.complain(
          fmt::format("{} needs a service of protocol `{}`; there is none", what, protocol));
    }
  } else {
    map.complain(fmt::format("{} could mean several services; add `service:` with one of {}", what,
                             fmt::join(candidates, ", ")));
  }
  return "";
}

void expect_dsn(const MapReader& map, const std::string& what, const std::string& service,
                const Scenario& scenario) {
  for (const Service& one : scenario.services) {
    if (one.name != service || one.address.empty()) continue;
    map.complain(fmt::format("{} asks the service itself: give `{}` a `dsn`, not an `address`",
                             what, service));
  }
}

}  // namespace cutpoint
