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
  for (const char* list : {"attempts", "invariants", "findings"}) {
    for (const json& one : report.at(list)) {
      for (const json& number : one.at("evidence")) cited_.insert(number.get<std::uint64_t>());
    }
  }
}

void TimelineMatch::add(const json& entry) {
  is_empty_ = false;
  cited_.erase(entry.at("seq").get<std::uint64_t>());
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

Status TimelineMatch::add_all(std::istream& lines) {
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const json entry = entry_of(line);
    if (entry.is_null()) continue;
    if (const std::string why = mistake_in(entry); !why.empty()) return no_entry(number, why);
    add(entry);
  }
  return {};
}

// Empty: it is that of the report.
std::string TimelineMatch::mistake() const {
  if (firings_.empty() && flows_.empty() && cited_.empty()) return "";
  if (is_empty_) return "it is empty";
  if (!firings_.empty()) {
    const auto& [number, firing] = *firings_.begin();
    return fmt::format("entry {} is not where {} fired at byte {} of {}", number,
                       firing.fault.get<std::string>(), firing.cut.dump(),
                       firing.flow.get<std::string>());
  }
  if (!flows_.empty()) return "no entry is of the flow " + *flows_.begin();
  return fmt::format("it has no entry {}, which the report names as evidence", *cited_.begin());
}

Status TimelineMatch::status(const std::string& file) const {
  const std::string why = mistake();
  if (why.empty()) return {};
  return Error{ExitCode::usage,
               fmt::format("{} is not the timeline of the report beside it: {}", file, why),
               "name the directory of a run (`--out`), with all its files as it left them"};
}

bool has_no_timeline(const json& report) {
  const json missing = report.value("not_written", json::array());
  return std::find(missing.begin(), missing.end(), "timeline.jsonl") != missing.end();
}

}  // namespace cutpoint
