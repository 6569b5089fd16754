// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/invariants.h"

#include <cstddef>
#include <cstring>

#include "tests/proto/readings.h"
#include "tests/proto/wire.h"

namespace cutpoint::test {
namespace {

std::uint64_t moments_in(cut_direction direction) {
  std::uint64_t set = 0;
  for (int moment = 0; moment < CUT_PG_MOMENTS; ++moment) {
    const auto id = static_cast<cut_postgres_moment>(moment);
    if (direction_of(id) == direction) set |= bit(id);
  }
  return set;
}

bool is_commit_by_execute(const Fact& fact) {
  return fact.is(CUT_PG_COMMIT_REQUEST) && fact.is(CUT_PG_EXECUTE);
}

// Length of the Sync in these bytes at `at`, with its type; 0: there is none.
std::uint32_t sync_length(std::string_view bytes, std::size_t at) {
  if (bytes.size() < 5 || at > bytes.size() - 5 || bytes[at] != 'S') return 0;
  std::uint32_t length = 0;
  for (const char byte : bytes.substr(at + 1, 4))
    length = length << 8 | static_cast<unsigned char>(byte);
  return length + 1;
}

// The same fact; or a COMMIT by Execute, of which the turn's segment holds the Sync as well.
bool same_fact(const Fact& whole, Fact part, std::string_view turn, std::uint32_t turn_seq) {
  if (whole.exchange != part.exchange || whole.forgot != part.forgot) return false;
  if (is_commit_by_execute(whole) &&
      whole.last - part.last == sync_length(turn, part.last - turn_seq))
    part.last = whole.last;
  return whole == part;
}

struct Soundness : Postgres {
  static constexpr std::uint32_t most_skipped = CUT_PG_MAX_MESSAGE;
  static constexpr auto rest_word = cut_postgres_rest_word;
  static constexpr auto same = same_fact;
  static constexpr auto waits = is_commit_by_execute;

  static std::uint64_t moments_seen_in(cut_direction direction) {
    static const std::array<std::uint64_t, CUT_DIRECTIONS> seen_in = {moments_in(CUT_UPSTREAM),
                                                                      moments_in(CUT_DOWNSTREAM)};
    return seen_in[direction];
  }

  static bool is_unasked(const Fact&) { return false; }

  static bool needs_more_than_count(const Fact& fact) { return fact.mismatch || fact.forgot; }

  static const char* unsound(const State& parser, bool on) {
    if (static_cast<__u8>(parser.asked - parser.answered) > CUT_PG_QUESTIONS)
      return "more questions are open than can be remembered";
    if (parser.pending != 0 && on) return "a message is held back behind the end of its segment";
    return nullptr;
  }

  // Between two messages the next one begins anew; but a tag goes on with what the lexer was left.
  static State at_rest(State parser) {
    for (cut_pg_half& half : parser.half) {
      if (half.field != CUT_PG_HEADER || half.have != 0) continue;
      const cut_sql sql = half.sql;
      const __u8 phase = half.phase;
      std::memset(&half, 0, sizeof half);
      half.sql = sql;
      half.phase = phase;
    }
    if (parser.bind_in_group == 0) parser.bind_begin = 0;
    return parser;
  }

  // `due` is what a message was that is reported by now.
  static bool remembers_the_same(const State& mine, const State& theirs) {
    return std::memcmp(&mine, &theirs, offsetof(cut_postgres, due)) == 0 &&
           cut_postgres_rests(&mine) == cut_postgres_rests(&theirs) &&
           cut_postgres_owes(&mine) == cut_postgres_owes(&theirs);
  }
};

}  // namespace

std::string violation(std::string_view records) {
  return violation_of<Soundness>(records);
}

}  // namespace cutpoint::test
