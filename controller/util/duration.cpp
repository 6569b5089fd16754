// SPDX-License-Identifier: Apache-2.0
#include "controller/util/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

#include "controller/util/nearest.h"

namespace cutpoint {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::array units{
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

// Words that people write for a unit; a longer one is recognised by its beginning.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> spoken{{
    {"nano", "ns"},
    {"micro", "us"},
    {"milli", "ms"},
    {"sec", "s"},
    {"min", "m"},
    {"h", "h"},
}};

struct Parts {
  std::string_view whole;     // digits before the point
  std::string_view fraction;  // digits after it
  bool point = false;
  std::string_view unit;  // the rest
};

constexpr std::string_view digits = "0123456789";

std::string_view take_digits(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of(digits), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

Parts split(std::string_view text) {
  Parts parts;
  parts.whole = take_digits(text);
  if (!parts.whole.empty() && text.starts_with('.')) {
    parts.point = true;
    text.remove_prefix(1);
    parts.fraction = take_digits(text);
  }
  parts.unit = text;
  return parts;
}

bool has_number(const Parts& parts) {
  return !parts.whole.empty() && parts.point == !parts.fraction.empty();
}

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

// The fraction × unit; nullopt: no whole number of nanoseconds, or more than nine decimals.
std::optional<std::int64_t> multiply_fraction(std::string_view fraction, std::int64_t unit) {
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  if (fraction.size() > 9) return std::nullopt;
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  for (const char digit : fraction) {
    numerator = numerator * 10 + (digit - '0');
    denominator *= 10;
  }
  if (unit % denominator == 0) return numerator * (unit / denominator);
  std::int64_t product = 0;
  if (__builtin_mul_overflow(numerator, unit, &product)) return std::nullopt;
  if (product % denominator != 0) return std::nullopt;
  return product / denominator;
}

// whole.fraction × unit; nullopt: too large, or no whole number of nanoseconds.
std::optional<std::int64_t> multiply(const Parts& parts, const Unit& unit) {
  std::int64_t total = 0;
  const char* const end = parts.whole.data() + parts.whole.size();
  if (std::from_chars(parts.whole.data(), end, total).ec != std::errc{}) return std::nullopt;
  if (__builtin_mul_overflow(total, unit.nanoseconds, &total)) return std::nullopt;
  const auto fraction = multiply_fraction(parts.fraction, unit.nanoseconds);
  if (!fraction || __builtin_add_overflow(total, *fraction, &total)) return std::nullopt;
  return total;
}

constexpr std::int64_t longest = 8760 * units.back().nanoseconds;  // a year

std::vector<std::string> unit_names() {
  std::vector<std::string> names;
  names.reserve(units.size());
  for (const Unit& unit : units) names.emplace_back(unit.name);
  return names;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const Parts parts = split(text);
  const Unit* unit = find_unit(parts.unit);
  if (!has_number(parts) || unit == nullptr) return std::nullopt;
  const auto total = multiply(parts, *unit);
  if (!total || *total > longest) return std::nullopt;
  return std::chrono::nanoseconds(*total);
}

std::string explain_duration(std::string_view text) {
  const Parts parts = split(text);
  if (!has_number(parts)) return fmt::format("`{}` is none; write e.g. `30s`", text);
  if (parts.unit.empty()) return fmt::format("`{}` has no unit; write e.g. `{}s`", text, text);
  const Unit* unit = find_unit(parts.unit);
  if (unit == nullptr) {
    const std::string_view bare =
        parts.unit.substr(std::min(parts.unit.find_first_not_of(' '), parts.unit.size()));
    if (bare.size() < parts.unit.size() && find_unit(bare) != nullptr) {
      return fmt::format("`{}` has a blank before its unit", text);
    }
    const std::string problem = fmt::format("unknown unit `{}` in `{}`", parts.unit, text);
    for (const auto& [beginning, name] : spoken) {
      if (parts.unit.starts_with(beginning)) {
        return fmt::format("{}; did you mean `{}`?", problem, name);
      }
    }
    return problem + suggest_name(parts.unit, unit_names());
  }
  const auto total = multiply(parts, *unit);
  if (total && *total > longest) {
    return fmt::format("`{}` is more than a year; write at most `8760h`", text);
  }
  if (total) return "";
  return fmt::format("`{}` is too long, or no whole number of nanoseconds", text);
}

std::string format_duration(std::chrono::nanoseconds duration) {
  if (duration.count() == 0) return "0 s";
  const double magnitude = std::abs(static_cast<double>(duration.count()));
  const char* const sign = duration.count() < 0 ? "-" : "";
  for (const Unit& unit : units) {
    const double value = magnitude / static_cast<double>(unit.nanoseconds);
    const bool largest = &unit == &units.back();
    if (value >= 999.5 && !largest) continue;  // would need a fourth digit
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    std::string number = fmt::format("{:.{}f}", value, decimals);
    if (decimals > 0) number.erase(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) number.pop_back();
    return fmt::format("{}{} {}", sign, number, unit.name);
  }
  return "";  // not reached: the largest unit takes everything
}

}  // namespace cutpoint
