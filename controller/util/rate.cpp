// SPDX-License-Identifier: Apache-2.0
#include "controller/util/rate.h"

#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace cutpoint {
namespace {

struct Unit {
  std::string_view name;
  double bytes;
};

constexpr double kilo = 1e3;
constexpr double kibi = 1024;
constexpr std::array units{
    Unit{"GiB", kibi* kibi* kibi},
    Unit{"GB", kilo* kilo* kilo},
    Unit{"MiB", kibi* kibi},
    Unit{"MB", kilo* kilo},
    Unit{"KiB", kibi},
    Unit{"kB", kilo},
    Unit{"B", 1},
};
constexpr std::string_view per_second = "/s";
constexpr double most = 1e12;

}  // namespace

std::optional<std::uint64_t> parse_rate(std::string_view text) {
  if (!text.ends_with(per_second)) return std::nullopt;
  text.remove_suffix(per_second.size());
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || text.starts_with('-')) return std::nullopt;
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    const double rate = number * unit.bytes;
    if (!(rate >= 1) || rate > most) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(rate));
  }
  return std::nullopt;
}

std::string format_rate(std::uint64_t bytes_per_second) {
  std::string shortest = fmt::format("{} B/s", bytes_per_second);
  for (const Unit& unit : units) {
    const double number = static_cast<double>(bytes_per_second) / unit.bytes;
    std::string text = fmt::format("{} {}/s", number, unit.name);
    if (number >= 1 && text.size() < shortest.size()) shortest = std::move(text);
  }
  return shortest;
}

}  // namespace cutpoint
