// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cutpoint {

// Bytes per second of "64KiB/s", "1.5MB/s", "9600B/s"; units are B, kB, MB, GB (powers of 1000) and
// KiB, MiB, GiB (of 1024), and one is required. nullopt: not a rate, or less than 1 B/s, or more
// than 1 TB/s.
std::optional<std::uint64_t> parse_rate(std::string_view text);

// "64 KiB/s", "1.5 MB/s": the unit that needs the fewest digits.
std::string format_rate(std::uint64_t bytes_per_second);

}  // namespace cutpoint
