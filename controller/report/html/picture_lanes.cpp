// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/picture_lanes.h"

#include <algorithm>
#include <numeric>

#include "controller/verify/phrases.h"

namespace cutpoint::html {
namespace {

std::vector<std::size_t> by_begin(const std::vector<Stretch>& stretches) {
  std::vector<std::size_t> order(stretches.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return stretches[left].from_ns < stretches[right].from_ns;
  });
  return order;
}

}  // namespace

std::vector<Lane> lanes_of(const std::vector<Stretch>& stretches, std::size_t most,
                           const std::string& noun) {
  std::vector<Lane> lanes;
  std::vector<std::int64_t> free_from;
  for (const std::size_t index : by_begin(stretches)) {
    const Stretch& stretch = stretches[index];
    auto found = std::find_if(free_from.begin(), free_from.end(),
                              [&](std::int64_t ns) { return ns <= stretch.from_ns; });
    if (found == free_from.end() && lanes.size() < most) {
      lanes.emplace_back();
      found = free_from.insert(free_from.end(), stretch.until_ns);
    } else if (found == free_from.end()) {
      found = std::prev(free_from.end());
    }
    *found = std::max(*found, stretch.until_ns);
    lanes[static_cast<std::size_t>(found - free_from.begin())].stretches.push_back(index);
  }
  for (Lane& lane : lanes) {
    lane.label = lane.stretches.size() == 1 ? stretches[lane.stretches.front()].name
                                            : counted(lane.stretches.size(), noun);
  }
  return lanes;
}

}  // namespace cutpoint::html
