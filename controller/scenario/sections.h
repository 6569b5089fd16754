// SPDX-License-Identifier: Apache-2.0
// The sections of a scenario file, one function each. What is wrong goes to the field's
// diagnostics; what is right into the scenario. Services come first: the others refer to them.
#pragma once

#include <string>

#include "controller/scenario/loader.h"
#include "controller/scenario/model.h"
#include "controller/scenario/reader.h"

namespace cutpoint {

// All of them, with ${VAR} replaced: what a file and the options of `inject` have in common.
LoadedScenario check_scenario(yaml::TreeNode root, const Environment& environment,
                              yaml::Diagnostics& diagnostics);

void read_services(const yaml::Field& field, Scenario& scenario);
void read_target(const yaml::Field& field, Scenario& scenario);
void read_workload(const yaml::Field& field, Scenario& scenario);
void read_observe(const yaml::Field& field, Scenario& scenario);
// An AMQP URL.
void read_broker(const yaml::Field& field, std::string& broker);
void read_faults(const yaml::Field& field, Scenario& scenario);
void read_do(const yaml::Field& field, Fault& fault);
void read_expectations(const yaml::Field& field, Scenario& scenario);
// Behind what they rest on: services, observers and expectations.
void read_claims(const yaml::Field& field, Scenario& scenario);

// The service that the field names. nullptr: no field, or no such service.
const Service* read_service(const yaml::Field& field, const Scenario& scenario);

// The name of the service under the map's key `service`; without the key, that of the only service
// of `protocol`, which `what` (e.g. "`workload`") needs. Empty: none, which has been complained
// about.
std::string service_or_only(const yaml::MapReader& map, const std::string& what,
                            const std::string& protocol, const Scenario& scenario);

// Complains where that service cannot be asked, because it is given by its address alone.
void expect_dsn(const yaml::MapReader& map, const std::string& what, const std::string& service,
                const Scenario& scenario);

}  // namespace cutpoint
