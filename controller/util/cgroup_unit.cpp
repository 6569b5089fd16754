// SPDX-License-Identifier: Apache-2.0
// The cgroups of systemd's units.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "controller/util/cgroup.h"

namespace cutpoint {
namespace {

// systemd.unit(5).
constexpr auto types = std::array<std::string_view, 11>{
    ".service", ".socket", ".device", ".mount", ".automount", ".swap",
    ".target",  ".path",   ".timer",  ".slice", ".scope"};

// A name that could be taken for one of the kernel's files begins with a "_" there (cg_escape() in
// systemd's src/basic/cgroup-util.c).
bool is_directory_of(const std::string& name, const std::string& unit) {
  return name == unit || (name.starts_with('_') && name.substr(1) == unit);
}

}  // namespace

std::string unit_name(std::string_view unit) {
  const auto is_type = [unit](std::string_view type) { return unit.ends_with(type); };
  const bool typed = std::any_of(types.begin(), types.end(), is_type);
  return std::string(unit) + (typed ? "" : ".service");
}

std::string unit_of_cgroup(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    std::string_view name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
    if (name.starts_with('_')) name.remove_prefix(1);
    for (const std::string_view type : types) {
      if (name.size() > type.size() && name.ends_with(type)) return std::string(name);
    }
  }
  return {};
}

Result<std::string> cgroup_of_unit(const CgroupMount& mount, const std::string& unit) {
  std::vector<std::string> found;
  for (std::string& directory : cgroup_tree(mount.point)) {
    const std::string name = directory.substr(directory.rfind('/') + 1);
    if (is_directory_of(name, unit)) found.push_back(std::move(directory));
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return Error{ExitCode::usage,
                 fmt::format("no cgroup below {} is that of unit {}", mount.point, unit),
                 "is it running? `systemctl status` names its cgroup"};
  }
  std::sort(found.begin(), found.end());
  return Error{
      ExitCode::usage,
      fmt::format("{} units are called {}: {}", found.size(), unit, fmt::join(found, ", ")),
      "name one of these cgroups instead"};
}

}  // namespace cutpoint
