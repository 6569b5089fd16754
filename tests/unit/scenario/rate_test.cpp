// SPDX-License-Identifier: Apache-2.0
#include "controller/util/rate.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

TEST(ParseRate, ReadsEveryUnit) {
  EXPECT_EQ(parse_rate("9600B/s"), 9600U);
  EXPECT_EQ(parse_rate("64kB/s"), 64'000U);
  EXPECT_EQ(parse_rate("64KiB/s"), 65'536U);
  EXPECT_EQ(parse_rate("1.5MB/s"), 1'500'000U);
  EXPECT_EQ(parse_rate("2MiB/s"), 2'097'152U);
  EXPECT_EQ(parse_rate("1GB/s"), 1'000'000'000U);
  EXPECT_EQ(parse_rate("1GiB/s"), 1'073'741'824U);
}

TEST(ParseRate, RefusesWhatIsNoRate) {
  for (const char* text : {"", "64", "64KiB", "64/s", "KiB/s", "64kb/s", "64 KiB/s", "-1B/s",
                           "0B/s", "0.4B/s", "1e3B/s", "nanB/s", "infB/s", "2000GB/s", "1B/m"}) {
    EXPECT_EQ(parse_rate(text), std::nullopt) << text;
  }
}

TEST(FormatRate, TakesTheUnitThatNeedsTheFewestDigits) {
  EXPECT_EQ(format_rate(1), "1 B/s");
  EXPECT_EQ(format_rate(65'536), "64 KiB/s");
  EXPECT_EQ(format_rate(64'000), "64 kB/s");
  EXPECT_EQ(format_rate(1'500'000), "1.5 MB/s");
  EXPECT_EQ(format_rate(9601), "9601 B/s");
}

}  // namespace
}  // namespace cutpoint
