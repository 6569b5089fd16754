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
#include "controller/util/file.h"

namespace cutpoint {
namespace {

using nlohmann::json;

Error no_timeline(const std::string& file, const std::string& why) {
  return Error{ExitCode::usage, fmt::format("{} is no timeline: {}", file, why),
               "name the directory of a run (`--out`), with all its files"};
}

Error unreadable(const std::string& file) {
  const int number = errno;
  Error error = no_timeline(file, std::strerror(number));
  if (number == EACCES) error.remedy = remedy_for_reading;
  return error;
}

}  // namespace

// What is not a regular file may have no end, as a pipe nobody writes to.
Result<std::ifstream> open_timeline(const std::string& file) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (std::filesystem::is_directory(status)) return no_timeline(file, "it is a directory");
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return no_timeline(file, "it is not a regular file");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return unreadable(file);
  return stream;
}

Status check_was_read(const std::istream& lines, const std::string& file) {
  if (lines.bad()) return unreadable(file);
  return {};
}

Result<RecordedTimeline> RecordedTimeline::open(const json& report, const std::string& directory) {
  RecordedTimeline timeline((std::filesystem::path(directory) / "timeline.jsonl").string());
  if (has_no_timeline(report)) return no_timeline(timeline.file_, "its run could not write it");
  CUTPOINT_TRY(timeline.find_places(report));
  return timeline;
}

// Entries are written as they arrive, which two processors may swap.
Status RecordedTimeline::find_places(const json& report) {
  CUTPOINT_TRY_ASSIGN(stream, open_timeline(file_));
  TimelineMatch match(report);
  std::string text;
  for (std::streamoff at = 0; std::getline(stream, text); at = stream.tellg()) {
    const std::size_t line = places_.size() + 1;
    const json entry = entry_of(text);
    if (const std::string why = mistake_in(entry); !why.empty()) {
      return no_entry(line, why).within(file_ + " is no timeline");
    }
    match.add(entry);
    places_.push_back({ns_of(entry), at, line});
    if (stream.eof()) break;
  }
  CUTPOINT_TRY(check_was_read(stream, file_));
  CUTPOINT_TRY(match.status(file_));
  std::stable_sort(places_.begin(), places_.end(),
                   [](const Place& left, const Place& right) { return left.ns < right.ns; });
  return {};
}

Status RecordedTimeline::read(const std::function<void(const json& entry)>& read) const {
  CUTPOINT_TRY_ASSIGN(stream, open_timeline(file_));
  std::string text;
  for (const Place& place : places_) {
    stream.seekg(place.at);
    if (!std::getline(stream, text)) return no_timeline(file_, "it has changed meanwhile");
    stream.clear();  // the last line may end without a newline
    try {
      read(json::parse(text));
    } catch (const json::exception& error) {
      return no_entry(place.line, error.what()).within(file_ + " is no timeline");
    }
  }
  return {};
}

}  // namespace cutpoint
