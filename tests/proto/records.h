// SPDX-License-Identifier: Apache-2.0
// A connection as the corpus and the fuzzer write it: records of one header byte (bit 7: from the
// service; bits 0 to 6: how many bytes follow) and those bytes, one per segment. A connection in
// which the service speaks first was open before: it is joined where that turn ends, in the status
// that its last bytes tell.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/abi/vocabulary.h"

namespace cutpoint::test {

// Consecutive segments of one side.
struct RecordedTurn {
  cut_direction direction = CUT_UPSTREAM;
  std::string bytes;
  std::vector<std::size_t> sizes;  // of its segments
};

// The next turn, taken from the front of `records`; false: there is none. A last record that is
// shorter than it says holds what is there.
bool take_turn(std::string_view& records, RecordedTurn& turn);

}  // namespace cutpoint::test
