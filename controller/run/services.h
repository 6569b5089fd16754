// SPDX-License-Identifier: Apache-2.0
// The services of a scenario as found on this host: where they are, and an observer's connection.
#pragma once

#include <optional>
#include <vector>

#include "bpf/abi/endpoint.h"
#include "controller/run/run_lock.h"
#include "controller/scenario/model.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"
#include "probes/postgres/observer.h"

namespace cutpoint {

struct ServiceHandle {
  std::vector<cut_endpoint> endpoints;
  std::vector<std::string> shown;  // "127.0.0.1:5432"
  std::optional<probes::Observer> observer;
  std::vector<std::string> prepared_before;
  std::string version;
};

// Addresses of every service. Errors (3): a name that does not resolve, an AF_UNIX socket.
Result<std::vector<ServiceHandle>> locate_services(const Scenario& scenario,
                                                   const NetworkNamespace& netns);

// Connects the observers from within the target's network namespace and prepares the schema.
Status observe_services(const Scenario& scenario, const NetworkNamespace& netns,
                        std::vector<ServiceHandle>& services);

// One lock per service address and one for the target's cgroup.
Result<std::vector<RunLock>> lock_run(const StateDirectory& directory, const Scenario& scenario,
                                      const std::vector<ServiceHandle>& services,
                                      const std::string& target_key);

}  // namespace cutpoint
