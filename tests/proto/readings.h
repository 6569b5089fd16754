// SPDX-License-Identifier: Apache-2.0
// A connection read in several ways: in the segments as given, each side's turn in one segment, and
// byte by byte; and, where its parser can, a turn at a glance. Protocol: as in walk.h, and what it
// says of its facts and of its state; where it has them, is_silent(), shares_its_end() and
// unsound() of a fact.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "bpf/core/trigger.h"
#include "bpf/core/verdict.h"
#include "tests/proto/records.h"
#include "tests/proto/walk.h"

namespace cutpoint::test {

// Both wrap around within a conversation.
inline constexpr std::uint32_t first_up = 0U - 100;
inline constexpr std::uint32_t first_down = 0U - 300;
inline constexpr std::size_t usual_facts = 16;  // of a turn: growing takes a fuzzer longer

template <typename Fact>
std::string said(const char* what, const Fact& fact) {
  std::ostringstream text;
  text << what << ": " << fact;
  return text.str();
}

// A rule that cuts at this fact, in the segment that completed it: what is delivered of the segment
// ends at the cut, whether it fires there or comes again.
template <typename Fact>
const char* cut_leaks(const Fact& fact, const cut_segment& segment) {
  cut_facts facts = {};
  facts.begin = fact.first;
  facts.end = fact.last;
  cut_rule rule = {};
  rule.byte = fact.attributes[0] % 16;
  const std::uint32_t end = segment.seq + segment.length;
  for (const cut_position position : {CUT_BEFORE, CUT_BYTE, CUT_AFTER}) {
    rule.position = static_cast<__u8>(position);
    const std::uint32_t wanted = cut_wanted_seq(&rule, &facts);
    if (cut_seq_before(wanted, fact.first) || cut_seq_before(fact.last, wanted))
      return "a cut outside its message";
    const std::uint32_t cut = cut_seq_max(wanted, segment.seq);
    for (const bool firing : {true, false}) {
      const cut_verdict verdict = cut_judge(CUT_EXTENT_FROM_SEQ, cut, &segment, firing);
      const std::uint32_t delivered = verdict.action == CUT_PASS ? end : segment.seq + verdict.keep;
      if (delivered != (cut_seq_before(cut, end) ? cut : end)) return "a cut that is not exact";
    }
  }
  return nullptr;
}

// The connection, cut into segments in one way.
template <typename Protocol>
class Reading {
 public:
  using Fact = typename Protocol::Fact;
  using Facts = std::vector<Fact>;

  Reading() { facts_.reserve(usual_facts); }

  bool join(std::uint8_t status) { return wire_.join(status); }

  // The next segment of a turn. Returns what is wrong.
  std::string take(cut_direction direction, std::string_view bytes) {
    const std::uint32_t seq = wire_.next(direction);
    const std::size_t known = facts_.size();
    wire_.segment(direction, bytes, facts_);
    if (wire_.sync(direction) == Sync::stuck) return "the parser does not get on";
    if (wire_.skip(direction) > Protocol::most_skipped)
      return "more is skipped than a message can hold";
    const cut_segment segment = {seq, static_cast<__u32>(bytes.size()), CUT_ACK};
    for (std::size_t i = known; i < facts_.size(); ++i) {
      if (const char* wrong = unsound(facts_[i], segment)) return said(wrong, facts_[i]);
      ends_[direction] = facts_[i].last;
    }
    const bool on = wire_.sync(direction) == Sync::on;
    if (const char* wrong = Protocol::unsound(wire_.parser(), on)) return wrong;
    return {};
  }

