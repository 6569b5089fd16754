// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/captures.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cutpoint {
namespace {

// As many as the kernel remembers itself where it records no payload.
constexpr std::size_t remembered_per_flow = std::size_t{2} * CUT_CAPTURES_BEFORE;
// With those of more flows a target could use up the memory: 64 MiB.
constexpr std::size_t remembered_flows = 4096;

}  // namespace

void Captures::see(const cut_capture& head, std::string_view bytes) {
  CapturedSegment segment{head, std::string(bytes.substr(0, head.size))};
  if (head.before != 0) return remember(std::move(segment));
  if (head.fired != 0) keep_before(head.flow);
  kept_.push_back(std::move(segment));
}

void Captures::keep_before(std::uint64_t flow) {
  auto before = before_.extract(flow);
  if (before.empty()) return;
  std::move(before.mapped().begin(), before.mapped().end(), std::back_inserter(kept_));
}

void Captures::remember(CapturedSegment segment) {
  auto& flow = before_[segment.head.flow];
  flow.push_back(std::move(segment));
  if (flow.size() > remembered_per_flow) flow.pop_front();
  if (before_.size() <= remembered_flows) return;
  before_.erase(std::min_element(before_.begin(), before_.end(), [](const auto& a, const auto& b) {
    return a.second.back().head.ns < b.second.back().head.ns;
  }));
}

std::vector<CapturedSegment> Captures::segments() const {
  std::vector<CapturedSegment> sorted = kept_;
  std::stable_sort(
      sorted.begin(), sorted.end(),
      [](const CapturedSegment& a, const CapturedSegment& b) { return a.head.ns < b.head.ns; });
  return sorted;
}

}  // namespace cutpoint
