// SPDX-License-Identifier: Apache-2.0
// The shapes of COMMIT that every variation of transport is tried with: rows P1, P3 and P10 of
// tests/MATRIX.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "bpf/abi/vocabulary.h"

namespace cutpoint::datapath {

struct CommitRequest {
  const char* row = "";   // of the matrix
  bool begins = false;    // it opens its transaction itself
  std::size_t known = 0;  // so many of its bytes make it a COMMIT: all, or all but a Sync
  std::string bytes;      // one message, or one group that ends with a Sync
  std::string answer;
  std::size_t ack = 0;  // where in the answer CommandComplete COMMIT begins
};

CommitRequest simple_commit();          // P1: Query "COMMIT", as psycopg2 and libpq
CommitRequest extended_commit();        // P3: Parse to Sync, as psycopg 3
CommitRequest one_query_transaction();  // P10: "begin; insert …; commit" in one Query

inline constexpr std::size_t commit_ack_bytes = 12;  // CommandComplete COMMIT

// Where in a message a rule cuts.
struct Place {
  const char* name;
  cut_position position;
  std::uint32_t byte;

  // Bytes of a message of this length that lie before the cut.
  [[nodiscard]] std::size_t wanted(std::size_t length) const;
};

inline constexpr Place cut_before{"Before", CUT_BEFORE, 0};
inline constexpr Place cut_at_byte5{"Byte5", CUT_BYTE, 5};
inline constexpr Place cut_after{"After", CUT_AFTER, 0};

// Without these GoogleTest prints raw bytes.
inline void PrintTo(const CommitRequest& request, std::ostream* out) {
  *out << request.row;
}
inline void PrintTo(const Place& place, std::ostream* out) {
  *out << place.name;
}

}  // namespace cutpoint::datapath
