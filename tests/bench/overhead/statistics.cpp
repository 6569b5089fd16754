// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/overhead/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace cutpoint::bench {
namespace {

// Two-sided 95 % of Student's t: by degrees of freedom from 1; then by Cornish and Fisher's
// expansion around the normal quantile, which is right to 0.001 from there on.
double t95(std::size_t freedom) {
  constexpr std::array exact{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
  if (freedom <= exact.size()) return exact[freedom - 1];
  constexpr double z = 1.95996;
  const auto n = static_cast<double>(freedom);
  return z + (z * z * z + z) / (4 * n) +
         (5 * std::pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * n * n);
}

}  // namespace

Ratio mean_ratio(const std::vector<double>& ratios) {
  if (ratios.size() < 2) return {1, 0, std::numeric_limits<double>::infinity()};
  std::vector<double> logs(ratios.size());
  std::transform(ratios.begin(), ratios.end(), logs.begin(),
                 [](double ratio) { return std::log(ratio); });
  const auto n = static_cast<double>(logs.size());
  const double mean = std::accumulate(logs.begin(), logs.end(), 0.0) / n;
  double squares = 0;
  for (const double value : logs) squares += (value - mean) * (value - mean);
  const double error = t95(logs.size() - 1) * std::sqrt(squares / (n - 1) / n);
  return {std::exp(mean), std::exp(mean - error), std::exp(mean + error)};
}

Ratio paired_ratio(const std::vector<double>& numerators, const std::vector<double>& denominators) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(numerators.size(), denominators.size()); ++i)
    ratios.push_back(numerators[i] / denominators[i]);
  return mean_ratio(ratios);
}

double typical_ratio(const std::vector<double>& numerators,
                     const std::vector<double>& denominators) {
  std::vector<double> logs;
  for (std::size_t i = 0; i < std::min(numerators.size(), denominators.size()); ++i) {
    if (numerators[i] != 0 || denominators[i] != 0)
      logs.push_back(std::log(numerators[i] / denominators[i]));
  }
  std::sort(logs.begin(), logs.end());
  const auto left_out = static_cast<std::ptrdiff_t>(logs.size() / 4);
  const auto first = logs.begin() + left_out, last = logs.end() - left_out;
  return std::exp(std::accumulate(first, last, 0.0) / static_cast<double>(last - first));
}

}  // namespace cutpoint::bench
