// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <sstream>

#include "bpf/core/language.h"
#include "tests/proto/tls_conversations.h"

namespace cutpoint::test::tls {
namespace {

std::string said(const char* what, const Fact& fact) {
  std::ostringstream text;
  text << what << ": " << fact;
  return text.str();
}

std::uint64_t seen_in(cut_direction direction) {
  static constexpr std::array<cut_direction, CUT_TLS_MOMENT_COUNT> directions = {{
#define X(id, name, direction, evidence, description) direction,
      CUT_TLS_MOMENTS(X)
#undef X
  }};
  std::uint64_t set = 0;
  for (int moment = 0; moment < CUT_TLS_MOMENT_COUNT; ++moment) {
    if (directions[moment] == direction) set |= 1ULL << moment;
  }
  return set;
}

// The connection, cut into segments in one way.
class Reading {
 public:
  // The next segment. Returns what is wrong.
  std::string take(cut_direction direction, std::string_view bytes) {
    const std::size_t known = facts_.size();
    wire_.segment(direction, bytes, facts_);
    seen_[direction] += static_cast<std::uint32_t>(bytes.size());
    if (wire_.sync(direction) == Sync::stuck) return "the parser does not get on";
    if (promises_more()) return "TLS holds nothing back, and cannot be joined";
    for (std::size_t i = known; i < facts_.size(); ++i) {
      if (const char* wrong = unsound(facts_[i])) return said(wrong, facts_[i]);
      ends_[direction] = facts_[i].last;
    }
    return {};
  }
  void forget_facts() { facts_.clear(); }
  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] const Wire& wire() const { return wire_; }

 private:
  // What the kernel asks of every parser.
  [[nodiscard]] bool promises_more() const {
    cut_tls parser = wire_.parser();
    cut_facts facts = {};
    const __u8 bytes[CUT_REST_BYTES] = {};
    return cut_tls_flush(&parser, CUT_UPSTREAM, &facts) != CUT_PARSE_MORE ||
           cut_tls_rest_word(bytes) != 0 || cut_tls_join(&parser, 0) || cut_tls_rests(&parser) ||
           cut_tls_owes(&parser) || cut_tls_text(&parser, CUT_DOWNSTREAM, CUT_TLS_ATTR_SNI);
  }
  [[nodiscard]] const char* unsound(const Fact& fact) const {
    if ((fact.moments & ~seen_in(fact.direction)) != 0) return "a moment of the other direction";
    if ((fact.moments & (fact.moments - 1)) != 0) return "two moments at once";
    if (fact.first >= fact.last) return "a message that ends before it begins";
    if (fact.last <= ends_[fact.direction]) return "a message that ended already";
    if (fact.last > seen_[fact.direction]) return "a message that ends behind what was seen";
    if (fact.first + fact.body > fact.last) return "a body behind its message";
    if (fact.moments == 0 && fact.head.empty()) return "a fact about nothing";
    return nullptr;
  }

  Wire wire_;
  Facts facts_;
  std::array<std::uint32_t, CUT_DIRECTIONS> seen_{};
  std::array<std::uint32_t, CUT_DIRECTIONS> ends_{};
};

// Of one turn, what a reading in more segments says otherwise than that in one.
std::string difference(const Reading& whole, const Reading& parts, cut_direction direction) {
  const Facts& expected = whole.facts();
  const Facts& found = parts.facts();
  for (std::size_t i = 0; i < std::min(expected.size(), found.size()); ++i) {
    if (expected[i] != found[i])
      return said("segments change a fact", expected[i]) + said(", now", found[i]);
  }
  if (expected.size() > found.size()) return said("segments hide a fact", expected[found.size()]);
  if (found.size() > expected.size()) return said("segments add a fact", found[expected.size()]);
  if (whole.wire().sync(direction) != parts.wire().sync(direction))
    return "segments change the sync";
  if (whole.wire().sync(direction) == Sync::on && !whole.wire().remembers_the_same(parts.wire()))
    return "segments change what is remembered";
  return {};
}

std::string take_in(Reading& reading, const RecordedTurn& turn,
                    const std::vector<std::size_t>& sizes) {
  std::string_view left = turn.bytes;
  reading.forget_facts();
  for (const std::size_t size : sizes) {
    if (std::string wrong = reading.take(turn.direction, left.substr(0, size)); !wrong.empty())
      return wrong;
    left.remove_prefix(size);
  }
  return {};
}

}  // namespace

Turns turns_of(std::string_view records) {
  Turns turns;
  for (RecordedTurn turn; take_turn(records, turn);) turns.push_back(turn);
  return turns;
}

std::string violation(std::string_view records) {
  Reading whole, given, bytewise;
  for (const RecordedTurn& turn : turns_of(records)) {
    if (turn.bytes.empty()) continue;
    std::string wrong = take_in(whole, turn, {turn.bytes.size()});
    if (wrong.empty()) wrong = take_in(given, turn, turn.sizes);
    if (wrong.empty())
      wrong = take_in(bytewise, turn, std::vector<std::size_t>(turn.bytes.size(), 1));
    if (wrong.empty()) wrong = difference(whole, given, turn.direction);
    if (wrong.empty()) wrong = difference(whole, bytewise, turn.direction);
    if (!wrong.empty()) return wrong;
    if (whole.wire().sync(turn.direction) != Sync::on) return {};
  }
  return {};
}

}  // namespace cutpoint::test::tls
