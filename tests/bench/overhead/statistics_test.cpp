// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/overhead/statistics.h"

#include <cmath>
#include <gtest/gtest.h>

namespace cutpoint::bench {
namespace {

TEST(PairedRatio, of_constant_pairs_is_known_exactly) {
  const Ratio ratio = paired_ratio({9, 18, 27}, {10, 20, 30});
  EXPECT_DOUBLE_EQ(ratio.mean, 0.9);
  EXPECT_NEAR(ratio.half_width(), 0, 1e-12);
}

// A common factor of a turn, such as a busy host, is in both and counts nothing.
TEST(PairedRatio, compares_within_a_turn) {
  EXPECT_NEAR(paired_ratio({5, 50, 500}, {10, 100, 1000}).half_width(), 0, 1e-12);
}

// Logarithms 0.1 and -0.1: the error of their mean is 0.1, and t is 12.706 with one degree of
// freedom.
TEST(PairedRatio, interval_is_students) {
  const Ratio ratio = paired_ratio({std::exp(0.1), std::exp(-0.1)}, {1, 1});
  EXPECT_NEAR(ratio.mean, 1, 1e-12);
  EXPECT_NEAR(std::log(ratio.high), 1.2706, 1e-4);
  EXPECT_NEAR(std::log(ratio.low), -1.2706, 1e-4);
}

// With 30 degrees of freedom t is 2.042 (tables); the expansion takes over after 10.
TEST(PairedRatio, interval_of_many_pairs_is_students) {
  std::vector<double> numerators(31, 1);
  numerators[0] = std::exp(1.0);
  // One logarithm of 1 among 31: the error of the mean is 1/31.
  EXPECT_NEAR(std::log(paired_ratio(numerators, std::vector<double>(31, 1)).high) * 31, 1 + 2.042,
              0.002);
}

TEST(PairedRatio, surplus_of_either_is_passed_over) {
  EXPECT_DOUBLE_EQ(paired_ratio({1, 1}, {2, 2, 9, 9}).mean, 0.5);
}

TEST(PairedRatio, of_one_pair_is_not_known) {
  EXPECT_EQ(paired_ratio({1}, {2}).low, 0);
}

// Of eight logarithms two are left out at either end.
TEST(TypicalRatio, leaves_out_what_was_disturbed) {
  EXPECT_NEAR(typical_ratio({1, 90, 97, 98, 99, 100, 900, 9000}, std::vector<double>(8, 100)),
              std::pow(0.97 * 0.98 * 0.99, 0.25), 1e-12);
}

TEST(TypicalRatio, of_a_trial_whose_speed_changes_is_that_of_its_turns) {
  EXPECT_NEAR(typical_ratio({9, 90, 900, 9000}, {10, 100, 1000, 10000}), 0.9, 1e-12);
}

TEST(TypicalRatio, does_not_mind_a_turn_of_none) {
  EXPECT_NEAR(typical_ratio({0, 9, 9, 0, 9}, {10, 10, 10, 0, 0}), 0.9, 1e-12);
  EXPECT_EQ(typical_ratio({0, 0, 0, 9}, {10, 10, 10, 10}), 0);
}

TEST(TypicalRatio, of_nothing_is_no_number) {
  EXPECT_TRUE(std::isnan(typical_ratio({}, {})));
}

}  // namespace
}  // namespace cutpoint::bench
