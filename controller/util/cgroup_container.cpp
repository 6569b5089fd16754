// SPDX-License-Identifier: Apache-2.0
// Containers, by the cgroups that their runtimes make.
#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "controller/util/cgroup.h"

namespace cutpoint {
namespace {

constexpr std::size_t id_digits = 64;
constexpr std::size_t fewest_digits = 12;  // as `docker ps` shows them

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// <id>, docker-<id>.scope, cri-containerd-<id>.scope, crio-<id>.scope, libpod-<id>.scope; and where
// containerd takes systemd's words for a path, kubepods-….slice:cri-containerd:<id>.
std::string_view id_in(std::string_view name) {
  constexpr std::string_view scope = ".scope";
  if (name.ends_with(scope)) name.remove_suffix(scope.size());
  const std::size_t begin = name.find_last_of("-:") + 1;  // npos + 1 is 0
  const std::string_view id = name.substr(begin);
  const bool monitors = name.substr(0, begin).ends_with("conmon-");
  return id.size() == id_digits && is_hex(id) && !monitors ? id : std::string_view();
}

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::string container_of_cgroup(std::string_view path) {
  while (!path.empty()) {
    const std::string_view id = id_in(last_name(path));
    if (!id.empty()) return std::string(id);
    path = path.substr(0, path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/'));
  }
  return {};
}

std::string container_id(std::string_view text) {
  std::string id(text);
  std::transform(id.begin(), id.end(), id.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool long_enough = id.size() >= fewest_digits && id.size() <= id_digits;
  return long_enough && is_hex(id) ? id : std::string();
}

Result<std::string> cgroup_of_container(const CgroupMount& mount, const std::string& id) {
  std::vector<std::string> found;
  for (std::string& directory : cgroup_tree(mount.point)) {
    if (id_in(last_name(directory)).starts_with(id)) found.push_back(std::move(directory));
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return Error{
        ExitCode::usage, fmt::format("no cgroup below {} is that of container {}", mount.point, id),
        "does it run? `docker ps --no-trunc`, `crictl ps --no-trunc`, `podman ps --no-trunc` have "
        "the ids; on a host with cgroup v1 beside v2, a runtime may use v1 alone"};
  }
  std::sort(found.begin(), found.end());
  return Error{ExitCode::usage,
               fmt::format("{} cgroups are those of containers {}…: {}", found.size(), id,
                           fmt::join(found, ", ")),
               "give more of its id, or name one of these cgroups instead"};
}

}  // namespace cutpoint
