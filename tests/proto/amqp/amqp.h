// SPDX-License-Identifier: Apache-2.0
// A connection to an AMQP broker as its parser sees it, and what it said of one message.
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/proto/amqp.h"
#include "tests/proto/amqp/frames.h"
#include "tests/proto/records.h"
#include "tests/proto/walk.h"

namespace cutpoint::test::amqp {

struct Fact {
  cut_direction direction = CUT_UPSTREAM;
  std::uint64_t moments = 0;
  std::uint32_t first = 0;  // sequence number of its first byte
  std::uint32_t last = 0;   // one past its last byte
  std::uint32_t body = 0;   // bytes in front of the body
  std::array<std::uint32_t, CUT_AMQP_ATTRIBUTE_COUNT> attributes = {};
  std::string exchange_name{};  // as far as it is kept
  std::string routing_key{};
  std::uint32_t exchange = 0;  // of request and answer: AMQP has none
  bool forgot = false;

  auto operator<=>(const Fact&) const = default;
  [[nodiscard]] bool is(cut_amqp_moment moment) const { return (moments >> moment & 1) != 0; }
  [[nodiscard]] std::uint32_t operator[](cut_amqp_attribute which) const {
    return attributes[which];
  }
  [[nodiscard]] bool has(cut_amqp_flag flag) const {
    return (attributes[CUT_AMQP_ATTR_FLAG] >> flag & 1) != 0;
  }
};

using Facts = std::vector<Fact>;

// As a test failure shows it: "basic.publish up [0, 57) channel 1 …".
std::ostream& operator<<(std::ostream& out, const Fact& fact);

struct Amqp {
  using State = cut_amqp;
  using Fact = amqp::Fact;

  static constexpr auto step = cut_amqp_step;
  static constexpr auto flush = cut_amqp_flush;
  static constexpr auto join = cut_amqp_join;

  static Fact fact_of(const State& parser, cut_direction direction, const cut_facts& facts);
};

using Wire = WireOf<Amqp>;

// Each side's turn travels in one segment. Facts come back with their bytes counted from the start
// of the turn. What begins in an earlier turn begins before its byte 0: then `first` is negative,
// as a 32-bit number. The client has said which protocol it speaks.
class Session {
 public:
  Session() { sends(protocol_header); }

  Facts sends(std::string_view bytes) { return wire_.turn(CUT_UPSTREAM, bytes); }
  Facts answers(std::string_view bytes) { return wire_.turn(CUT_DOWNSTREAM, bytes); }

  [[nodiscard]] Sync client_sync() const { return wire_.sync(CUT_UPSTREAM); }
  [[nodiscard]] Sync broker_sync() const { return wire_.sync(CUT_DOWNSTREAM); }

 private:
  Wire wire_;
};

// "content.body basic.publish": the moment of each fact; "names.full" of one that was forgotten.
// With the numbers of bytes in front, where they matter: "content.body@50 basic.publish@50".
std::string moments(const Facts& facts);
std::string moments_and_ends(const Facts& facts);

// What the attribute `message_id` is for that text.
std::uint32_t hash_of(std::string_view text);

// What is wrong with a connection, as records.h writes it; empty: nothing.
std::string violation(std::string_view records);

// Whole connections as records, for tests that care about how bytes travel.
using Conversation = RecordedConnection;
std::vector<Conversation> conversations();

}  // namespace cutpoint::test::amqp
