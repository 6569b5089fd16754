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

// Sums over the CPUs, of the counts with which one element of a per-CPU array ends. nullopt: it
// cannot be read (errno).
template <std::size_t size>
std::optional<std::array<std::uint64_t, size>> sum_over_cpus(const bpf_map* map,
                                                             std::uint32_t key) {
  const std::size_t words = bpf_map__value_size(map) / sizeof(std::uint64_t);
  std::vector<std::uint64_t> values(words * static_cast<std::size_t>(libbpf_num_possible_cpus()));
  if (bpf_map__lookup_elem(map, &key, sizeof key, values.data(),
                           values.size() * sizeof(std::uint64_t), 0) != 0) {
    return std::nullopt;
  }
  std::array<std::uint64_t, size> sums{};
  for (auto end = values.begin(); end != values.end();) {
    end += static_cast<std::ptrdiff_t>(words);
    std::transform(sums.begin(), sums.end(), end - static_cast<std::ptrdiff_t>(size), sums.begin(),
                   std::plus<>());
  }
  return sums;
}

}  // namespace cutpoint
