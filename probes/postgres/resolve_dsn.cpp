// SPDX-License-Identifier: Apache-2.0
// Where a DSN leads, by libpq's rules (libpq documentation, "Specifying Multiple Hosts"): hosts are
// tried in order, hostaddr spares the name's resolution, environment and defaults fill in.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <map>
#include <memory>
#include <string_view>

#include "controller/util/host_port.h"
#include "probes/postgres/dsn.h"
#include "probes/postgres/observer.h"

namespace cutpoint::probes {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// From PGHOST, PGPORT…, a service file named by PGSERVICE, and what libpq was built with.
std::map<std::string, std::string> libpq_defaults() {
  std::map<std::string, std::string> result;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconndefaults());
  if (!options) return result;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) result[option->keyword] = option->val;
  }
  return result;
}

// libpq separates by commas; an empty text is one empty item.
std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items;
  std::size_t begin = 0;
  for (std::size_t comma = 0; comma != std::string::npos; begin = comma + 1) {
    comma = list.find(',', begin);
    items.push_back(list.substr(begin, comma - begin));
  }
  return items;
}

Error unusable(const std::string& what, const std::string& remedy) {
  return {ExitCode::usage, "the connection string " + what, remedy};
}

Result<std::uint16_t> parse_port(const std::string& text) {
  if (text.empty()) return std::uint16_t{5432};
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return unusable(fmt::format("has no valid port: '{}'", text), "use a number from 1 to 65535");
  }
  return port;
}

struct HostLists {
  std::vector<std::string> hosts;  // names; where hostaddr is given, numbers
  std::vector<std::string> ports;  // one for all, or one each
};

Result<HostLists> host_lists(const Dsn& dsn) {
  if (dsn.find("service") && !dsn.find("host") && !dsn.find("hostaddr")) {
    return unusable("names its server by service= alone", "write host and port into it");
  }
  const auto defaults = libpq_defaults();
  const auto value = [&](const char* key) {
    if (const auto written = dsn.find(key); written && !written->empty()) return *written;
    const auto found = defaults.find(key);
    return found == defaults.end() ? std::string{} : found->second;
  };
  HostLists lists{split(value("host")), split(value("port"))};
  const auto numbers = split(value("hostaddr"));
  if (numbers.size() > 1 && lists.hosts.size() > 1 && numbers.size() != lists.hosts.size()) {
    return unusable("has different numbers of host and hostaddr", "give one hostaddr per host");
  }
  lists.hosts.resize(std::max(lists.hosts.size(), numbers.size()));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!numbers[i].empty()) lists.hosts[i] = numbers[i];
  }
  if (lists.ports.size() != 1 && lists.ports.size() != lists.hosts.size()) {
    return unusable("has different numbers of hosts and ports", "give one port, or one per host");
  }
  return lists;
}

// libpq's own reading of an entry of host=.
bool is_socket_directory(const std::string& host) {
  return host.empty() || host.front() == '/' || host.front() == '@';
}

}  // namespace

Result<ServiceAddress> resolve_dsn(const std::string& dsn) {
  CUTPOINT_TRY_ASSIGN(parsed, Dsn::parse(dsn));
  CUTPOINT_TRY_ASSIGN(lists, host_lists(parsed));
  ServiceAddress result;
  for (std::size_t i = 0; i < lists.hosts.size(); ++i) {
    if (is_socket_directory(lists.hosts[i])) {
      result.unix_socket = true;
      continue;
    }
    CUTPOINT_TRY_ASSIGN(port, parse_port(lists.ports[lists.ports.size() == 1 ? 0 : i]));
    CUTPOINT_TRY_ASSIGN(addresses, resolve_host(lists.hosts[i]));
    for (const auto& address : addresses) {
      const std::pair endpoint{address, port};
      if (std::ranges::find(result.endpoints, endpoint) == result.endpoints.end()) {
        result.endpoints.push_back(endpoint);
      }
    }
  }
  return result;
}

}  // namespace cutpoint::probes
