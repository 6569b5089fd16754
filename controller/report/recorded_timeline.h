// SPDX-License-Identifier: Apache-2.0
// timeline.jsonl of a run, read again. It may be large: one entry is in memory at a time.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint {

// Error (2) where it is no file that can be read to its end.
Result<std::ifstream> open_timeline(const std::string& file);

// All lines have been read. Error (2) where the host could not give them.
Status check_was_read(const std::istream& lines, const std::string& file);

class RecordedTimeline {
 public:
  // Of a run's directory. Error (2) where it cannot be read, or is not what a run has written, or
  // is not that of `report`: who reads it then has nothing to take back.
  static Result<RecordedTimeline> open(const nlohmann::json& report, const std::string& directory);

  // Each entry, in the order of time; of one time, in that of their numbers. Error (2) where the
  // file has changed meanwhile.
  Status read(const std::function<void(const nlohmann::json& entry)>& read) const;

 private:
  struct Place {
    std::int64_t ns;
    std::streamoff at;
    std::size_t line;  // from 1
  };

  explicit RecordedTimeline(std::string file) : file_(std::move(file)) {}

  Status find_places(const nlohmann::json& report);

  std::string file_;
  std::vector<Place> places_;  // of its entries, by time
};

}  // namespace cutpoint
