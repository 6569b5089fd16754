// SPDX-License-Identifier: Apache-2.0
// What a person sees while a run is going on: on a terminal a status line that is rewritten in
// place, else plain log lines. Everything goes to stderr; the report alone goes to stdout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cutpoint {

struct FaultProgress {
  std::string name;
  enum class State { waiting, armed, fired, healed } state = State::waiting;
  std::int64_t heals_at_ns = 0;  // CLOCK_MONOTONIC; while fired
};

class Progress {
 public:
  // `terminal`: stderr is one. `quiet`: nothing but what somebody has to see to.
  explicit Progress(bool terminal, bool quiet = false);
  ~Progress();  // leaves no half line behind
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A line that stays: "12.345 fired: partition-at-commit …", seconds since the start.
  void log(std::string_view line);
  // Likewise, also where it is quiet: it is in no report, or nobody may have one.
  void warn(std::string_view line);
  void phase(std::string_view name);
  // Redraws the status line; nothing without a terminal.
  void draw(const std::vector<FaultProgress>& faults);

 private:
  void erase();
  void write(std::string_view text);

  bool terminal_;
  bool quiet_;
  bool drawn_ = false;
  std::int64_t started_ns_;
  std::string phase_ = "prepare";
};

}  // namespace cutpoint