  // The next turn, of which another reading has said `expected`, at a glance if that will do.
  std::string glance(cut_direction direction, std::string_view bytes, const Facts& expected) {
    const std::uint64_t wanted = bytes.size() % 2 == 0 ? 0 : Protocol::usually_wanted;
    const auto found = wire_.glance(direction, bytes, wanted, bytes.size() % 4 < 2 ? 0 : wanted);
    if (found.counted == 0) return take(direction, bytes);
    if ((found.moments & ~Protocol::glanced) != 0) return "a glance counts what it may not";
    if (found.told && (found.told->moments & wanted) == 0)
      return "a glance tells what is not wanted";
    std::uint64_t moments = 0;
    std::size_t counted = 0, told = 0;
    for (const Fact& fact : expected) {
      if (found.told && fact == *found.told)
        ++told;
      else if ((fact.moments & wanted) != 0 || Protocol::needs_more_than_count(fact))
        return said("a glance hides a fact", fact);
      if ((moments & fact.moments) != 0) return said("a glance counts two messages as one", fact);
      moments |= fact.moments;
      ++counted;
    }
    if (told != (found.told ? 1 : 0)) return said("a glance tells another fact", *found.told);
    return counted == found.counted && moments == found.moments ? "" : "a glance counts others";
  }

  void forget_facts() { facts_.clear(); }
  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] Sync sync(cut_direction direction) const { return wire_.sync(direction); }

  [[nodiscard]] bool remembers_the_same(const Reading& other) const {
    return stands_where(other) &&
           Protocol::remembers_the_same(wire_.parser(), other.wire_.parser());
  }
  // Apart from what the next message will put in place of the last one's.
  [[nodiscard]] bool goes_on_like(const Reading& other) const {
    return stands_where(other) &&
           Protocol::remembers_the_same(Protocol::at_rest(wire_.parser()),
                                        Protocol::at_rest(other.wire_.parser()));
  }

 private:
  [[nodiscard]] bool stands_where(const Reading& other) const {
    for (const cut_direction direction : {CUT_UPSTREAM, CUT_DOWNSTREAM}) {
      if (wire_.sync(direction) != other.wire_.sync(direction) ||
          wire_.next(direction) != other.wire_.next(direction) ||
          wire_.skip(direction) != other.wire_.skip(direction))
        return false;
    }
    return true;
  }
  // What is wrong with a fact that `segment` completed; NULL: nothing.
  [[nodiscard]] const char* unsound(const Fact& fact, const cut_segment& segment) const {
    if (fact.moments == 0 && !is_silent(fact)) return "a fact without a moment";
    if ((fact.moments & ~Protocol::moments_seen_in(fact.direction)) != 0)
      return "a moment of the other direction";
    if (!cut_seq_before(fact.first, fact.last)) return "a message that ends before it begins";
    if (cut_seq_before(fact.first, starts_[fact.direction]))
      return "a message that begins before the connection";
    if (!cut_seq_before(ends_[fact.direction], fact.last) && !shares_its_end(fact))
      return "a message that ended already";
    if (cut_seq_before(wire_.next(fact.direction), fact.last))
      return "a message that ends behind what was seen";
    if (fact.exchange == 0 && !Protocol::is_unasked(fact)) return "a message of no exchange";
    if constexpr (requires { Protocol::unsound(fact); }) {
      if (const char* wrong = Protocol::unsound(fact)) return wrong;
    }
    return cut_leaks(fact, segment);
  }
  // It says that something was forgotten, and no more.
  static bool is_silent(const Fact& fact) {
    if constexpr (requires { Protocol::is_silent(fact); }) return Protocol::is_silent(fact);
    return false;
  }
  // It ends where what was told before it does.
  [[nodiscard]] bool shares_its_end(const Fact& fact) const {
    if constexpr (requires { Protocol::shares_its_end(fact); })
      return ends_[fact.direction] == fact.last && Protocol::shares_its_end(fact);
    return false;
  }

  std::array<std::uint32_t, CUT_DIRECTIONS> starts_ = {first_up, first_down};
  std::array<std::uint32_t, CUT_DIRECTIONS> ends_ = starts_;
  WireOf<Protocol> wire_{first_up, first_down};
  Facts facts_;
};

