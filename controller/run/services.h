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
  std::vector<cut_endpoint> endpoints;       // without an address: any host at that port
  std::vector<std::string> shown;            // "127.0.0.1:5432"; any host: "*:5432"
  bool by_name = false;                      // which of the connections there, a ClientHello tells
  std::optional<probes::Observer> observer;  // nullopt: it is only heard
  std::vector<std::string> prepared_before;
  probes::RowCounts rows_before;
  // Of the tables in which messages have their effects, as far as they are there before the run:
  // the target may make them anew. Their identities, and their rows.
  std::map<std::string, std::string> effect_tables;
  probes::RowCounts effects_before;
  std::string database_system;  // Observer::database_system()
  std::optional<RunLock> system_lock;
  std::string version;
  bool tls = false;  // what encrypted connections to it say is read
};

// Addresses of every service. Errors: two services at one address and of one name, or at one that
// nobody connects to (2); a name that does not resolve, an AF_UNIX socket (3).
Result<std::vector<ServiceHandle>> locate_services(const Scenario& scenario,
                                                   const NetworkNamespace& netns);

// Whether what encrypted connections to one of them say is read.
bool reads_tls(const std::vector<ServiceHandle>& services);

// Whether the target's processes are watched for their deaths: one of the services is a broker, and
// what it delivers may kill them.
bool watches_deaths(const Scenario& scenario);

// Whether a connection to `remote` belongs to the service, by the rules of bpf/maps/services.h but
// for the precedence of an exact address. False where a name decides, which was said before.
bool is_at(const ServiceHandle& service, const cut_endpoint& remote);

// Connects the observers from within the target's network namespace, prepares the schema, and notes
// what the services hold already. Error (3): another run works on the same database system, perhaps
// by another address.
Status observe_services(const Scenario& scenario, const NetworkNamespace& netns,
                        const StateDirectory& directory, std::vector<ServiceHandle>& services);

// Tables of a service whose rows are counted by one column.
struct RowQuestion {
  std::vector<std::string> tables;
  std::string by;
  bool before = true;  // they are counted before the run as well
};
std::vector<RowQuestion> row_questions(const Scenario& scenario, const Service& service);

// One lock per address of the services and one for the target's cgroup.
Result<std::vector<RunLock>> lock_run(const StateDirectory& directory, const Scenario& scenario,
                                      const std::vector<ServiceHandle>& services,
                                      const std::string& target_key);

}  // namespace cutpoint
