// SPDX-License-Identifier: Apache-2.0
// A connection as the corpus and the fuzzer write it: records of one header byte (bit 7: from the
// service; bits 0 to 6: how many bytes follow) and those bytes, one per segment. A connection in
// which the service speaks first was open before: it is joined where that turn ends, in the status
// that its last bytes tell.
#pragma once

#include <cstddef>
#include <random>
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

// One segment, of at most 127 bytes.
std::string record(cut_direction direction, std::string_view bytes);
// A whole turn of the client, of the service: in segments as long as a record can say.
std::string up(std::string_view bytes);
std::string down(std::string_view bytes);

struct RecordedConnection {
  std::string name;
  std::string records;
};

// Each file of a directory.
std::vector<RecordedConnection> recorded_in(const std::string& directory);

// The same turns in segments of a random size, up to `longest`.
std::string cut_again(std::string_view records, std::mt19937& random, unsigned longest);

// A few bytes, of headers or of what is said, changed, lost or doubled.
std::string damaged(std::string records, std::mt19937& random);

}  // namespace cutpoint::test
