// SPDX-License-Identifier: Apache-2.0
// What the loaded programs have counted, on all processors, and with the messages of the segments
// that they count as a whole (bpf/abi/glances.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "bpf/abi/counters.h"

struct cutpoint_bpf;

namespace cutpoint {

using Counters = std::array<std::uint64_t, CUT_COUNTERS_TOTAL>;   // by enum cut_counter
using MomentCounts = std::array<std::uint64_t, CUT_MOMENT_BITS>;  // messages, by moment

// nullopt: a map cannot be read (errno).
std::optional<Counters> counters_of(const cutpoint_bpf& skeleton);
std::optional<MomentCounts> moment_counts_of(const cutpoint_bpf& skeleton, std::size_t service);

}  // namespace cutpoint
