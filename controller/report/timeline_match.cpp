// SPDX-License-Identifier: Apache-2.0
#include "controller/report/timeline_match.h"

#include <algorithm>
#include <fmt/format.h>

#include "controller/report/recorded_entry.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// null: it does not say.
json said(const json& entry, const char* key) {
  const auto found = entry.find(key);
  return found == entry.end() ? json(nullptr) : *found;
}

}  // namespace

TimelineMatch::TimelineMatch(const json& report) {
  for (const json& fault : report.at("faults")) {
    const json& cut = fault.at("cut");
    if (cut.is_null()) continue;
    firings_[cut.at("evidence").get<std::uint64_t>()] = {fault.at("name"), cut.at("flow"),
                                                         cut.at("seq")};
  }
  for (const char* list : {"attempts", "exchanges"}) {
    for (const json& one : report.at(list)) {
      // An attempt that its application alone has told of has none.
      if (!one.at("flow").is_null()) flows_.insert(one.at("flow").get<std::string>());
    }
  }
}

void TimelineMatch::add(const json& entry) {
  const json flow = said(entry, "flow");
  if (flow.is_string()) flows_.erase(flow.get<std::string>());
  const json what = said(entry, "what");
  if (what != "fired" && what != "would_fire") return;
  const auto found = firings_.find(entry.at("seq").get<std::uint64_t>());
  if (found == firings_.end()) return;
  const Firing& firing = found->second;
  if (said(entry, "fault") != firing.fault || flow != firing.flow) return;
  if (said(entry, "cut") == firing.cut) firings_.erase(found);
}

void TimelineMatch::add_all(std::istream& lines) {
  for (std::string line; std::getline(lines, line);) {
    if (const json entry = entry_of(line); !entry.is_null()) add(entry);
  }
}

Status TimelineMatch::status(const std::string& file) const {
  if (firings_.empty() && flows_.empty()) return {};
  const std::string why =
      firings_.empty()
          ? "no entry is of the flow " + *flows_.begin()
          : fmt::format("entry {} is not where {} fired at byte {} of {}", firings_.begin()->first,
                        firings_.begin()->second.fault.get<std::string>(),
                        firings_.begin()->second.cut.dump(),
                        firings_.begin()->second.flow.get<std::string>());
  return Error{ExitCode::usage,
               fmt::format("{} is not the timeline of the report beside it: {}", file, why),
               "name the directory of a run (`--out`), with all its files as it left them"};
}

bool has_no_timeline(const json& report) {
  const json missing = report.value("not_written", json::array());
  return std::find(missing.begin(), missing.end(), "timeline.jsonl") != missing.end();
}

}  // namespace cutpoint
