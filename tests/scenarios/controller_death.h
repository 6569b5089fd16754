// SPDX-License-Identifier: Apache-2.0
// What the tests stand on in which a controller is killed or stopped.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>

#include "tests/scenarios/shop.h"

namespace cutpoint {

class ControllerDeath : public ShopTest {
 protected:
  // Longer than any wait of a test: what works again does so because of the death, not of the heal.
  static constexpr const char* long_cut = "90s";

  // A run of the shipped scenario, in the middle of its cut.
  Program start_cut_run();
  // The shop, running, cut off from its database by `run`: its eighth order got no answer. `more`:
  // arguments of the run.
  Program start_cut_shop(std::optional<Program>& run, const Words& more = {});

  // Nanoseconds from then, by CLOCK_MONOTONIC, to the first order that the shop placed later.
  // nullopt: it places none any more.
  static std::optional<std::int64_t> next_order(Program& shop, std::int64_t since_ns);
};

// Until it is so; false: the time for it is over. For what no event tells of.
bool eventually(const std::function<bool()>& wanted);

// The TUN device of the run; empty: there is none.
std::string holder_of(const Program& run);

bool contains(const std::string& text, const std::string& part);
std::string cgroup_of(pid_t pid);

}  // namespace cutpoint
