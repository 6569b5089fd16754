// SPDX-License-Identifier: Apache-2.0
// The lanes of a picture: things that last, side by side where they overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace cutpoint::html {

inline constexpr std::int64_t open_end = std::numeric_limits<std::int64_t>::max();

// A connection, a task, a process: from its first sign to its end.
struct Stretch {
  std::string name;
  std::int64_t from_ns = 0;
  std::int64_t until_ns = open_end;
  std::string ended;  // how, e.g. "failed"
};

struct Lane {
  std::string label;
  std::vector<std::size_t> stretches;  // places in the list that they were made from
};

// Each stretch in the first lane that is free; beyond `most` lanes they share the last one. `noun`:
// what a stretch is, e.g. "flow".
std::vector<Lane> lanes_of(const std::vector<Stretch>& stretches, std::size_t most,
                           const std::string& noun);

}  // namespace cutpoint::html
