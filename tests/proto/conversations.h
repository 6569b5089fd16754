// SPDX-License-Identifier: Apache-2.0
// Whole connections, turn by turn, for tests that care about how bytes travel and not what they
// say.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bpf/abi/vocabulary.h"

namespace cutpoint::test {

struct Turn {
  cut_direction direction;
  std::string bytes;
};

struct Conversation {
  std::string name;
  std::vector<Turn> turns;
};

// Each starts with the first byte of its connection.
std::vector<Conversation> conversations();

}  // namespace cutpoint::test
