// SPDX-License-Identifier: Apache-2.0
// timeline.jsonl of a run, read again. It may be large: one entry is in memory at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <ios>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint {

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
  };

  explicit RecordedTimeline(std::string file) : file_(std::move(file)) {}

  Status find_places(const nlohmann::json& report);

  std::string file_;
  std::vector<Place> places_;  // of its entries, by time
};

}  // namespace cutpoint
