// SPDX-License-Identifier: Apache-2.0
// A histogram of the kernel (bpf/abi/histogram.h), for people and for programs.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "bpf/abi/histogram.h"

namespace cutpoint {

using HistogramCounts = std::array<std::uint64_t, CUT_HISTOGRAM_COUNTS>;

// Measured ones, without those that were passed over.
std::uint64_t measured(const HistogramCounts& counts);

// A line per power of two between the lowest and the highest that occur, with a bar:
//   "      64 us ..  128 us          10 |*****               |"
std::string histogram_text(const HistogramCounts& counts);

// [{"below_ns":131072,"count":10},…], those that are not empty.
std::string histogram_json(const HistogramCounts& counts);

}  // namespace cutpoint