// Of one turn, what a reading in more segments says otherwise than that in one.
template <typename Protocol>
std::string difference(const Reading<Protocol>& whole, const Reading<Protocol>& parts,
                       const RecordedTurn& turn, std::uint32_t turn_seq) {
  const auto& expected = whole.facts();
  const auto& found = parts.facts();
  for (std::size_t i = 0; i < std::min(expected.size(), found.size()); ++i) {
    if (!Protocol::same(expected[i], found[i], turn.bytes, turn_seq))
      return said("segments change a fact", expected[i]) + said(", now", found[i]);
  }
  if (whole.sync(turn.direction) != parts.sync(turn.direction)) return "segments change the sync";
  if (expected.size() > found.size()) return said("segments hide a fact", expected[found.size()]);
  // A direction that is lost reports nothing of its last segment that still waited.
  const bool lost = whole.sync(turn.direction) == Sync::lost;
  if (found.size() > expected.size()) {
    if (!lost || found.size() > expected.size() + 1 || !Protocol::waits(found.back()))
      return said("segments add a fact", found.back());
  }
  if (!lost && !whole.remembers_the_same(parts)) return "segments change what is remembered";
  return {};
}

template <typename Protocol>
class Readings {
 public:
  bool join(std::uint8_t status) {
    return whole_.join(status) && given_.join(status) && bytewise_.join(status) &&
           glancing_.join(status);
  }
  // One turn, each way. Returns what is wrong.
  std::string take(const RecordedTurn& turn) {
    for (Reading<Protocol>* reading : {&whole_, &given_, &bytewise_, &glancing_})
      reading->forget_facts();
    const std::string_view bytes = turn.bytes;
    std::string wrong = whole_.take(turn.direction, bytes);
    std::size_t at = 0;
    for (const std::size_t size : turn.sizes) {
      if (wrong.empty()) wrong = given_.take(turn.direction, bytes.substr(at, size));
      at += size;
    }
    for (at = 0; at < bytes.size() && wrong.empty(); ++at)
      wrong = bytewise_.take(turn.direction, bytes.substr(at, 1));
    const std::uint32_t seq = next_[turn.direction];
    next_[turn.direction] += static_cast<std::uint32_t>(bytes.size());
    for (const Reading<Protocol>* parts : {&given_, &bytewise_}) {
      if (wrong.empty()) wrong = difference(whole_, *parts, turn, seq);
    }
    if constexpr (requires { Protocol::glanced; }) {
      if (wrong.empty()) wrong = glancing_.glance(turn.direction, bytes, whole_.facts());
      if (wrong.empty() && !glancing_.goes_on_like(whole_))
        wrong = "a glance changes what is remembered";
    }
    return wrong;
  }
  // Nothing more is said of a direction that is lost or encrypted.
  [[nodiscard]] bool over() const {
    return whole_.sync(CUT_UPSTREAM) != Sync::on || whole_.sync(CUT_DOWNSTREAM) != Sync::on;
  }

 private:
  std::array<std::uint32_t, CUT_DIRECTIONS> next_ = {first_up, first_down};
  Reading<Protocol> whole_;
  Reading<Protocol> given_;
  Reading<Protocol> bytewise_;
  Reading<Protocol> glancing_;
};

// The status in the turn's last bytes; 0: none.
template <typename Protocol>
std::uint8_t rest_word(const RecordedTurn& turn) {
  if (turn.bytes.size() < CUT_REST_BYTES) return 0;
  std::array<__u8, CUT_REST_BYTES> bytes{};
  std::memcpy(bytes.data(), turn.bytes.data() + turn.bytes.size() - bytes.size(), bytes.size());
  return Protocol::rest_word(bytes.data());
}

// Returns what is wrong with the connection; empty: nothing. `records`: see records.h.
template <typename Protocol>
std::string violation_of(std::string_view records) {
  Readings<Protocol> readings;
  RecordedTurn turn;
  turn.bytes.reserve(records.size());
  bool first = true;
  while (!readings.over() && take_turn(records, turn)) {
    const bool starts_midway = first && turn.direction == CUT_DOWNSTREAM;
    first = false;
    if (starts_midway && readings.join(rest_word<Protocol>(turn))) continue;
    if (std::string wrong = readings.take(turn); !wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace cutpoint::test
