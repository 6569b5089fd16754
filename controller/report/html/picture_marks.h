// SPDX-License-Identifier: Apache-2.0
// The marks of a picture: each stands for an entry of the timeline, or for several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cutpoint::html {

enum class MarkKind { message, held_back, retransmit, reset, fault, note };

inline constexpr MarkKind mark_kinds[] = {MarkKind::message,    MarkKind::held_back,
                                          MarkKind::retransmit, MarkKind::reset,
                                          MarkKind::fault,      MarkKind::note};

std::string_view name(MarkKind kind);

struct Mark {
  MarkKind kind = MarkKind::message;
  std::size_t lane = 0;
  bool downstream = false;
  std::int64_t ns = 0;
  std::int64_t until_ns = 0;  // of the last one
  std::uint64_t seq = 0;      // of the first one
  std::size_t count = 1;
  std::string what;  // moments, or the event's or note's name; of several: "a × 3, b"
  std::string flow;
  std::string more;  // what else the entry says; of several: empty
};

// Of one kind: as many marks as a picture may have of it, before those of a lane that share a
// stretch of time become one.
inline constexpr std::size_t most_messages = 4000;
inline constexpr std::size_t most_of_another_kind = 1500;
// Around a firing, each is drawn for itself: so many on either side.
inline constexpr std::size_t near_a_firing = 150;

struct Thinned {
  std::vector<Mark> marks;  // sorted by time
  std::vector<std::string> remarks;
};

Thinned thinned(std::vector<Mark> marks);

}  // namespace cutpoint::html
