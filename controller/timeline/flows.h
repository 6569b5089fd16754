// SPDX-License-Identifier: Apache-2.0
// The kernel's part of a timeline, taken apart by flow.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controller/timeline/timeline.h"

namespace cutpoint {

struct Flow {
  std::uint64_t cookie = 0;  // of the target's socket
  cut_tuple tuple{};
  std::uint8_t service = 0;
  std::vector<const Entry*> entries;  // kernel events only, by time; owned by the timeline
};

// In the order of their first events. An event without a socket (an orphan's retransmission, a RST)
// belongs to the newest flow of its tuple that had begun by then; one of no known flow is left out.
std::vector<Flow> flows_of(const Timeline& timeline);

// "127.0.0.1:40712 -> 127.0.0.1:5432": local, then remote, as the target's socket sees it.
std::string format_flow(const cut_tuple& tuple);

}  // namespace cutpoint
