// SPDX-License-Identifier: Apache-2.0
#include "controller/run/services.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <set>

#include "controller/run/rules.h"
#include "controller/util/host_port.h"
#include "probes/postgres/dsn.h"

namespace cutpoint {
namespace {

const std::vector<std::string> workload_tables{"products", "variants"};

Error unix_socket() {
  return Error{ExitCode::unavailable,
               "its dsn leads to a Unix-domain socket, which carries no segments: not covered",
               "name a TCP address in the dsn, for example host=127.0.0.1"};
}

bool is_unspecified(const std::string& number) {
  return number == "0.0.0.0" || number == "::" || number == "::ffff:0.0.0.0";
}

Status add_endpoint(ServiceHandle& handle, const std::string& number, std::uint16_t port) {
  const auto endpoint = parse_endpoint(number, port);
  if (!endpoint) return {};
  // The kernel connects to loopback instead; and in the map it would stand for every host.
  if (is_unspecified(number)) {
    return Error{ExitCode::usage, fmt::format("{} is no host's address", number),
                 fmt::format("name the host's own, such as 127.0.0.1; for every host at port {}, "
                             "write `address: :{}` and say --yes-really",
                             port, port)};
  }
  handle.endpoints.push_back(*endpoint);
  handle.shown.push_back(number.find(':') == std::string::npos
                             ? fmt::format("{}:{}", number, port)
                             : fmt::format("[{}]:{}", number, port));
  return {};
}

Status locate_dsn(const Service& service, ServiceHandle& handle) {
  CUTPOINT_TRY_ASSIGN(address, probes::resolve_dsn(service.dsn));
  if (address.unix_socket) return unix_socket();
  for (const auto& [host, port] : address.endpoints) {
    CUTPOINT_TRY(add_endpoint(handle, host, port));
  }
  return {};
}

Status locate_address(const Service& service, ServiceHandle& handle) {
  const auto [host, port] = parse_host_port(service.address).value_or(HostPort{});
  if (host.empty()) {
    cut_endpoint any{};
    any.port = port;
    handle.endpoints.push_back(any);
    handle.shown.push_back(fmt::format("*:{}", port));
    return {};
  }
  CUTPOINT_TRY_ASSIGN(numbers, resolve_host(host));
  for (const std::string& number : numbers) CUTPOINT_TRY(add_endpoint(handle, number, port));
  return {};
}

Result<ServiceHandle> locate(const Service& service) {
  ServiceHandle handle;
  auto located =
      service.dsn.empty() ? locate_address(service, handle) : locate_dsn(service, handle);
  if (!located) return std::move(located).error().within(fmt::format("service `{}`", service.name));
  handle.by_name = !service.server_name.empty();
  return handle;
}

bool same(const cut_endpoint& one, const cut_endpoint& other) {
  return one.port == other.port &&
         std::equal(std::begin(one.address.word), std::end(one.address.word),
                    std::begin(other.address.word));
}

// Two names tell their services apart wherever they are.
bool differ_by_name(const Service& one, const Service& other) {
  return !one.server_name.empty() && !other.server_name.empty() &&
         one.server_name != other.server_name;
}

// A connection belongs to the one service that its address names, or its address and its name.
Status expect_own_addresses(const Scenario& scenario, const std::vector<ServiceHandle>& earlier,
                            const ServiceHandle& handle) {
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    if (differ_by_name(scenario.services[i], scenario.services[earlier.size()])) continue;
    for (std::size_t k = 0; k < handle.endpoints.size(); ++k) {
      const cut_endpoint& mine = handle.endpoints[k];
      const auto& theirs = earlier[i].endpoints;
      if (std::none_of(theirs.begin(), theirs.end(),
                       [&](const cut_endpoint& endpoint) { return same(endpoint, mine); })) {
        continue;
      }
      return Error{
          ExitCode::usage,
          fmt::format("services `{}` and `{}` are both at {}: by its address, a connection "
                      "can belong to one service only",
                      scenario.services[i].name, scenario.services[earlier.size()].name,
                      handle.shown[k]),
          "name one service for that address, or give each an address, or a `server_name`, of its "
          "own"};
    }
  }
  return {};
}

Status prepare_schema(const Scenario& scenario, const Service& service,
                      probes::Observer& observer) {
  if (scenario.workload && scenario.workload->service == service.name &&
      scenario.workload->schema == Schema::create) {
    return observer.create_schema();
  }
  if (scenario.workload && scenario.workload->service == service.name) {
    CUTPOINT_TRY(observer.expect_tables(workload_tables, "order_id"));
  }
  for (const Expectation& expectation : scenario.expect) {
    // Those of a message's effects may be made by the target; its ids are new with each run.
    if (expectation.service == service.name && !expectation.tables.empty() &&
        expectation.database.empty()) {
      CUTPOINT_TRY(observer.expect_tables(expectation.tables, expectation.by));
    }
  }
  return {};
}

// By the server's own identity: two addresses may lead to it. Two services of one run may, too.
Status lock_system(const StateDirectory& directory, const std::vector<ServiceHandle>& services,
                   ServiceHandle& handle) {
  CUTPOINT_TRY_ASSIGN(system, handle.observer->database_system());
  handle.database_system = system;
  if (system.empty()) return {};  // the addresses are locked all the same
  const bool ours = std::any_of(services.begin(), services.end(), [&](const ServiceHandle& other) {
    return other.system_lock && other.database_system == system;
  });
  if (ours) return {};
  CUTPOINT_TRY_ASSIGN(lock, RunLock::acquire(directory, "postgres-" + system,
                                             "the PostgreSQL database system " + system));
  handle.system_lock.emplace(std::move(lock));
  return {};
}

Status look_at_effects(const RowQuestion& question, ServiceHandle& handle) {
  for (const std::string& table : question.tables) {
    CUTPOINT_TRY_ASSIGN(identity, handle.observer->table_identity(table));
    if (identity.empty()) continue;
    auto rows = handle.observer->count_by({table}, question.by);
    if (!rows) continue;  // without the column it is not yet what the target will make of it
    handle.effects_before.merge(*rows);
    handle.effect_tables[table] = identity;
  }
  return {};
}

Status observe(const Scenario& scenario, const Service& service, const StateDirectory& directory,
               const std::vector<ServiceHandle>& services, ServiceHandle& handle) {
  CUTPOINT_TRY_ASSIGN(observer, probes::Observer::connect(service.dsn));
  handle.observer = std::move(observer);
  CUTPOINT_TRY(lock_system(directory, services, handle));
  CUTPOINT_TRY(prepare_schema(scenario, service, *handle.observer));
  for (const RowQuestion& question : row_questions(scenario, service)) {
    if (!question.before) {
      CUTPOINT_TRY(look_at_effects(question, handle));
      continue;
    }
    CUTPOINT_TRY_ASSIGN(rows, handle.observer->count_by(question.tables, question.by));
    handle.rows_before.merge(rows);
  }
  CUTPOINT_TRY_ASSIGN(prepared, handle.observer->prepared_transactions());
  handle.prepared_before = prepared;
  CUTPOINT_TRY_ASSIGN(version, handle.observer->server_version());
  handle.version = version;
  if (service.tls) return {};
  // Clients encrypt where they can, unless they are told not to (libpq's sslmode).
  CUTPOINT_TRY_ASSIGN(dsn, probes::Dsn::parse(service.dsn));
  CUTPOINT_TRY_ASSIGN(offered, handle.observer->offers_tls());
  handle.tls = offered && dsn.find("sslmode") != "disable";
  return {};
}

}  // namespace

