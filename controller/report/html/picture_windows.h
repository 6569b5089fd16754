// SPDX-License-Identifier: Apache-2.0
// When the faults of a run were on, for its picture.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace cutpoint::html {

class Windows {
 public:
  explicit Windows(const nlohmann::json& report);
  void add(const nlohmann::json& line);  // of the timeline

  // [{"fault": …, "from": ms, "until": ms}] in order; at most most_windows of each fault: where it
  // fired more often, those that are closest to each other are one. A fault that nothing healed is
  // on to `end_ns`, the end of the run.
  [[nodiscard]] nlohmann::json take(std::int64_t zero_ns, std::int64_t end_ns) &&;

  static constexpr std::size_t most_windows = 200;

 private:
  using Window = std::pair<std::int64_t, std::int64_t>;  // from, until

  std::map<std::string, std::vector<Window>> windows_;  // by fault
  std::map<std::string, double> healed_;  // milliseconds: when the report says so, last
};

}  // namespace cutpoint::html
