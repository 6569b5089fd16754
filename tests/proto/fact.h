// SPDX-License-Identifier: Apache-2.0
// What the parser said of one message, written as a test reads it:
//   fact({CUT_PG_READY}).at(12, 18).status('I')
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string_view>
#include <tuple>
#include <vector>

#include "bpf/proto/postgres.h"

namespace cutpoint::test {

struct Fact {
  cut_direction direction = CUT_UPSTREAM;
  std::uint64_t moments = 0;
  std::uint32_t first = 0;  // sequence number of the message's first byte
  std::uint32_t last = 0;   // one past its last byte
  std::array<std::uint32_t, CUT_PG_ATTRIBUTES> attributes = {};
  std::uint8_t flags = 0;
  bool mismatch = false;
  bool forgot = false;
  std::uint32_t exchange =
      0;  // not compared: what is said hangs on what, not on how it is numbered

  bool operator==(const Fact& other) const {
    const auto all = [](const Fact& fact) {
      return std::tie(fact.direction, fact.moments, fact.first, fact.last, fact.attributes,
                      fact.flags, fact.mismatch, fact.forgot);
    };
    return all(*this) == all(other);
  }

  [[nodiscard]] bool is(cut_postgres_moment moment) const { return (moments >> moment & 1) != 0; }

  Fact at(std::uint32_t begin, std::uint32_t end) const;
  Fact commands(std::initializer_list<cut_postgres_command> set) const;
  Fact sqlstate(std::string_view code) const;
  Fact status(char status) const;
  Fact pid(std::uint32_t pid) const;
  Fact in_transaction() const;
  Fact mismatched() const;
  Fact several() const;
};

using Facts = std::vector<Fact>;

// A fact with these moments, in the direction that the first of them is seen in.
Fact fact(std::initializer_list<cut_postgres_moment> moments);

cut_direction direction_of(cut_postgres_moment moment);

// All moments of all facts.
std::uint64_t moments_of(const Facts& facts);
constexpr std::uint64_t bit(cut_postgres_moment moment) {
  return 1ULL << moment;
}

// For test failures: "commit.request+query+statement [0, 12) COMMIT in-transaction".
std::ostream& operator<<(std::ostream& out, const Fact& fact);

}  // namespace cutpoint::test
