// SPDX-License-Identifier: Apache-2.0
// Finding the cgroup v2 hierarchy and paths in it.
#include <optional>
#include <sstream>

#include "controller/util/cgroup.h"
#include "controller/util/file.h"

namespace cutpoint {
namespace {

// The kernel writes blank, tab, newline and backslash as three octal digits: "\040".
std::string unescape(std::string_view text) {
  std::string result;
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      result += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                  (text[i + 3] - '0'));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const size_t comma = options.find(',');
    if (options.substr(0, comma) == wanted) return true;
    if (comma == std::string_view::npos) return false;
    options.remove_prefix(comma + 1);
  }
  return false;
}

// id parent major:minor root point options [optional…] - type source super-options
std::optional<CgroupMount> parse_line(const std::string& line) {
  std::istringstream fields(line);
  std::string id, parent, device, root, point, options, field, type, source, super_options;
  fields >> id >> parent >> device >> root >> point >> options;
  while (fields >> field && field != "-") {
  }
  fields >> type >> source >> super_options;
  if (!fields || type != "cgroup2") return std::nullopt;
  return CgroupMount{.point = unescape(point),
                     .root = unescape(root),
                     .writable = !has_option(options, "ro") && !has_option(super_options, "ro")};
}

bool better(const CgroupMount& a, const CgroupMount& b) {
  if (a.writable != b.writable) return a.writable;
  return a.root.size() < b.root.size();
}

// What is left of `path` below `directory`; nullopt: it is not below it.
std::optional<std::string_view> below(std::string_view path, std::string_view directory) {
  if (directory == "/") return path;
  if (!path.starts_with(directory)) return std::nullopt;
  path.remove_prefix(directory.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  return path;
}

}  // namespace

Result<CgroupMount> parse_cgroup_mount(std::string_view mountinfo) {
  std::optional<CgroupMount> best;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    auto mount = parse_line(line);
    if (mount && (!best || better(*mount, *best))) best = std::move(mount);
  }
  if (best) return *std::move(best);
  return Error{.message = "no cgroup v2 hierarchy is mounted",
               .remedy =
                   "mkdir -p /sys/fs/cgroup/unified && "
                   "mount -t cgroup2 none /sys/fs/cgroup/unified"};
}

Result<CgroupMount> find_cgroup_mount(const std::string& mountinfo, const std::string& of_init) {
  CUTPOINT_TRY_ASSIGN(text, read_file(mountinfo));
  auto mount = parse_cgroup_mount(text);
  if (mount) return mount;
  // ip-netns(8) mounts a /sys of its own over all that was there.
  const auto host = read_file(of_init);
  if (!host || !parse_cgroup_mount(*host)) return mount;
  return Error{.message =
                   "no cgroup v2 hierarchy is mounted in this mount namespace, though the "
                   "host has one",
               .remedy =
                   "enter the network namespace alone, not with `ip netns exec NS`: "
                   "`nsenter --net=/run/netns/NS cutpoint …`"};
}

Result<std::string> CgroupMount::directory_of(std::string_view cgroup) const {
  if (cgroup.starts_with("/..")) {
    return Error{.message = "cgroup " + std::string(cgroup) + " is outside our cgroup namespace",
                 .remedy = "run cutpoint in the cgroup namespace of the host"};
  }
  const auto rest = below(cgroup, root);
  if (!rest) {
    return Error{.message = "cgroup " + std::string(cgroup) + " is not below " + root +
                            ", the part of the hierarchy that is mounted at " + point,
                 .remedy = "run cutpoint where the whole cgroup v2 hierarchy is mounted"};
  }
  return *rest == "/" ? point : point + std::string(*rest);
}

Result<std::string> cgroup_of_pid(const CgroupMount& mount, pid_t pid) {
  const std::string file = "/proc/" + std::to_string(pid) + "/cgroup";
  auto text = read_file(file);
  if (!text) return Error{ExitCode::unavailable, "there is no process " + std::to_string(pid), {}};
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::")) return mount.directory_of(line.substr(3));
  }
  return Error{ExitCode::unavailable, file + " names no cgroup v2", {}};
}

bool cgroup_holds(const CgroupMount& mount, const std::string& cgroup, pid_t pid) {
  const auto directory = cgroup_of_pid(mount, pid);
  return directory && (cgroup == mount.point || below(*directory, cgroup).has_value());
}

}  // namespace cutpoint
