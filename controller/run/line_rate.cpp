// SPDX-License-Identifier: Apache-2.0
#include "controller/run/line_rate.h"

#include <charconv>
#include <utility>

namespace cutpoint {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

}  // namespace

std::optional<std::uint64_t> parse_line_rate(std::string_view text) {
  constexpr std::string_view unit = "/s";
  constexpr std::uint64_t most = 1'000'000;
  if (!text.ends_with(unit)) return std::nullopt;
  text.remove_suffix(unit.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number == 0 || number > most) return std::nullopt;
  return number;
}

bool LineRate::admit(std::int64_t now_ns) {
  if (!most_) return true;
  if (now_ns / ns_per_second > second_) {  // two processors may swap theirs
    second_ = now_ns / ns_per_second;
    shown_ = 0;
  }
  if (shown_ < *most_) {
    ++shown_;
    return true;
  }
  ++withheld_;
  return false;
}

std::uint64_t LineRate::take_withheld(std::int64_t now_ns) {
  return now_ns / ns_per_second <= second_ ? 0 : take_withheld();
}

std::uint64_t LineRate::take_withheld() {
  return withheld_ - std::exchange(told_, withheld_);
}

}  // namespace cutpoint
