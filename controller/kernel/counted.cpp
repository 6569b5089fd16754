// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/counted.h"

#include <bpf/libbpf.h>
#include <cstring>
#include <iterator>
#include <vector>

#include "bpf/abi/control.h"
#include "bpf/abi/glances.h"
#include "bpf/abi/peer.h"
#include "controller/kernel/per_cpu.h"
#include "generated/cutpoint.skel.h"

namespace cutpoint {
namespace {

// Of a segment that is counted as a whole.
struct Glanced {
  std::uint64_t messages = 0;
  std::uint64_t moments = 0;  // set
};

constexpr std::array<Glanced, CUT_GLANCED_KINDS> glanced_kinds{{{},
#define X(id, messages, moments) {(messages), (moments)},
                                                                CUT_GLANCES(X)
#undef X
}};

// On all processors; nullopt: cannot be read (errno).
std::optional<cut_glanced_counts> glanced_of(const bpf_map* packets) {
  const auto processors = static_cast<std::size_t>(libbpf_num_possible_cpus());
  const std::size_t bytes = (bpf_map__value_size(packets) + 7U) & ~std::size_t{7};
  std::vector<std::byte> values(processors * bytes);
  const std::uint32_t key = 0;
  if (bpf_map__lookup_elem(packets, &key, sizeof key, values.data(), values.size(), 0) != 0) {
    return std::nullopt;
  }
  cut_glanced_counts sums{};
  for (std::size_t i = 0; i < processors; ++i) {
    cut_glanced_counts counts{};
    std::memcpy(&counts, values.data() + (i + 1) * bytes - sizeof counts, sizeof counts);
    for (std::size_t service = 0; service < std::size(sums.of); ++service) {
      for (std::size_t kind = 0; kind < CUT_GLANCED_SLOTS; ++kind) {
        sums.of[service][kind] += counts.of[service][kind];
      }
    }
  }
  return sums;
}

}  // namespace

std::optional<Counters> counters_of(const cutpoint_bpf& skeleton) {
  auto sums = sum_over_cpus<CUT_COUNTERS_TOTAL>(skeleton.maps.counters, 0);
  const auto glanced = glanced_of(skeleton.maps.packets);
  if (!sums || !glanced) return std::nullopt;
  for (const auto& of_service : glanced->of) {
    for (std::size_t kind = 0; kind < glanced_kinds.size(); ++kind) {
      (*sums)[CUT_COUNT_SEGMENTS] += of_service[kind];
      if (skeleton.rodata->counting == 0) continue;
      (*sums)[CUT_COUNT_MESSAGES] += of_service[kind] * glanced_kinds.at(kind).messages;
    }
  }
  return sums;
}

std::optional<MomentCounts> moment_counts_of(const cutpoint_bpf& skeleton, std::size_t service) {
  auto sums = sum_over_cpus<CUT_MOMENT_BITS>(skeleton.maps.moment_counts,
                                             static_cast<std::uint32_t>(service));
  const auto glanced = glanced_of(skeleton.maps.packets);
  if (!sums || !glanced) return std::nullopt;
  if (skeleton.rodata->counting == 0) return sums;
  for (std::size_t kind = 0; kind < glanced_kinds.size(); ++kind) {
    for (std::size_t moment = 0; moment < sums->size(); ++moment) {
      if ((glanced_kinds.at(kind).moments >> moment & 1U) != 0) {
        sums->at(moment) += glanced->of[service][kind];
      }
    }
  }
  return sums;
}

}  // namespace cutpoint
