// SPDX-License-Identifier: Apache-2.0
// What holds for every connection to an AMQP broker, whatever its bytes are.
#include <bit>
#include <cstring>

#include "tests/proto/amqp/amqp.h"
#include "tests/proto/readings.h"

namespace cutpoint::test::amqp {
namespace {

constexpr std::uint32_t least_frame = CUT_AMQP_FRAME_HEADER + 1;

// Told behind its last frame, which was told by itself.
bool is_message(const Fact& fact) {
  return fact.is(CUT_AMQP_PUBLISH) || fact.is(CUT_AMQP_DELIVER) || fact.is(CUT_AMQP_GET_OK) ||
         fact.is(CUT_AMQP_RETURN);
}

bool is_body(const Fact& fact) {
  return fact.is(CUT_AMQP_BODY_UP) || fact.is(CUT_AMQP_BODY_DOWN);
}

const char* unsound_half(const cut_amqp_half& half) {
  if (half.slot > CUT_AMQP_NO_CONTENT || half.current > CUT_AMQP_NO_CONTENT)
    return "a message that is nowhere";
  if (half.field == CUT_AMQP_END && half.rest != 0) return "a payload that goes on behind its end";
  if (half.field == CUT_AMQP_BYTES && half.left > half.rest) return "a text that leaves its frame";
  if (half.field == CUT_AMQP_TOLD) return "a message is held back behind the end of its segment";
  if (half.need > 8) return "a number of more than eight bytes";
  for (const cut_amqp_content& content : half.contents) {
    if (content.phase == CUT_AMQP_FREE) continue;
    if (content.phase == CUT_AMQP_IN_BODY && content.left == 0 && half.type != CUT_AMQP_BODY_FRAME)
      return "a message that has ended and is not told";
    for (const cut_amqp_content& other : half.contents) {
      if (&other != &content && other.phase != CUT_AMQP_FREE && other.channel == content.channel)
        return "two messages of one channel";
    }
  }
  return nullptr;
}

// `left` counts for the bytes of an item alone.
cut_amqp without_leftovers(cut_amqp parser) {
  for (cut_amqp_half& half : parser.half) {
    if (half.field != CUT_AMQP_BYTES) half.left = 0;
  }
  return parser;
}

struct Soundness : Amqp {
  static constexpr std::uint32_t most_skipped = CUT_AMQP_LARGEST_FRAME;
  static constexpr auto rest_word = cut_amqp_rest_word;
  static constexpr auto shares_its_end = is_message;

  static std::uint64_t moments_seen_in(cut_direction direction) {
    static constexpr std::array<cut_direction, CUT_AMQP_MOMENT_COUNT> seen_in = {{
#define X(id, name, direction, evidence, description) direction,
        CUT_AMQP_MOMENTS(X)
#undef X
    }};
    std::uint64_t set = 0;
    for (std::size_t moment = 0; moment < seen_in.size(); ++moment) {
      if (seen_in[moment] == direction) set |= 1ULL << moment;
    }
    return set;
  }

  static bool is_silent(const Fact& fact) {
    return fact.forgot;
  }
  static bool is_unasked(const Fact&) {
    return true;
  }
  static bool same(const Fact& whole, const Fact& part, std::string_view, std::uint32_t) {
    return whole == part;
  }
  static bool waits(const Fact&) {
    return false;
  }

  static const char* unsound(const Fact& fact) {
    const std::uint32_t length = fact.last - fact.first;
    if (std::popcount(fact.moments) > 1) return "two moments at once";
    if (fact.forgot && fact.moments != 0) return "a message that is told and forgotten";
    if (length < least_frame) return "a message that is shorter than a frame";
    if (fact.body > length) return "a body behind its message";
    if (is_body(fact) && fact.body != CUT_AMQP_FRAME_HEADER)
      return "a body that is not behind the header of its frame";
    if (!is_message(fact) && !is_body(fact) &&
        !(fact.exchange_name.empty() && fact.routing_key.empty()))
      return "a method with the names of a message";
    if (fact.exchange_name.size() > fact[CUT_AMQP_ATTR_EXCHANGE] ||
        fact.routing_key.size() > fact[CUT_AMQP_ATTR_ROUTING_KEY])
      return "a name that is longer than it is";
    return nullptr;
  }

  static const char* unsound(const State& parser, bool on) {
    if (parser.frame_max > CUT_AMQP_LARGEST_FRAME)
      return "a frame that sequence numbers cannot hold";
    if (cut_amqp_owes(&parser)) return "an answer that is owed";
    for (const cut_amqp_half& half : parser.half) {
      const char* wrong = on ? unsound_half(half) : nullptr;
      if (wrong != nullptr) return wrong;
    }
    return nullptr;
  }

  static bool remembers_the_same(const State& mine, const State& theirs) {
    const State one = without_leftovers(mine);
    const State other = without_leftovers(theirs);
    return std::memcmp(&one, &other, sizeof one) == 0 &&
           cut_amqp_rests(&mine) == cut_amqp_rests(&theirs);
  }
};

}  // namespace

std::string violation(std::string_view records) {
  return violation_of<Soundness>(records);
}

}  // namespace cutpoint::test::amqp
