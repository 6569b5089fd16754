// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/overhead/program_runs.h"

#include <bpf/bpf.h>

#include "controller/util/unique_fd.h"

namespace cutpoint::bench {

std::map<std::string, Runs> runs_of(const std::set<int>& ids) {
  std::map<std::string, Runs> all;
  for (const int id : ids) {
    const UniqueFd program(bpf_prog_get_fd_by_id(static_cast<std::uint32_t>(id)));
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) continue;
    if (info.run_cnt != 0) all[info.name] = {.count = info.run_cnt, .ns = info.run_time_ns};
  }
  return all;
}

}  // namespace cutpoint::bench
