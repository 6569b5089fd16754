// SPDX-License-Identifier: Apache-2.0
// What the path of a cgroup says of those who are in it, and which path a cgroup's id is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "controller/util/cgroup.h"

namespace cutpoint {

// The innermost systemd unit of a path as /proc/<pid>/cgroup writes it; "": none is in it.
std::string unit_of_cgroup(std::string_view path);

// The id of the innermost container, 64 hexadecimal digits, as Docker, containerd, CRI-O, Podman
// and Kubernetes write it, with systemd's cgroup driver or without; "": none. What monitors a
// container (conmon) is not in it.
std::string container_of_cgroup(std::string_view path);

// In lower case; "": it is no id, nor 12 digits or more of the beginning of one.
std::string container_id(std::string_view text);

// The directory, below the mount, of the cgroup of a container, told by container_id(). Error (2):
// there is none, or there are several.
Result<std::string> cgroup_of_container(const CgroupMount& mount, const std::string& id);

struct CgroupWords {
  std::string path;  // as /proc/<pid>/cgroup writes it, e.g. "/system.slice/shop.service"; or ""
  std::string unit;
  std::string container;
};

// Paths by id, as bpf_get_current_cgroup_id() gives it. A cgroup that was seen once is known for
// good, for its id is not given again; one that vanished before that has no words.
class CgroupNames {
 public:
  explicit CgroupNames(CgroupMount mount);

  const CgroupWords& by_id(std::uint64_t id);
  [[nodiscard]] CgroupWords of_process(pid_t pid) const;  // that there is now

 private:
  [[nodiscard]] CgroupWords words_of(const std::string& directory) const;
  [[nodiscard]] std::string directory_by_id(std::uint64_t id) const;
  void look_around();

  CgroupMount mount_;
  UniqueFd root_;
  std::unordered_map<std::uint64_t, CgroupWords> known_;
};

}  // namespace cutpoint
