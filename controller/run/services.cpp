// SPDX-License-Identifier: Apache-2.0
#include "controller/run/services.h"

#include <algorithm>
#include <fmt/format.h>

#include "controller/run/rules.h"

namespace cutpoint {
namespace {

Error unix_socket(const Service& service) {
  return Error{ExitCode::unavailable,
               fmt::format("service `{}`: its dsn leads to a Unix-domain socket, which carries no "
                           "segments: not covered",
                           service.name),
               "name a TCP address in the dsn, for example host=127.0.0.1"};
}

Result<ServiceHandle> locate(const Service& service) {
  auto address = probes::resolve_dsn(service.dsn);
  if (!address) {
    return std::move(address).error().within(fmt::format("service `{}`", service.name));
  }
  if (address->unix_socket) return unix_socket(service);
  ServiceHandle handle;
  for (const auto& [host, port] : address->endpoints) {
    const auto endpoint = parse_endpoint(host, port);
    if (!endpoint) continue;
    handle.endpoints.push_back(*endpoint);
    handle.shown.push_back(host.find(':') == std::string::npos
                               ? fmt::format("{}:{}", host, port)
                               : fmt::format("[{}]:{}", host, port));
  }
  return handle;
}

Status prepare_schema(const Scenario& scenario, const Service& service,
                      probes::Observer& observer) {
  if (scenario.workload && scenario.workload->service == service.name &&
      scenario.workload->schema == Schema::create) {
    return observer.create_schema();
  }
  if (scenario.workload && scenario.workload->service == service.name) {
    CUTPOINT_TRY(observer.expect_tables({"products", "variants"}, "order_id"));
  }
  for (const Expectation& expectation : scenario.expect) {
    if (expectation.service == service.name && !expectation.tables.empty()) {
      CUTPOINT_TRY(observer.expect_tables(expectation.tables, expectation.by));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<ServiceHandle>> locate_services(const Scenario& scenario,
                                                   const NetworkNamespace& netns) {
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  std::vector<ServiceHandle> handles;
  for (const Service& service : scenario.services) {
    CUTPOINT_TRY_ASSIGN(handle, locate(service));
    handles.push_back(std::move(handle));
  }
  return handles;
}

Status observe_services(const Scenario& scenario, const NetworkNamespace& netns,
                        std::vector<ServiceHandle>& services) {
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  for (std::size_t i = 0; i < services.size(); ++i) {
    const Service& service = scenario.services[i];
    const auto named = fmt::format("service `{}`", service.name);
    auto observer = probes::Observer::connect(service.dsn);
    if (!observer) return std::move(observer).error().within(named);
    services[i].observer = std::move(*observer);
    if (auto ready = prepare_schema(scenario, service, *services[i].observer); !ready) {
      return std::move(ready).error().within(named);
    }
    CUTPOINT_TRY_ASSIGN(prepared, services[i].observer->prepared_transactions());
    services[i].prepared_before = prepared;
    CUTPOINT_TRY_ASSIGN(version, services[i].observer->server_version());
    services[i].version = version;
  }
  return {};
}

Result<std::vector<RunLock>> lock_run(const StateDirectory& directory, const Scenario& scenario,
                                      const std::vector<ServiceHandle>& services,
                                      const std::string& target_key) {
  std::vector<RunLock> locks;
  for (std::size_t i = 0; i < services.size(); ++i) {
    auto addresses = services[i].shown;
    std::sort(addresses.begin(), addresses.end());
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    for (const std::string& address : addresses) {
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
