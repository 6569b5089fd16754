// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cutpoint {

// "30s", "150ms", "2m", "1.5s", "250us"; units are ns, us, ms, s, m, h, and one is required.
// nullopt: not a duration, or negative, or finer than a nanosecond, or longer than a year:
// sums of several must not overflow.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

// Why parse_duration() refuses `text`, and what to write instead; empty if it does not.
// The end of a message such as "`for` must be a duration: …"; e.g. "`30` has no unit; write e.g.
// `30s`", "unknown unit `sec` in `30sec`; did you mean `s`?"
std::string explain_duration(std::string_view text);

// The shortest exact form for a human: "30 s", "150 ms", "3.2 s" (at most three digits; seconds up
// to 999 s).
std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace cutpoint