bool reads_tls(const std::vector<ServiceHandle>& services) {
  return std::any_of(services.begin(), services.end(),
                     [](const ServiceHandle& service) { return service.tls; });
}

bool watches_deaths(const Scenario& scenario) {
  return std::any_of(scenario.services.begin(), scenario.services.end(),
                     [](const Service& service) { return service.protocol == "amqp"; });
}

bool is_at(const ServiceHandle& service, const cut_endpoint& remote) {
  if (service.by_name) return false;
  cut_endpoint any{};
  any.port = remote.port;
  return std::any_of(service.endpoints.begin(), service.endpoints.end(),
                     [&](const cut_endpoint& one) { return same(one, remote) || same(one, any); });
}

Result<std::vector<ServiceHandle>> locate_services(const Scenario& scenario,
                                                   const NetworkNamespace& netns) {
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  std::vector<ServiceHandle> handles;
  for (const Service& service : scenario.services) {
    CUTPOINT_TRY_ASSIGN(handle, locate(service));
    handle.tls = service.tls.value_or(false);
    CUTPOINT_TRY(expect_own_addresses(scenario, handles, handle));
    handles.push_back(std::move(handle));
  }
  return handles;
}

std::vector<RowQuestion> row_questions(const Scenario& scenario, const Service& service) {
  std::vector<RowQuestion> questions;
  for (const Expectation& expectation : scenario.expect) {
    if (expectation.counted_in() != service.name || expectation.by.empty()) continue;
    std::vector<std::string> tables = expectation.tables;
    if (tables.empty() && scenario.workload) tables = workload_tables;
    if (tables.empty()) continue;
    questions.push_back({std::move(tables), expectation.by, expectation.database.empty()});
  }
  return questions;
}

Status observe_services(const Scenario& scenario, const NetworkNamespace& netns,
                        const StateDirectory& directory, std::vector<ServiceHandle>& services) {
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  for (std::size_t i = 0; i < services.size(); ++i) {
    const Service& service = scenario.services[i];
    if (service.is_only_heard()) continue;
    if (auto observed = observe(scenario, service, directory, services, services[i]); !observed) {
      return std::move(observed).error().within(fmt::format("service `{}`", service.name));
    }
  }
  return {};
}

Result<std::vector<RunLock>> lock_run(const StateDirectory& directory, const Scenario& scenario,
                                      const std::vector<ServiceHandle>& services,
                                      const std::string& target_key) {
  std::vector<RunLock> locks;
  std::set<std::string> locked;
  for (std::size_t i = 0; i < services.size(); ++i) {
    for (const std::string& address : services[i].shown) {
      if (!locked.insert(address).second) continue;
      CUTPOINT_TRY_ASSIGN(lock, RunLock::acquire(directory, "service-" + address,
                                                 fmt::format("service {} at {}",
                                                             scenario.services[i].name, address)));
      locks.push_back(std::move(lock));
    }
  }
  if (!target_key.empty()) {
    CUTPOINT_TRY_ASSIGN(lock, RunLock::acquire(directory, target_key, "the target's cgroup"));
    locks.push_back(std::move(lock));
  }
  return locks;
}

}  // namespace cutpoint
