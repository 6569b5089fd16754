// SPDX-License-Identifier: Apache-2.0
// What is said of a segment in evidence.pcapng: what a fault did in it to which message, and what
// became of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller/timeline/captures.h"
#include "controller/verify/run_facts.h"

namespace cutpoint {

class SegmentComments {
 public:
  explicit SegmentComments(const RunFacts& facts);

  // Of the run's next segment, by time; empty: nothing was done to it.
  std::string next(const CapturedSegment& segment);

 private:
  [[nodiscard]] const Entry* firing(const CapturedSegment& segment, std::size_t rule) const;
  [[nodiscard]] std::string fired(const CapturedSegment& segment, std::size_t rule);
  [[nodiscard]] std::string met(const CapturedSegment& segment) const;
  [[nodiscard]] std::string healed(const CapturedSegment& segment);

  const RunFacts& facts_;
  // Firings by flow and rule, in the order of the timeline.
  std::map<std::pair<std::uint64_t, std::size_t>, std::vector<const Entry*>> firings_;
  // When the rule fired last on the flow, as long as nothing has come since it was healed.
  std::map<std::pair<std::uint64_t, std::size_t>, std::int64_t> unhealed_;
};

}  // namespace cutpoint
