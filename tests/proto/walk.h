// SPDX-License-Identifier: Apache-2.0
// Drives a parser over the segments of one connection as bpf/prog/walk.h does: chunks of at most
// CUT_CHUNK bytes, bytes of no interest passed over across segments, a flush at a segment's end.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "bpf/abi/vocabulary.h"
#include "bpf/core/cursor.h"
#include "bpf/core/facts.h"
#include "bpf/core/glance.h"
#include "controller/kernel/glanced_kinds.h"

namespace cutpoint::test {

enum class Sync {
  on,
  encrypted,  // the flow switched to TLS or GSSAPI
  excluded,   // a connection of a kind that is not covered
  lost,       // the bytes are not of this protocol
  stuck,      // the parser made no progress: never right
};

// struct cut_walk, without the kernel. Protocol: its State, the Fact that tests compare, step(),
// flush(), join() and fact_of(), which may ask for the State as well: texts stand until the next
// step.
template <typename Protocol>
class Walk {
 public:
  using State = typename Protocol::State;
  using Facts = std::vector<typename Protocol::Fact>;

  Walk(State& parser, cut_bytes& chunk, cut_facts& facts, cut_direction direction,
       std::string_view payload, std::uint32_t seq)
      : parser_(parser),
        chunk_(chunk),
        facts_(facts),
        direction_(direction),
        left_(payload),
        seq_(seq) {}

  // walk_skip(): how much of `skip` lies behind the segment.
  std::uint32_t pass_over(std::uint32_t skip) {
    const std::uint32_t in_chunk = std::min(skip, filled_ - at_);
    at_ += in_chunk;
    const auto behind =
        static_cast<std::uint32_t>(std::min<std::size_t>(skip - in_chunk, left_.size()));
    left_.remove_prefix(behind);
    seq_ += in_chunk + behind;
    return skip - in_chunk - behind;
  }

  // walk_step() until the segment ends; what is left to skip is put into `skip`.
  Sync run(std::uint32_t& skip, Facts& found) {
    // A step consumes a byte, ends a message, or fills the chunk.
    std::size_t budget = 4 * left_.size() + 8;
    while (budget-- > 0) {
      std::uint32_t wanted = 0;
      switch (step(wanted)) {
        case CUT_PARSE_OK:
          found.push_back(fact());
          if (at_ >= filled_ && left_.empty()) return finish(found);
          break;
        case CUT_PARSE_IGNORED:
          break;
        case CUT_PARSE_SKIP:
          skip = pass_over(wanted);
          if (skip != 0) return finish(found);
          break;
        case CUT_PARSE_MORE:
          if (!fill()) return finish(found);
          break;
        case CUT_PARSE_SWITCH:
        case CUT_PARSE_OPAQUE:
          return Sync::encrypted;
        case CUT_PARSE_EXCLUDE:
          return Sync::excluded;
        case CUT_PARSE_UNTIED:  // of no parser
        case CUT_PARSE_DESYNC:
          return Sync::lost;
      }
    }
    return Sync::stuck;
  }

  [[nodiscard]] std::uint32_t seq() const { return seq_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  cut_parse step(std::uint32_t& skip) {
    cut_cursor cursor = {&chunk_, at_, filled_, seq_};
    ++steps_;
    const cut_parse parse = Protocol::step(&parser_, direction_, &cursor, &skip, &facts_);
    at_ = cursor.at;
    seq_ = cursor.seq;
    return parse;
  }

  typename Protocol::Fact fact() const {
    if constexpr (requires { Protocol::fact_of(parser_, direction_, facts_); })
      return Protocol::fact_of(parser_, direction_, facts_);
    else
      return Protocol::fact_of(direction_, facts_);
  }

  bool fill() {
    const std::size_t size = std::min<std::size_t>(left_.size(), CUT_CHUNK);
    if (size == 0) return false;
    std::memcpy(chunk_.byte, left_.data(), size);
    left_.remove_prefix(size);
    at_ = 0;
    filled_ = static_cast<std::uint32_t>(size);
    return true;
  }

  Sync finish(Facts& found) {
    if (Protocol::flush(&parser_, direction_, &facts_) == CUT_PARSE_OK) found.push_back(fact());
    return Sync::on;
  }

  State& parser_;
  cut_bytes& chunk_;
  cut_facts& facts_;
  cut_direction direction_;
  std::string_view left_;
  std::uint32_t seq_;
  std::uint32_t at_ = 0;
  std::uint32_t filled_ = 0;
  std::uint64_t steps_ = 0;
};

template <typename Protocol>
class WireOf {
 public:
  using State = typename Protocol::State;
  using Fact = typename Protocol::Fact;
  using Facts = std::vector<Fact>;

