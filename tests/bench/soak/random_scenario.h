// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace cutpoint::bench {

struct RandomScenario {
  std::string yaml;
  std::string faults;  // their kinds: "blackhole, delay"
};

// One to three faults of any kind, at any moment that pgbench's traffic has, upon what runs in that
// cgroup. Each lasts 100 to 800 ms. The same seed gives the same scenario. None of them changes
// what a transaction does: `corrupt` leads to an error, or to nothing.
RandomScenario random_scenario(std::uint64_t seed, const std::string& cgroup);

}  // namespace cutpoint::bench
