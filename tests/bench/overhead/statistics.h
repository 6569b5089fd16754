// SPDX-License-Identifier: Apache-2.0
// Ratios of paired measurements.
#pragma once

#include <vector>

namespace cutpoint::bench {

struct Ratio {
  double mean = 0;  // geometric
  double low = 0;   // of the 95 % confidence interval of the mean
  double high = 0;

  [[nodiscard]] double half_width() const { return (high - low) / 2; }
};

// Of numerators[i] over denominators[i], by their logarithms, with Student's t. Without at least
// two pairs the interval is everything from 0 to infinity.
Ratio paired_ratio(const std::vector<double>& numerators, const std::vector<double>& denominators);

// Transactions a second, of each trial: with what is measured, and without it.
struct Pairs {
  std::vector<double> with;
  std::vector<double> bare;

  void add(double tps_with, double tps_bare) {
    with.push_back(tps_with);
    bare.push_back(tps_bare);
  }
  [[nodiscard]] Ratio over_bare() const { return paired_ratio(with, bare); }
};

}  // namespace cutpoint::bench
