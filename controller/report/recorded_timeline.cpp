// SPDX-License-Identifier: Apache-2.0
#include "controller/report/recorded_timeline.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <vector>

#include "controller/report/recorded_entry.h"

namespace cutpoint {
namespace {

using nlohmann::json;

struct Place {
  std::int64_t ns;
  std::streamoff at;
};

Error no_timeline(const std::string& file, const std::string& why) {
  return Error{ExitCode::usage, fmt::format("{} is no timeline: {}", file, why),
               "name the directory of a run (`--out`), with all its files"};
}

// Where each entry stands, by time: entries are written as they arrive, which two processors may
// swap.
Result<std::vector<Place>> places_of(std::ifstream& stream, const std::string& file) {
  std::vector<Place> places;
  std::string line;
  for (std::streamoff at = 0; std::getline(stream, line); at = stream.tellg()) {
    const json entry = entry_of(line);
    if (entry.is_null()) {
      return no_timeline(file, fmt::format("line {} is no entry of one", places.size() + 1));
    }
    places.push_back({ns_of(entry), at});
    if (stream.eof()) break;
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& left, const Place& right) { return left.ns < right.ns; });
  return places;
}

}  // namespace

Status read_timeline(const std::string& directory,
                     const std::function<void(const json& entry)>& read) {
  const std::string file = (std::filesystem::path(directory) / "timeline.jsonl").string();
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return no_timeline(file, std::strerror(errno));
  CUTPOINT_TRY_ASSIGN(places, places_of(stream, file));
  std::string line;
  stream.clear();
  for (const Place& place : places) {
    stream.seekg(place.at);
    if (!std::getline(stream, line)) return no_timeline(file, "it has changed meanwhile");
    try {
      read(json::parse(line));
    } catch (const json::exception& error) {
      return no_timeline(file, error.what());
    }
  }
  return {};
}

}  // namespace cutpoint
