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

// By their logarithms, with Student's t. Of fewer than two the interval is everything from 0 to
// infinity.
Ratio mean_ratio(const std::vector<double>& ratios);

// Of numerators[i] over denominators[i].
Ratio paired_ratio(const std::vector<double>& numerators, const std::vector<double>& denominators);

// The interquartile mean of numerators[i] over denominators[i], by their logarithms: what has
// disturbed one of a pair and not the other is in the quarters that are left out. A pair of zeros
// is none; 0 or infinity: too many were of one zero. NaN: there are no pairs.
double typical_ratio(const std::vector<double>& numerators,
                     const std::vector<double>& denominators);

// Of each trial: transactions a second with what is measured, and without it, and the ratio of the
// two, typical_ratio() of the trial's turns if it has any.
struct Pairs {
  std::vector<double> with;
  std::vector<double> bare;
  std::vector<double> ratio;

  void add(double tps_with, double tps_bare, double typical) {
    with.push_back(tps_with);
    bare.push_back(tps_bare);
    ratio.push_back(typical);
  }
  [[nodiscard]] Ratio over_bare() const { return mean_ratio(ratio); }
  [[nodiscard]] Ratio over_bare_with_disturbances() const { return paired_ratio(with, bare); }
};

}  // namespace cutpoint::bench
