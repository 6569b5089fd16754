// SPDX-License-Identifier: Apache-2.0
// A scenario without a file: what the options of `cutpoint inject` say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/scenario/loader.h"

namespace cutpoint {

// Each as written; nullopt: not given.
struct Injection {
  std::vector<std::string> services;  // NAME=PROTOCOL@HOST:PORT[,KEY=VALUE…], NAME=PROTOCOL:DSN
  std::vector<std::string> at;        // [SERVICE/]MOMENT[:POSITION][,KEY=VALUE…]
  std::vector<std::string> act;  // FAULT VALUE [DURATION] [KEY=VALUE…]; goes with the same `at`
  std::optional<std::string> pid;
  std::optional<std::string> cgroup;
  std::optional<std::string> unit;
  std::optional<std::string> container;
  std::vector<std::string> command;
  std::optional<std::string> user;
  std::optional<std::string> timeout;
  std::optional<std::string> seed;
};

// The scenario that a file with the same words would hold, with `expect: []`; its mistakes are
// those of load_scenario(), placed in the options. ${VAR} is read from the environment, but in the
// command. Never throws.
LoadedScenario load_injection(const Injection& injection, const Environment& environment);

// Likewise what `cutpoint trace` looks at: services, and a target or none; `at` and `act` are
// empty.
LoadedScenario load_observation(const Injection& injection, const Environment& environment);

}  // namespace cutpoint
