// SPDX-License-Identifier: Apache-2.0
// How many lines a second a trace may write. What is left out is counted.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cutpoint {

// "100/s"; nullopt: not that, or 0, or more than a million.
std::optional<std::uint64_t> parse_line_rate(std::string_view text);

class LineRate {
 public:
  // nullopt: any number.
  explicit LineRate(std::optional<std::uint64_t> per_second) : most_(per_second) {}

  // One more, at this time: it may be shown. The first of each second are.
  bool admit(std::int64_t now_ns);
  // How many were left out in the second before this time's, once; 0: none, or that was said.
  std::uint64_t take_withheld(std::int64_t now_ns);
  // Likewise, whatever the time is: at the end.
  std::uint64_t take_withheld();

  [[nodiscard]] std::uint64_t withheld() const { return withheld_; }  // in all
  [[nodiscard]] std::uint64_t per_second() const { return most_.value_or(0); }

 private:
  std::optional<std::uint64_t> most_;
  std::int64_t second_ = -1;
  std::uint64_t shown_ = 0;  // in this second
  std::uint64_t withheld_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace cutpoint
