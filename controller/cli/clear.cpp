// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include "controller/cli/commands.h"
#include "controller/run/residue.h"

namespace cutpoint {

ExitCode clear_command() {
  if (::geteuid() != 0) {
    return refused({ExitCode::unavailable, "cutpoint clear needs root", "run it with sudo"});
  }
  auto mount = find_cgroup_mount();
  auto directory = StateDirectory::open();
  if (!mount) return refused(mount.error());
  if (!directory) return refused(directory.error());
  const ClearReport report = clear_residue(*directory, *mount);
  for (const std::string& line : report.found) fmt::print("{}\n", line);
  for (const std::string& line : report.removed) fmt::print("removed: {}\n", line);
  for (const std::string& line : report.failed) fmt::print("still there: {}\n", line);
  if (report.nothing()) fmt::print("Nothing to clear.\n");
  return report.failed.empty() ? ExitCode::held : ExitCode::unavailable;
}

}  // namespace cutpoint
