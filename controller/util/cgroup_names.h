// SPDX-License-Identifier: Apache-2.0
// Which cgroup an id is, in words.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "controller/util/cgroup.h"

namespace cutpoint {

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
