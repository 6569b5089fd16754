// SPDX-License-Identifier: Apache-2.0
// How the two byte streams of a connection travel: which bytes each segment carries, in the order
// in which the programs see them.
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "tests/proto/conversations.h"
#include "tests/proto/fact.h"

namespace cutpoint::test {

// Bytes [begin, end) of what one side sends, counted from its first.
struct Piece {
  cut_direction direction = CUT_UPSTREAM;
  std::size_t begin = 0;
  std::size_t end = 0;
};
using Delivery = std::vector<Piece>;

std::ostream& operator<<(std::ostream& out, const Piece& piece);

struct Connection {
  std::string name;
  std::array<std::string, CUT_DIRECTIONS> bytes;
  Delivery turns;

  explicit Connection(const Conversation& conversation);
  [[nodiscard]] std::string_view carried_by(const Piece& piece) const {
    return std::string_view(bytes[piece.direction]).substr(piece.begin, piece.end - piece.begin);
  }
};

// All conversations and all of the corpus. What of that was open before is given a start.
std::vector<Connection> connections();

using Random = std::mt19937;

// What may happen to segments on their way.
struct Path {
  bool repeats = false;   // some are sent again, whole or in part, alone or in front of new bytes
  bool reorders = false;  // some of the service's overtake each other
};

// Every turn in one segment, but for what is longer than a segment may be.
Delivery whole(const Connection& connection);
Delivery byte_by_byte(const Connection& connection);
// Every turn in one segment, but for the one that is split at this byte of it.
Delivery split_at(const Connection& connection, std::size_t turn, std::size_t byte);
Delivery at_random(const Connection& connection, Random& random, Path path);

// What became of it: the facts of all messages, which directions were lost, and how many facts were
// found before that: what the other direction says later may be wrong, and no rule goes by it.
struct Account {
  Facts facts;
  std::array<bool, CUT_DIRECTIONS> lost = {};
  std::size_t certain = 0;

  void note(const Fact& fact);
  [[nodiscard]] bool any_lost() const { return lost[CUT_UPSTREAM] || lost[CUT_DOWNSTREAM]; }
};

// By the parser on the host; bytes that came before are passed over, a gap loses the direction.
Account on_host(const Connection& connection, const Delivery& delivery, std::uint32_t up,
                std::uint32_t down);

// What of the connection was understood otherwise than where each turn came in one segment; empty:
// nothing. A COMMIT by Execute whose Sync came later ends before it; of what came once a direction
// was lost, nothing is expected.
std::string difference(const Account& whole, const Account& account);

}  // namespace cutpoint::test
