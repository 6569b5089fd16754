// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/tls_wire.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace cutpoint::test::tls {
namespace {

// What chunk and facts hold before anything was: never to be read.
constexpr int stale = 0x16;
// Sequence numbers wrap around within a conversation.
constexpr std::array<std::uint32_t, CUT_DIRECTIONS> starts = {0U - 100, 0U - 300};

constexpr std::array<const char*, CUT_TLS_MOMENT_COUNT> names = {{
#define X(id, name, direction, evidence, description) name,
    CUT_TLS_MOMENTS(X)
#undef X
}};

std::string bytes_of(const __u8* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

bool has_two_directions(int moment) {
  return std::count_if(names.begin(), names.end(), [moment](const char* name) {
           return std::strcmp(name, names[moment]) == 0;
         }) > 1;
}

std::string words_of(const Fact& fact) {
  std::string words;
  for (int moment = 0; moment < CUT_TLS_MOMENT_COUNT; ++moment) {
    if (!fact.is(static_cast<cut_tls_moment>(moment))) continue;
    if (!words.empty()) words += '+';
    words += names[moment];
    if (has_two_directions(moment)) words += fact.direction == CUT_UPSTREAM ? ".up" : ".down";
  }
  return words.empty() ? "protected" : words;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Fact& fact) {
  out << words_of(fact) << (fact.direction == CUT_UPSTREAM ? " up [" : " down [") << fact.first
      << ", " << fact.last << ") version " << fact.attributes[CUT_TLS_ATTR_VERSION];
  if (!fact.name.empty()) out << ' ' << fact.name;
  return out;
}

std::string moments_of(const Facts& facts) {
  std::string text;
  for (const Fact& fact : facts) {
    if (!text.empty()) text += ' ';
    text += words_of(fact);
  }
  return text;
}

Wire::Wire() {
  // Padding as well: two parsers' states are compared as bytes.
  std::memset(&parser_, 0, sizeof parser_);
  std::memset(&chunk_, stale, sizeof chunk_);
  std::memset(&facts_, stale, sizeof facts_);
  for (const cut_direction direction : {CUT_UPSTREAM, CUT_DOWNSTREAM}) {
    lines_[direction].next = starts[direction];
  }
}

bool Wire::remembers_the_same(const Wire& other) const {
  for (const cut_direction direction : {CUT_UPSTREAM, CUT_DOWNSTREAM}) {
    const Line& mine = lines_[direction];
    const Line& theirs = other.lines_[direction];
    if (mine.sync != theirs.sync || mine.next != theirs.next || mine.skip != theirs.skip)
      return false;
  }
  return std::memcmp(&parser_, &other.parser_, sizeof parser_) == 0;
}

Fact Wire::told(cut_direction direction) const {
  Fact fact;
  const cut_tls_half& half = parser_.half[direction];
  fact.direction = direction;
  fact.moments = facts_.moments;
  fact.first = facts_.begin - starts[direction];
  fact.last = facts_.end - starts[direction];
  std::copy(std::begin(facts_.attr), std::end(facts_.attr), fact.attributes.begin());
  fact.body = facts_.body;
  if (half.record.type == CUT_TLS_APPLICATION_DATA)
    fact.head = bytes_of(half.record.head, half.record.have);
  if (fact.is(CUT_TLS_CLIENT_HELLO)) {
    fact.random = bytes_of(parser_.random.byte, sizeof parser_.random.byte);
    const cut_text& name = *cut_tls_text(&parser_, CUT_UPSTREAM, CUT_TLS_ATTR_SNI);
    fact.name = bytes_of(name.byte, std::min<std::size_t>(name.length, CUT_TEXT_BYTES));
  }
  return fact;
}

Sync Wire::walk(cut_direction direction, std::string_view left, Facts& found) {
  Line& line = lines_[direction];
  cut_cursor cursor = {&chunk_, 0, 0, line.next};
  const auto pass_over = [&](std::uint32_t skip) {
    const std::uint32_t here = std::min(skip, cut_cursor_left(&cursor));
    const auto behind = static_cast<std::uint32_t>(std::min<std::size_t>(skip - here, left.size()));
    cut_cursor_pass(&cursor, here);
    left.remove_prefix(behind);
    cursor.seq += behind;
    line.next = cursor.seq;
    line.skip = skip - here - behind;
  };
  pass_over(line.skip);
  if (line.skip != 0) return Sync::on;
  // A step consumes a byte, ends a field or a record, or fills the chunk.
  for (std::size_t budget = 4 * left.size() + 16; budget > 0; --budget) {
    std::uint32_t skip = 0;
    ++steps_;
    // Each direction by itself, as in the kernel.
    const cut_parse parse = direction == CUT_UPSTREAM
                                ? cut_tls_step(&parser_, CUT_UPSTREAM, &cursor, &skip, &facts_)
                                : cut_tls_step(&parser_, CUT_DOWNSTREAM, &cursor, &skip, &facts_);
    line.next = cursor.seq;
    switch (parse) {
      case CUT_PARSE_OK:
        found.push_back(told(direction));
        if (cut_cursor_empty(&cursor) && left.empty()) return Sync::on;
        break;
      case CUT_PARSE_IGNORED:
        break;
      case CUT_PARSE_SKIP:
        pass_over(skip);
        if (line.skip != 0) return Sync::on;
        break;
      case CUT_PARSE_MORE: {
        if (left.empty()) return Sync::on;
        const std::size_t size = std::min<std::size_t>(left.size(), CUT_CHUNK);
        std::memcpy(chunk_.byte, left.data(), size);
        left.remove_prefix(size);
        cursor.at = 0;
        cursor.filled = static_cast<std::uint32_t>(size);
        break;
      }
      case CUT_PARSE_SWITCH:
      case CUT_PARSE_OPAQUE:
      case CUT_PARSE_UNTIED:
      case CUT_PARSE_EXCLUDE:
      case CUT_PARSE_DESYNC:
        return Sync::lost;
    }
  }
  return Sync::stuck;
}

void Wire::segment(cut_direction direction, std::string_view payload, Facts& found) {
  Line& line = lines_[direction];
  if (line.sync != Sync::on || payload.empty()) return;
  line.sync = walk(direction, payload, found);
}

Facts Wire::segment(cut_direction direction, std::string_view payload) {
  Facts found;
  segment(direction, payload, found);
  return found;
}

}  // namespace cutpoint::test::tls
