// SPDX-License-Identifier: Apache-2.0
#include "controller/util/duration.h"

#include <gtest/gtest.h>
#include <limits>

namespace cutpoint {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("250us"), 250us);
  EXPECT_EQ(parse_duration("150ms"), 150ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("3h"), 3h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(ParseDuration, ReadsFractionsExactly) {
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("0.1s"), 100ms);
  EXPECT_EQ(parse_duration("1.000000001s"), 1s + 1ns);
  EXPECT_EQ(parse_duration("0.250000000000000ms"), 250us);
  EXPECT_EQ(parse_duration("0.5us"), 500ns);
  EXPECT_EQ(parse_duration("0.5h"), 30min);
}

TEST(ParseDuration, RefusesWhatIsFinerThanANanosecond) {
  EXPECT_EQ(parse_duration("0.5ns"), std::nullopt);
  EXPECT_EQ(parse_duration("1.0000000001s"), std::nullopt);
}

TEST(ParseDuration, RefusesWhatDoesNotFit) {
  EXPECT_EQ(parse_duration("8760h"), std::chrono::hours(8760));
  EXPECT_EQ(parse_duration("31536000000000001us"), std::nullopt);
  EXPECT_EQ(parse_duration("9223372036854775807ns"), std::nullopt);
  EXPECT_EQ(parse_duration("9223372036854775808ns"), std::nullopt);
  EXPECT_EQ(parse_duration("9223372036.9s"), std::nullopt);
  EXPECT_EQ(parse_duration("99999999999999999999h"), std::nullopt);
}

TEST(ParseDuration, RefusesWhatIsNone) {
  for (const char* text : {"", "s", "30", "1.5", "1.s", ".5s", "-1s", "+1s", "30 s", " 30s", "30s ",
                           "30S", "1e3s", "30sec", "1m30s", "0x10s", "never"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(ExplainDuration, SaysWhatToWriteInstead) {
  EXPECT_EQ(explain_duration("30s"), "");
  EXPECT_EQ(explain_duration("30"), "`30` has no unit; write e.g. `30s`");
  EXPECT_EQ(explain_duration(""), "`` is none; write e.g. `30s`");
  EXPECT_EQ(explain_duration("-1s"), "`-1s` is none; write e.g. `30s`");
  EXPECT_EQ(explain_duration("1.s"), "`1.s` is none; write e.g. `30s`");
  EXPECT_EQ(explain_duration("30sec"), "unknown unit `sec` in `30sec`; did you mean `s`?");
  EXPECT_EQ(explain_duration("5millis"), "unknown unit `millis` in `5millis`; did you mean `ms`?");
  EXPECT_EQ(explain_duration("5MS"), "unknown unit `MS` in `5MS`; did you mean `ms`?");
  EXPECT_EQ(explain_duration("5d"), "unknown unit `d` in `5d`; valid: ns, us, ms, s, m, h");
  EXPECT_EQ(explain_duration("30 s"), "`30 s` has a blank before its unit");
  EXPECT_EQ(explain_duration("2000000h"), "`2000000h` is more than a year; write at most `8760h`");
  EXPECT_FALSE(parse_duration("8761h"));
  EXPECT_TRUE(parse_duration("8760h"));
  EXPECT_EQ(explain_duration("0.5ns"), "`0.5ns` is too long, or no whole number of nanoseconds");
}

TEST(FormatDuration, IsShortAndExactWhereThreeDigitsAllow) {
  EXPECT_EQ(format_duration(30s), "30 s");
  EXPECT_EQ(format_duration(150ms), "150 ms");
  EXPECT_EQ(format_duration(3200ms), "3.2 s");
  EXPECT_EQ(format_duration(120s), "120 s");
  EXPECT_EQ(format_duration(0s), "0 s");
  EXPECT_EQ(format_duration(1ns), "1 ns");
  EXPECT_EQ(format_duration(-1500ms), "-1.5 s");
}

TEST(FormatDuration, RoundsToThreeDigitsAndCarriesIntoTheNextUnit) {
  EXPECT_EQ(format_duration(53'127ms), "53.1 s");
  EXPECT_EQ(format_duration(3'204ms), "3.2 s");
  EXPECT_EQ(format_duration(9'999ms), "10 s");
  EXPECT_EQ(format_duration(99'960ms), "100 s");
  EXPECT_EQ(format_duration(999'600us), "1 s");
  EXPECT_EQ(format_duration(1000s), "16.7 m");
  EXPECT_EQ(format_duration(100h), "100 h");
}

TEST(FormatDuration, TakesTheLargestDurations) {
  EXPECT_EQ(format_duration(std::chrono::nanoseconds::max()), "2562048 h");
  EXPECT_EQ(format_duration(std::chrono::nanoseconds::min()), "-2562048 h");
}

}  // namespace
}  // namespace cutpoint