  // What was seen of a segment at a glance.
  struct Glance {
    std::uint32_t counted = 0;  // messages; 0: it is for segment()
    std::uint64_t moments = 0;  // of these
    std::optional<Fact> told;   // one of them
  };

  // Sequence numbers of the first payload byte of each direction.
  explicit WireOf(std::uint32_t upstream = 1000, std::uint32_t downstream = 500000) {
    // Padding as well: two parsers' states are compared as bytes.
    std::memset(&parser_, 0, sizeof parser_);
    lines_[CUT_UPSTREAM].next = upstream;
    lines_[CUT_DOWNSTREAM].next = downstream;
    std::memset(chunk_.byte, stale, sizeof chunk_.byte);
    std::memset(&facts_, stale, sizeof facts_);
  }

  // The next segment of one direction. Nothing once the direction is out of sync.
  Facts segment(cut_direction direction, std::string_view payload) {
    Facts found;
    segment(direction, payload, found);
    return found;
  }
  // The same, with its facts behind those that were found before.
  void segment(cut_direction direction, std::string_view payload, Facts& found) {
    Line& line = lines_[direction];
    if (line.sync != Sync::on || payload.empty()) return;
    Walk<Protocol> walk(parser_, chunk_, facts_, direction, payload, line.next);
    line.skip = walk.pass_over(line.skip);
    if (line.skip == 0) line.sync = walk.run(line.skip, found);
    line.next = walk.seq();
    if (line.sync == Sync::encrypted || line.sync == Sync::excluded) {
      lines_[1 - direction].sync = line.sync;
    }
    steps_ += walk.steps();
  }
  // The next segment at a glance, as bpf/prog/usual.h takes those of which little is wanted.
  Glance glance(cut_direction direction, std::string_view payload, std::uint64_t wanted = 0,
                std::uint64_t acted = 0) {
    Line& line = lines_[direction];
    if (line.sync != Sync::on || line.skip != 0 || payload.size() > CUT_CHUNK) return {};
    std::memcpy(chunk_.byte, payload.data(), payload.size());
    cut_glance glance = {.bytes = &chunk_,
                         .filled = static_cast<std::uint32_t>(payload.size()),
                         .seq = line.next,
                         .wanted = wanted,
                         .acted = acted,
                         .moments = 0,
                         .kind = CUT_GLANCED_OTHER};
    facts_.moments = 0;
    const std::uint32_t counted = Protocol::glance(&parser_, direction, &glance, &facts_);
    if (counted == 0) return {};
    line.next += glance.filled;
    Glance found{counted, glance.moments, {}};
    if (glance.kind != CUT_GLANCED_OTHER) {
      // As it is counted.
      found.counted = glanced_kinds.at(glance.kind).messages;
      found.moments = glanced_kinds.at(glance.kind).moments;
    }
    if (facts_.moments != 0) found.told = Protocol::fact_of(direction, facts_);
    return found;
  }
  // The same, with the bytes of its facts counted from the segment's first. What begins before that
  // begins at a negative number of 32 bits.
  Facts turn(cut_direction direction, std::string_view payload) {
    const std::uint32_t start = next(direction);
    Facts found = segment(direction, payload);
    for (auto& fact : found) {
      fact.first -= start;
      fact.last -= start;
    }
    return found;
  }
  // The connection was open before, and rests in this status. False: no such status.
  bool join(std::uint8_t status) { return Protocol::join(&parser_, status); }

  [[nodiscard]] Sync sync(cut_direction direction) const { return lines_[direction].sync; }
  // Sequence number of the first byte that was not seen yet.
  [[nodiscard]] std::uint32_t next(cut_direction direction) const { return lines_[direction].next; }
  // How many bytes from there on the parser does not want.
  [[nodiscard]] std::uint32_t skip(cut_direction direction) const { return lines_[direction].skip; }
  [[nodiscard]] const State& parser() const { return parser_; }
  // Of the parser, in all segments so far.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  // What chunk and facts hold before anything was: never to be read, nor is what is left of others.
  static constexpr std::uint8_t stale = 'Q';

  struct Line {
    std::uint32_t next = 0;
    std::uint32_t skip = 0;  // bytes from `next` on that the parser does not want
    Sync sync = Sync::on;
  };

  State parser_{};
  std::uint64_t steps_ = 0;
  std::array<Line, CUT_DIRECTIONS> lines_;
  // As in the kernel: what earlier segments left there is never cleared.
  cut_bytes chunk_{};
  cut_facts facts_{};
};

}  // namespace cutpoint::test
