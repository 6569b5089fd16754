// SPDX-License-Identifier: Apache-2.0
// What the programs count in maps that have a value for each processor.
#pragma once

#include <algorithm>
#include <array>
#include <bpf/libbpf.h>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace cutpoint {

// Sums over the CPUs, of one element of a per-CPU array that is an array of counts. nullopt: it
// cannot be read (errno).
template <std::size_t size>
std::optional<std::array<std::uint64_t, size>> sum_over_cpus(const bpf_map* map,
                                                             std::uint32_t key) {
  using Counts = std::array<std::uint64_t, size>;
  std::vector<Counts> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  if (bpf_map__lookup_elem(map, &key, sizeof key, values.data(), values.size() * sizeof(Counts),
                           0) != 0) {
    return std::nullopt;
  }
  Counts sums{};
  for (const Counts& value : values) {
    std::transform(sums.begin(), sums.end(), value.begin(), sums.begin(), std::plus<>());
  }
  return sums;
}

}  // namespace cutpoint
