// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/picture_windows.h"

#include <algorithm>
#include <cmath>

#include "controller/report/fault_section.h"
#include "controller/report/html/picture_lanes.h"
#include "controller/report/recorded_entry.h"

namespace cutpoint::html {
namespace {

using nlohmann::json;

using Window = std::pair<std::int64_t, std::int64_t>;  // from, until

// All of them, if they are few enough: else the closest ones as one.
std::vector<Window> joined(const std::vector<Window>& windows, std::int64_t end_ns) {
  const std::int64_t closest =
      (end_ns - windows.front().first) / static_cast<std::int64_t>(Windows::most_windows);
  std::vector<Window> few;
  for (const auto& [from, until] : windows) {
    const bool join =
        windows.size() > Windows::most_windows && !few.empty() && from - few.back().first < closest;
    if (!join) few.emplace_back(from, until);
    few.back().second = std::min(until, end_ns);
  }
  return few;
}

}  // namespace

Windows::Windows(const json& report) {
  for (const json& fault : report.at("faults")) {
    const auto name = fault.at("name").get<std::string>();
    windows_[name];
    if (!fault.at("healed").is_null()) healed_[name] = fault.at("healed").get<double>();
  }
}

void Windows::add(const json& line) {
  const json& what = line.at("what");
  if (what == "fired") {
    auto& list = windows_[line.value("fault", std::string())];
    // It fires again while it is on: the same window.
    if (list.empty() || list.back().second != open_end) list.emplace_back(ns_of(line), open_end);
  }
  if (what != "healed") return;
  auto& list = windows_[note_text(line, "fault")];
  if (!list.empty()) list.back().second = std::max(list.back().first, ns_of(line));
}

json Windows::take(std::int64_t zero_ns, std::int64_t end_ns) && {
  json result = json::array();
  for (auto& [fault, list] : windows_) {
    if (list.empty()) continue;
    if (const auto found = healed_.find(fault); found != healed_.end()) {
      const std::int64_t healed_ns = zero_ns + std::llround(found->second * 1e6);
      list.back().second = std::max(list.back().first, healed_ns);
    }
    for (const auto& [from, until] : joined(list, end_ns)) {
      result.push_back({{"fault", fault},
                        {"from", milliseconds_since(zero_ns, from)},
                        {"until", milliseconds_since(zero_ns, until)}});
    }
  }
  return result;
}

}  // namespace cutpoint::html
