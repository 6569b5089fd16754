// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/counted.h"

#include "bpf/abi/glances.h"
#include "bpf/abi/peer.h"
#include "controller/kernel/glanced_kinds.h"
#include "controller/kernel/per_cpu.h"
#include "generated/cutpoint.skel.h"

namespace cutpoint {
namespace {

// Segments by service and enum cut_glanced.
using Glanced = std::array<std::uint64_t, sizeof(cut_glanced_counts) / sizeof(std::uint64_t)>;

std::optional<Glanced> glanced_of(const cutpoint_bpf& skeleton) {
  return sum_over_cpus<std::tuple_size_v<Glanced>>(skeleton.maps.packets, 0);
}

}  // namespace

std::optional<Counters> counters_of(const cutpoint_bpf& skeleton) {
  auto sums = sum_over_cpus<CUT_COUNTERS_TOTAL>(skeleton.maps.counters, 0);
  const auto glanced = glanced_of(skeleton);
  if (!sums || !glanced) return std::nullopt;
  for (std::size_t i = 0; i < glanced->size(); ++i) {
    const std::size_t kind = i % CUT_GLANCED_SLOTS;
    if (kind >= glanced_kinds.size()) continue;
    (*sums)[CUT_COUNT_SEGMENTS] += glanced->at(i);
    if (skeleton.rodata->counting == 0) continue;
    (*sums)[CUT_COUNT_MESSAGES] += glanced->at(i) * glanced_kinds.at(kind).messages;
  }
  return sums;
}

std::optional<MomentCounts> moment_counts_of(const cutpoint_bpf& skeleton, std::size_t service) {
  auto sums = sum_over_cpus<CUT_MOMENT_BITS>(skeleton.maps.moment_counts,
                                             static_cast<std::uint32_t>(service));
  const auto glanced = glanced_of(skeleton);
  if (!sums || !glanced) return std::nullopt;
  if (skeleton.rodata->counting == 0) return sums;
  for (std::size_t kind = 0; kind < glanced_kinds.size(); ++kind) {
    for (std::size_t moment = 0; moment < sums->size(); ++moment) {
      if ((glanced_kinds.at(kind).moments >> moment & 1U) != 0) {
        sums->at(moment) += glanced->at(service * CUT_GLANCED_SLOTS + kind);
      }
    }
  }
  return sums;
}

}  // namespace cutpoint
