// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/controller_death.h"

#include <fmt/format.h>
#include <thread>

#include "controller/util/cgroup.h"
#include "controller/util/clock.h"
#include "controller/util/file.h"
#include "controller/util/links.h"

namespace cutpoint {

Program ControllerDeath::start_cut_run() {
  Program run = start(split_brain({}, long_cut));
  EXPECT_NE(run.err_line("fired: partition-at-commit"), "");
  return run;
}

Program ControllerDeath::start_cut_shop(std::optional<Program>& run, const Words& more) {
  Program shop = start_shop();
  run.emplace(start(scenario(yaml(fmt::format("pid: {}", shop.pid()), long_cut)) + more));
  EXPECT_NE(run->err_line("armed: cut"), "");
  open_shop();
  EXPECT_NE(run->err_line("fired: cut"), "");
  return shop;
}

std::optional<std::int64_t> ControllerDeath::next_order(Program& shop, std::int64_t since_ns) {
  const std::string before = " at ";
  for (;;) {
    const std::string line = shop.out_line("ok ");
    if (line.empty()) return std::nullopt;
    const std::int64_t placed_ns = std::stoll(line.substr(line.find(before) + before.size()));
    if (placed_ns > since_ns) return placed_ns - since_ns;
  }
}

bool eventually(const std::function<bool()>& wanted) {
  const Deadline deadline(Program::longest);
  while (!wanted()) {
    if (deadline.passed()) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string holder_of(const Program& run) {
  const auto interfaces = list_interfaces();
  for (const Interface& interface : interfaces.value()) {
    if (maker_of_device(interface.name) == run.pid() && interface.name.ends_with('t')) {
      return interface.name;
    }
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string cgroup_of(pid_t pid) {
  const auto mount = find_cgroup_mount();
  return cgroup_of_pid(mount.value(), pid).value();
}

}  // namespace cutpoint
