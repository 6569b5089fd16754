// SPDX-License-Identifier: Apache-2.0
// Bytes that no client or broker may send end the parsing of their direction.
#include <gtest/gtest.h>

#include "tests/proto/amqp/amqp.h"

namespace cutpoint::test::amqp {
namespace {

std::string method_of(const Message& message) {
  return message.publish().substr(0, message.publish().size() - message.content().size());
}

TEST(AmqpMalformed, frames_lose_the_direction) {
  const std::string begun = method_of({}) + header(1, 5);
  const std::vector<std::string> wrong = {
      frame(0, 1, "1234"),
      frame(4, 1, "1234"),
      frame(9, 0, ""),
      frame(8, 1, ""),
      frame(8, 0, "x"),
      frame_header(1, 1, usual_frame_max + 1),
      frame_header(3, 1, 0xffffffff),
      frame(1, 1, ""),
      frame(1, 1, std::string("\0\x3c\0", 3)),
      method(1, 60, 40).substr(0, 11) + 'x',
      begun.substr(0, begun.size() - 1) + '\0',
      header(1, 5),
      body(1, "hello"),
      method_of({}) + body(1, "hello"),
      begun + header(1, 5),
      begun + body(1, "longer"),
      begun + body(1, "hell") + body(1, "oo"),
      begun + body(2, "hello"),
      begun + ack(1, 1),
      begun + method_of({}),
      begun + body(1, "hello") + body(1, ""),
      // What is left of a message that was given up is not the next one's.
      begun + body(1, "h") + close_channel(1, 200) + method_of({}) + body(1, "e"),
      method_of({}) + frame(2, 1, number(60, 2) + number(0, 2)),
      method_of({}) + frame(2, 1, number(10, 2) + number(0, 2) + number(5, 8) + number(0, 2)),
      // Flags that there are more flags, and a table or a text longer than the header.
      method_of({}) + frame(2, 1, number(60, 2) + number(0, 2) + number(5, 8) + number(1, 2)),
      method_of({}) + frame(2, 1,
                            number(60, 2) + number(0, 2) + number(5, 8) + number(1U << 13, 2) +
                                number(0xfffffff0, 4)),
      method_of({}) + frame(2, 1,
                            number(60, 2) + number(0, 2) + number(5, 8) + number(1U << 7, 2) +
                                number(3, 1) + "m1"),
      method_of({}) + frame(2, 1, number(60, 2) + number(0, 2) + number(5, 8) + number(1U << 7, 2)),
      // Arguments that the method is too short for.
      method(1, 60, 40, number(0, 2) + short_string("e")),
      method(1, 60, 40, number(0, 2) + number(9, 1) + "e"),
      method(1, 60, 80, number(1, 7)),
      method(1, 60, 80, number(1, 8)),
      method(1, 20, 40, number(1, 1)),
      method(0, 10, 31, number(1, 5)),
  };
  for (const std::string& bytes : wrong) {
    Session session;
    session.sends(bytes);
    EXPECT_EQ(session.client_sync(), Sync::lost) << testing::PrintToString(bytes);
    EXPECT_EQ(session.sends(heartbeat()), Facts{});
    EXPECT_EQ(moments(session.answers(heartbeat())), "heartbeat");
  }
}

TEST(AmqpMalformed, messages_are_no_longer_than_sequence_numbers_can_tell) {
  Session session;
  session.sends(method_of({}) + header(1, 1ULL << 30));
  EXPECT_EQ(session.client_sync(), Sync::on);
  for (const std::uint64_t size : {(1ULL << 30) + 1, 1ULL << 31, 1ULL << 32, ~0ULL}) {
    Session longer;
    longer.sends(method_of({}) + header(1, size));
    EXPECT_EQ(longer.client_sync(), Sync::lost) << size;
  }
}

// Large bodies cost no step per segment, and end where they end.
TEST(AmqpParser, passes_over_what_is_in_a_body) {
  constexpr std::uint32_t size = 1U << 28;
  Wire wire;
  wire.segment(CUT_UPSTREAM, std::string(protocol_header) + client::tune_ok(0) + method_of({}) +
                                 header(1, size) + frame_header(3, 1, size));
  const std::uint64_t steps = wire.steps();
  const std::string piece(1 << 20, '\xce');
  Facts facts;
  for (std::uint32_t left = size; left > 0; left -= piece.size())
    wire.segment(CUT_UPSTREAM, piece, facts);
  EXPECT_EQ(facts, Facts{});
  EXPECT_LE(wire.steps(), steps + 1);
  wire.segment(CUT_UPSTREAM, "\xce", facts);
  EXPECT_EQ(moments(facts), "content.body basic.publish");
}

TEST(AmqpParser, cannot_be_joined_in_the_middle) {
  Wire wire;
  EXPECT_FALSE(wire.join(1));
  cut_amqp amqp = {};
  EXPECT_FALSE(cut_amqp_rests(&amqp));
  EXPECT_FALSE(cut_amqp_owes(&amqp));
  const __u8 heartbeat_end[CUT_REST_BYTES] = {0, 0, 0, 0, 0, CUT_AMQP_FRAME_END};
  EXPECT_EQ(cut_amqp_rest_word(heartbeat_end), 0);
}

TEST(AmqpParser, has_no_text_for_what_is_no_name) {
  cut_amqp amqp = {};
  EXPECT_NE(cut_amqp_text(&amqp, CUT_UPSTREAM, CUT_AMQP_ATTR_EXCHANGE), nullptr);
  EXPECT_NE(cut_amqp_text(&amqp, CUT_DOWNSTREAM, CUT_AMQP_ATTR_ROUTING_KEY), nullptr);
  EXPECT_EQ(cut_amqp_text(&amqp, CUT_UPSTREAM, CUT_AMQP_ATTR_CHANNEL), nullptr);
  amqp.half[CUT_UPSTREAM].current = CUT_AMQP_NO_CONTENT;
  EXPECT_EQ(cut_amqp_text(&amqp, CUT_UPSTREAM, CUT_AMQP_ATTR_EXCHANGE), nullptr);
}

}  // namespace
}  // namespace cutpoint::test::amqp
