// SPDX-License-Identifier: Apache-2.0
// The hash maps of a process's BPF programs, from outside: how full they are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

#include "controller/util/unique_fd.h"

namespace cutpoint::bench {

class KernelMaps {
 public:
  // Those that the process holds now. Throws where it holds none.
  explicit KernelMaps(pid_t holder);

  // Entries by map, at this moment.
  [[nodiscard]] std::map<std::string, std::uint64_t> entries() const;
  // As many as there may be.
  [[nodiscard]] std::map<std::string, std::uint64_t> bounds() const;

 private:
  struct Map {
    std::string name;
    UniqueFd fd;
    std::uint32_t key_size = 0;
    std::uint32_t max_entries = 0;
  };
  std::vector<Map> maps_;
};

}  // namespace cutpoint::bench
