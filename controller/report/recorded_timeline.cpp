// SPDX-License-Identifier: Apache-2.0
#include "controller/report/recorded_timeline.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>

#include "controller/report/recorded_entry.h"
#include "controller/report/timeline_match.h"

namespace cutpoint {
namespace {

using nlohmann::json;

Error no_timeline(const std::string& file, const std::string& why) {
  return Error{ExitCode::usage, fmt::format("{} is no timeline: {}", file, why),
               "name the directory of a run (`--out`), with all its files"};
}

}  // namespace

Result<RecordedTimeline> RecordedTimeline::open(const json& report, const std::string& directory) {
  RecordedTimeline timeline((std::filesystem::path(directory) / "timeline.jsonl").string());
  if (has_no_timeline(report)) return no_timeline(timeline.file_, "its run could not write it");
  CUTPOINT_TRY(timeline.find_places(report));
  return timeline;
}

// Entries are written as they arrive, which two processors may swap.
Status RecordedTimeline::find_places(const json& report) {
  std::ifstream stream(file_, std::ios::binary);
  if (!stream) return no_timeline(file_, std::strerror(errno));
  TimelineMatch match(report);
  std::string line;
  for (std::streamoff at = 0; std::getline(stream, line); at = stream.tellg()) {
    const json entry = entry_of(line);
    if (entry.is_null()) {
      return no_timeline(file_, fmt::format("line {} is no entry of one", places_.size() + 1));
    }
    match.add(entry);
    places_.push_back({ns_of(entry), at});
    if (stream.eof()) break;
  }
  CUTPOINT_TRY(match.status(file_));
  std::stable_sort(places_.begin(), places_.end(),
                   [](const Place& left, const Place& right) { return left.ns < right.ns; });
  return {};
}

Status RecordedTimeline::read(const std::function<void(const json& entry)>& read) const {
  std::ifstream stream(file_, std::ios::binary);
  if (!stream) return no_timeline(file_, std::strerror(errno));
  std::string line;
  for (const Place& place : places_) {
    stream.seekg(place.at);
    if (!std::getline(stream, line)) return no_timeline(file_, "it has changed meanwhile");
    stream.clear();  // the last line may end without a newline
    try {
      read(json::parse(line));
    } catch (const json::exception& error) {
      return no_timeline(file_, error.what());
    }
  }
  return {};
}

}  // namespace cutpoint
