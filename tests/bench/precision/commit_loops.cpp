// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/precision/commit_loops.h"

#include <stdexcept>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>

#include "controller/util/file.h"
#include "tests/scenarios/program.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;

constexpr std::string_view line = "committed\n";

UniqueFd make_file(const char* name) {
  UniqueFd file(::memfd_create(name, MFD_CLOEXEC));
  require(static_cast<bool>(file), "memfd_create");
  return file;
}

}  // namespace

CommitLoops::CommitLoops(const std::vector<std::string>& command, const std::string& dsn,
                         const Cgroup& cgroup, const NetworkNamespace& netns, std::size_t count)
    : out_(make_file("told")), err_(make_file("errors")) {
  SpawnOptions options;
  options.command = command;
  enter_netns(options, netns);
  options.cgroup_fd = cgroup.fd();
  options.stdout_fd = out_.get();
  options.stderr_fd = err_.get();
  options.environment = {{"CUTPOINT_PG_DSN", dsn}};
  for (std::size_t i = 0; i < count; ++i) {
    children_.push_back(require(Child::spawn(options)));
  }
}

std::size_t CommitLoops::told() const {
  struct stat status {};
  require(::fstat(out_.get(), &status) == 0, "fstat");
  return static_cast<std::size_t>(status.st_size) / line.size();
}

void CommitLoops::throw_if_ended() {
  for (Child& child : children_) {
    const auto ended = require(child.wait_for(std::chrono::milliseconds(0)));
    if (!ended) continue;
    const std::string said = require(read_all(err_.get(), "a client's stderr"));
    throw std::runtime_error("a client ended by itself, " + ended->describe() + ":\n" + said);
  }
}

}  // namespace cutpoint::bench
