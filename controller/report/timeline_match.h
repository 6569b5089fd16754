// SPDX-License-Identifier: Apache-2.0
// Whether a timeline.jsonl is that of the report beside it. A directory whose files were put
// together from two runs would be shown as a run that never was.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "controller/util/result.h"

namespace cutpoint {

class TimelineMatch {
 public:
  explicit TimelineMatch(const nlohmann::json& report);

  void add(const nlohmann::json& entry);  // as in timeline.jsonl

  // Lines that are not JSON are passed over. Error (2) where another is no entry.
  [[nodiscard]] Status add_all(std::istream& lines);

  // After all entries. Error (2) where one is missing that the report rests on: the firing of a
  // fault, with its flow and its byte, any of the flow of an attempt or of exchanges, or one that
  // is named as evidence. `file`: the timeline's, for the error.
  [[nodiscard]] Status status(const std::string& file) const;

 private:
  struct Firing {  // NOLINT(bugprone-exception-escape): json's, which throws nothing as it moves
    nlohmann::json fault;
    nlohmann::json flow;
    nlohmann::json cut;
  };

  [[nodiscard]] std::string mistake() const;

  std::map<std::uint64_t, Firing> firings_;  // not met yet, by the entry's number
  std::set<std::string> flows_;              // likewise
  std::set<std::uint64_t> cited_;            // likewise
  bool is_empty_ = true;
};

// The run has said that its timeline could not be written: what is there is of an earlier one.
bool has_no_timeline(const nlohmann::json& report);

}  // namespace cutpoint
