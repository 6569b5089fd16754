// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/trace/held.h"

#include <bpf/bpf.h>
#include <filesystem>
#include <fstream>

#include "controller/util/unique_fd.h"

namespace cutpoint::bench {

std::set<std::uint32_t> held_ids(pid_t holder, Held what) {
  const std::string key = what == Held::maps ? "map_id:" : "prog_id:";
  const std::string directory = "/proc/" + std::to_string(holder) + "/fdinfo";
  std::set<std::uint32_t> ids;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream info(entry.path());
    std::string word;
    while (info >> word) {
      std::uint32_t id = 0;
      if (word == key && info >> id) ids.insert(id);
    }
  }
  return ids;
}

std::map<std::string, Runs> runs_of(pid_t holder) {
  std::map<std::string, Runs> all;
  for (const std::uint32_t id : held_ids(holder, Held::programs)) {
    const UniqueFd program(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) continue;
    if (info.run_cnt != 0) all[info.name] = {.count = info.run_cnt, .ns = info.run_time_ns};
  }
  return all;
}

}  // namespace cutpoint::bench
