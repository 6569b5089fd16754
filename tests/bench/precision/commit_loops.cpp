// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/precision/commit_loops.h"

#include <stdexcept>
#include <string_view>

#include "tests/scenarios/program.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;

constexpr std::string_view line = "committed\n";

}  // namespace

CommitLoops::CommitLoops(const std::vector<std::string>& command, const std::string& dsn,
                         const Cgroup& cgroup, const NetworkNamespace& netns, std::size_t count) {
  SpawnOptions options;
  options.command = command;
  enter_netns(options, netns);
  options.cgroup_fd = cgroup.fd();
  options.stdout_fd = out_.fd();
  options.stderr_fd = err_.fd();
  options.environment = {{"CUTPOINT_PG_DSN", dsn}};
  for (std::size_t i = 0; i < count; ++i) {
    children_.push_back(require(Child::spawn(options)));
  }
}

std::size_t CommitLoops::told() const {
  return out_.size() / line.size();
}

void CommitLoops::throw_if_ended() {
  for (Child& child : children_) {
    const auto ended = require(child.wait_for(std::chrono::milliseconds(0)));
    if (!ended) continue;
    throw std::runtime_error("a client ended by itself, " + ended->describe() + ":\n" +
                             err_.text());
  }
}

}  // namespace cutpoint::bench
