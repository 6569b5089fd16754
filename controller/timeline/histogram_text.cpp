// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/histogram_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <string_view>

namespace cutpoint {
namespace {

constexpr std::size_t bar_width = 40;

// Powers of two in the unit that people know: 2^10 ns is shown as 1 us, as bcc's tools do.
std::string power_of_two(std::size_t exponent) {
  constexpr std::array<std::string_view, 4> units = {"ns", "us", "ms", "s"};
  constexpr std::size_t step = 10;
  const std::size_t unit = std::min(exponent / step, units.size() - 1);
  return fmt::format("{} {}", 1ULL << (exponent - unit * step), units[unit]);
}

}  // namespace

std::uint64_t measured(const HistogramCounts& counts) {
  return std::accumulate(counts.begin(), counts.begin() + CUT_HISTOGRAM_BUCKETS, std::uint64_t{0});
}

std::string histogram_text(const HistogramCounts& counts) {
  const auto* const end = counts.begin() + CUT_HISTOGRAM_BUCKETS;
  const auto filled = [](std::uint64_t count) { return count != 0; };
  const auto* const first = std::find_if(counts.begin(), end, filled);
  if (first == end) return "";
  const std::uint64_t most = *std::max_element(first, end);
  std::size_t last = CUT_HISTOGRAM_BUCKETS - 1;
  while (counts[last] == 0) --last;
  std::string text;
  for (auto i = static_cast<std::size_t>(first - counts.begin()); i <= last; ++i) {
    const std::size_t bar = (counts[i] * bar_width + most - 1) / most;
    text += fmt::format("   {:>8} .. {:>8} {:>12} |{:<{}}|\n", power_of_two(i), power_of_two(i + 1),
                        counts[i], std::string(bar, '*'), bar_width);
  }
  return text;
}

std::string histogram_json(const HistogramCounts& counts) {
  std::string text;
  for (std::size_t i = 0; i < CUT_HISTOGRAM_BUCKETS; ++i) {
    if (counts[i] == 0) continue;
    text += fmt::format(R"({}{{"below_ns":{},"count":{}}})", text.empty() ? "" : ",", 2ULL << i,
                        counts[i]);
  }
  return "[" + text + "]";
}

}  // namespace cutpoint
