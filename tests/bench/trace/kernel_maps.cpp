// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/trace/kernel_maps.h"

#include <bpf/bpf.h>
#include <stdexcept>

#include "tests/scenarios/host_state.h"

namespace cutpoint::bench {

KernelMaps::KernelMaps(pid_t holder) {
  for (const int id : held_by(holder).maps) {
    UniqueFd fd(bpf_map_get_fd_by_id(static_cast<std::uint32_t>(id)));
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0) continue;
    if (info.type != BPF_MAP_TYPE_HASH) continue;
    maps_.push_back({info.name, std::move(fd), info.key_size, info.max_entries});
  }
  if (maps_.empty()) throw std::runtime_error("the trace holds no hash maps");
}

// A walk that meets a removal begins again: it counts an entry twice rather than go on for ever, so
// that one of a map that is at rest alone is exact.
std::map<std::string, std::uint64_t> KernelMaps::entries() const {
  std::map<std::string, std::uint64_t> counts;
  for (const Map& map : maps_) {
    std::vector<char> key(map.key_size);
    std::uint64_t& count = counts[map.name];
    bool more = bpf_map_get_next_key(map.fd.get(), nullptr, key.data()) == 0;
    while (more && count < map.max_entries) {
      ++count;
      more = bpf_map_get_next_key(map.fd.get(), key.data(), key.data()) == 0;
    }
  }
  return counts;
}

std::map<std::string, std::uint64_t> KernelMaps::bounds() const {
  std::map<std::string, std::uint64_t> all;
  for (const Map& map : maps_) all[map.name] = map.max_entries;
  return all;
}

}  // namespace cutpoint::bench
