// SPDX-License-Identifier: Apache-2.0
#include "controller/run/line_rate.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

constexpr std::int64_t second = 1'000'000'000;

TEST(LineRate, is_a_number_per_second) {
  EXPECT_EQ(parse_line_rate("100/s"), 100U);
  for (const char* text : {"", "100", "/s", "0/s", "-1/s", "1.5/s", "100/m", "1000001/s", "1 /s"}) {
    EXPECT_EQ(parse_line_rate(text), std::nullopt) << text;
  }
}

TEST(LineRate, first_of_each_second_are_admitted_and_the_others_counted) {
  LineRate rate(2);
  EXPECT_TRUE(rate.admit(0));
  EXPECT_TRUE(rate.admit(1));
  EXPECT_FALSE(rate.admit(2));
  EXPECT_FALSE(rate.admit(second - 1));
  EXPECT_EQ(rate.take_withheld(second - 1), 0U) << "the second is not over";
  EXPECT_EQ(rate.take_withheld(second), 2U);
  EXPECT_EQ(rate.take_withheld(second), 0U) << "it was said";
  EXPECT_TRUE(rate.admit(second));
  EXPECT_TRUE(rate.admit(second - 1)) << "late, of another processor";
  EXPECT_FALSE(rate.admit(second + 1));
  EXPECT_EQ(rate.take_withheld(), 1U);
  EXPECT_EQ(rate.withheld(), 3U);
}

TEST(LineRate, without_a_limit_nothing_is_withheld) {
  LineRate rate(std::nullopt);
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(rate.admit(i));
  EXPECT_EQ(rate.withheld(), 0U);
}

}  // namespace
}  // namespace cutpoint
