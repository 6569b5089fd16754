// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/timeline.h"

#include <utility>

namespace cutpoint {

std::uint64_t Timeline::add(const cut_event& event) {
  const std::uint64_t number = entries_.size() + 1;
  entries_.push_back({number, static_cast<std::int64_t>(event.ns), event});
  return number;
}

std::uint64_t Timeline::add(std::int64_t ns, Note note) {
  const std::uint64_t number = entries_.size() + 1;
  entries_.push_back({number, ns, std::move(note)});
  return number;
}

}  // namespace cutpoint
