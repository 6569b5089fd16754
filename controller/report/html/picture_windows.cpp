// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/picture_windows.h"

#include <algorithm>

#include "controller/report/fault_section.h"
#include "controller/report/html/picture_lanes.h"

namespace cutpoint::html {
namespace {

using nlohmann::json;

std::int64_t ns_of(const json& line) {
  return line.at("ns").get<std::int64_t>();
}

}  // namespace

Windows::Windows(const json& report) {
  for (const json& fault : report.at("faults")) {
    windows_[fault.at("name").get<std::string>()];
  }
}

void Windows::add(const json& line) {
  const auto what = line.at("what").get<std::string>();
  if (what == "fired") {
    auto& list = windows_[line.value("fault", std::string())];
    // It fires again while it is on: the same window.
    if (list.empty() || list.back().second != open_end) list.emplace_back(ns_of(line), open_end);
  }
  if (what != "healed" || !line.contains("data")) return;
  auto& list = windows_[line.at("data").value("fault", std::string())];
  if (!list.empty()) list.back().second = std::max(list.back().first, ns_of(line));
}

json Windows::take(std::int64_t zero_ns, std::int64_t end_ns) && {
  json result = json::array();
  for (auto& [fault, list] : windows_) {
    const std::int64_t span = list.empty() ? 0 : end_ns - list.front().first;
    const auto closest = span / static_cast<std::int64_t>(most_windows);
    std::vector<Window> few;
    for (Window window : list) {
      window.second = std::min(window.second, end_ns);
      const bool join =
          list.size() > most_windows && !few.empty() && window.first - few.back().first < closest;
      if (join) {
        few.back().second = window.second;
      } else {
        few.push_back(window);
      }
    }
    for (const auto& [from, until] : few) {
      result.push_back({{"fault", fault},
                        {"from", milliseconds_since(zero_ns, from)},
                        {"until", milliseconds_since(zero_ns, until)}});
    }
  }
  return result;
}

}  // namespace cutpoint::html
