// SPDX-License-Identifier: Apache-2.0
// Messages: where they begin and end, and whose they are (AMQP 0-9-1, 2.3.5.2).
#include <gtest/gtest.h>

#include "tests/proto/amqp/amqp.h"

namespace cutpoint::test::amqp {
namespace {

// The only fact of a turn.
Fact only(const Facts& facts) {
  EXPECT_EQ(facts.size(), 1U) << moments(facts);
  return facts.empty() ? Fact{} : facts[0];
}

std::string at(std::string_view moment, std::size_t end) {
  return std::string(moment) + '@' + std::to_string(end);
}

TEST(MatrixAmqp, A1_publish_in_one_segment_is_told_at_its_last_body_byte) {
  const std::string bytes = Message{.exchange = "orders", .routing_key = "new"}.publish();
  Session session;
  const Facts facts = session.sends(bytes);
  ASSERT_EQ(moments_and_ends(facts),
            at("content.body", bytes.size()) + ' ' + at("basic.publish", bytes.size()));
  EXPECT_EQ(facts[0].first, bytes.size() - body(1, "hello").size());
  EXPECT_EQ(facts[0].body, 7U);
  EXPECT_EQ(facts[1].first, 0U);
  EXPECT_EQ(facts[1].body, bytes.size() - 1 - 5);
  for (const Fact& fact : facts) {
    EXPECT_EQ(fact[CUT_AMQP_ATTR_CHANNEL], 1U);
    EXPECT_EQ(fact[CUT_AMQP_ATTR_MESSAGE_ID], 0U);
    EXPECT_EQ(fact.exchange_name, "orders");
    EXPECT_EQ(fact.routing_key, "new");
  }
}

TEST(MatrixAmqp, A1_publish_in_three_segments_or_split_anywhere) {
  const Message message{.properties = {.message_id = "m1"}};
  const std::string bytes = message.publish();
  const std::string method = bytes.substr(0, bytes.size() - message.content().size());
  Session session;
  EXPECT_EQ(session.sends(method), Facts{});
  EXPECT_EQ(session.sends(header(1, 5, message.properties)), Facts{});
  EXPECT_EQ(moments_and_ends(session.sends(body(1, "hello"))), "content.body@13 basic.publish@13");
  for (std::size_t split = 1; split < bytes.size(); ++split) {
    Session halves;
    EXPECT_EQ(halves.sends(bytes.substr(0, split)), Facts{}) << split;
    const Facts facts = halves.sends(bytes.substr(split));
    ASSERT_EQ(moments(facts), "content.body basic.publish") << split;
    EXPECT_EQ(facts[1].last, bytes.size() - split);
    EXPECT_EQ(facts[1].first, 0U - static_cast<std::uint32_t>(split));
    EXPECT_EQ(facts[1].body, bytes.size() - 1 - 5);
    EXPECT_EQ(facts[1][CUT_AMQP_ATTR_MESSAGE_ID], hash_of("m1"));
  }
}

TEST(MatrixAmqp, A1_the_message_id_or_else_the_correlation_id_whatever_stands_around_it) {
  const Properties around{.content_type = "application/json",
                          .content_encoding = "utf-8",
                          .headers = std::string(5000, '\xce'),
                          .delivery_mode = 2,
                          .priority = 0,
                          .correlation_id = "c1",
                          .reply_to = "",
                          .expiration = "1",
                          .message_id = {},
                          .app_id = "app"};
  Properties both = around;
  both.message_id = std::string(255, 'm');
  const auto id = [](const Properties& properties) {
    Session session;
    const Facts facts = session.sends(Message{.body = "", .properties = properties}.publish());
    return only(facts)[CUT_AMQP_ATTR_MESSAGE_ID];
  };
  EXPECT_EQ(id(around), hash_of("c1"));
  EXPECT_EQ(id(both), hash_of(std::string(255, 'm')));
  EXPECT_EQ(id({.message_id = ""}), hash_of(""));
  EXPECT_EQ(id({.headers = ""}), 0U);
}

TEST(MatrixAmqp, A1_a_message_has_nothing_of_the_one_before_it) {
  Session session;
  session.sends(
      Message{.exchange = "e", .routing_key = "k", .properties = {.message_id = "m"}}.publish(1));
  const Facts facts = session.sends(Message{.routing_key = ""}.publish());
  ASSERT_EQ(moments(facts), "content.body basic.publish");
  EXPECT_EQ(facts[1][CUT_AMQP_ATTR_MESSAGE_ID], 0U);
  EXPECT_EQ(facts[1].exchange_name + facts[1].routing_key, "");
  EXPECT_FALSE(facts[1].has(CUT_AMQP_FLAG_MANDATORY));
  EXPECT_EQ(facts[1].last - facts[1].first - facts[1].body, 6U);
  session.answers(Message{.properties = {.correlation_id = "c"}}.returned());
  const Facts delivered = session.answers(Message{}.deliver());
  EXPECT_EQ(delivered.back()[CUT_AMQP_ATTR_MESSAGE_ID], 0U);
  EXPECT_EQ(delivered.back()[CUT_AMQP_ATTR_CODE], 0U);
}

TEST(MatrixAmqp, A1_names_are_kept_as_far_as_a_filter_may_ask) {
  for (const std::size_t length : {0U, 1U, 62U, 63U, 64U, 255U}) {
    const std::string name(length, 'n');
    Session session;
    const Fact fact =
        only(session.sends(Message{.exchange = name, .routing_key = name, .body = ""}.publish()));
    EXPECT_EQ(fact[CUT_AMQP_ATTR_EXCHANGE], length);
    EXPECT_EQ(fact[CUT_AMQP_ATTR_ROUTING_KEY], length);
    EXPECT_EQ(fact.exchange_name, name.substr(0, CUT_TEXT_BYTES));
    EXPECT_EQ(fact.routing_key, name.substr(0, CUT_TEXT_BYTES));
  }
}

TEST(MatrixAmqp, A2_a_body_of_many_frames_is_one_message) {
  const std::string bytes = Message{.body = std::string(300000, 'x')}.publish();
  Session session;
  const Facts facts = session.sends(bytes);
  EXPECT_EQ(moments(facts), "content.body content.body content.body basic.publish");
  EXPECT_EQ(facts.back().first, 0U);
  EXPECT_EQ(facts.back().last, bytes.size());
  EXPECT_EQ(facts.back().body, facts[0].first + facts[0].body);
  EXPECT_EQ(facts[0].last - facts[0].first, usual_frame_max);
}

TEST(MatrixAmqp, A2_a_message_without_body_ends_with_its_header) {
  const std::string bytes = Message{.body = ""}.publish();
  Session session;
  const Facts facts = session.sends(bytes + bytes);
  ASSERT_EQ(moments_and_ends(facts),
            at("basic.publish", bytes.size()) + ' ' + at("basic.publish", 2 * bytes.size()));
  EXPECT_EQ(facts[0].body, bytes.size());
}

TEST(MatrixAmqp, A2_a_body_frame_may_be_empty) {
  const Message message{.body = "ab"};
  const std::string method =
      message.publish().substr(0, message.publish().size() - message.content().size());
  Session session;
  EXPECT_EQ(moments(session.sends(method + header(1, 2) + body(1, "") + body(1, "a") + body(1, "") +
                                  body(1, "b"))),
            "content.body content.body content.body content.body basic.publish");
}

// RabbitMQ 3.10 takes a payload of frame_max, though the frame is eight bytes longer then: there
// are clients that count so.
TEST(MatrixAmqp, A2_frames_are_as_long_as_was_agreed_on) {
  for (const std::uint32_t agreed : {4096U, 1U << 20}) {
    Session session;
    session.sends(client::tune_ok(agreed));
    const std::string most(agreed, 'x');
    EXPECT_EQ(moments(session.sends(Message{.body = most, .frame_max = agreed + 8}.publish())),
              "content.body basic.publish");
    EXPECT_EQ(moments(session.answers(Message{.body = most, .frame_max = agreed + 8}.deliver())),
              "content.body basic.deliver");
    session.sends(Message{.body = most + 'x', .frame_max = agreed + 9}.publish());
    EXPECT_EQ(session.client_sync(), Sync::lost);
  }
  Session unlimited;
  unlimited.sends(client::tune_ok(0));
  const std::string large(usual_frame_max * 4, 'x');
  EXPECT_EQ(moments(unlimited.sends(Message{.body = large, .frame_max = 1U << 30}.publish())),
            "content.body basic.publish");
}

TEST(MatrixAmqp, A3_two_channels_frame_by_frame) {
  const std::string one = Message{.channel = 1, .routing_key = "one", .body = "ab"}.publish();
  const std::string two = Message{.channel = 2, .routing_key = "two", .body = "cd"}.publish();
  const std::size_t content = header(1, 2).size() + body(1, "ab").size();
  const std::size_t method = one.size() - content;
  Session session;
  EXPECT_EQ(session.sends(one.substr(0, method) + two.substr(0, method)), Facts{});
  EXPECT_EQ(session.sends(header(2, 2) + header(1, 2)), Facts{});
  const Facts facts =
      session.sends(body(2, "c") + body(1, "a") + ack(3, 1) + body(1, "b") + body(2, "d"));
  ASSERT_EQ(moments(facts),
            "content.body content.body basic.ack content.body basic.publish content.body "
            "basic.publish");
  EXPECT_EQ(facts[4].routing_key, "one");
  EXPECT_EQ(facts[4][CUT_AMQP_ATTR_CHANNEL], 1U);
  EXPECT_EQ(facts[6].routing_key, "two");
  EXPECT_EQ(facts[6][CUT_AMQP_ATTR_CHANNEL], 2U);
  EXPECT_EQ(facts[2][CUT_AMQP_ATTR_CHANNEL], 3U);
}

TEST(MatrixAmqp, A3_both_directions_have_a_channel_of_that_number) {
  const std::string there = Message{.routing_key = "there"}.publish();
  const std::string back = Message{.routing_key = "back"}.deliver();
  Session session;
  EXPECT_EQ(session.sends(there.substr(0, 30)), Facts{});
  EXPECT_EQ(session.answers(back).back().routing_key, "back");
  EXPECT_EQ(session.sends(there.substr(30)).back().routing_key, "there");
}

TEST(MatrixAmqp, A3_what_finds_no_room_is_counted_and_leaves_the_others_alone) {
  constexpr unsigned count = CUT_AMQP_CONTENTS + 2;
  std::string methods;
  std::string contents;
  for (unsigned channel = 1; channel <= count; ++channel) {
    const Message message{.channel = channel, .properties = {.message_id = "m"}};
    const std::string content = message.content();
    methods += message.publish().substr(0, message.publish().size() - content.size());
    contents += content;
  }
  Session session;
  EXPECT_EQ(moments(session.sends(methods)), "names.full names.full");
  const Facts facts = session.sends(contents);
  ASSERT_EQ(facts.size(), 2U * CUT_AMQP_CONTENTS);
  for (unsigned i = 0; i < CUT_AMQP_CONTENTS; ++i) {
    EXPECT_TRUE(facts[2 * i + 1].is(CUT_AMQP_PUBLISH));
    EXPECT_EQ(facts[2 * i + 1][CUT_AMQP_ATTR_CHANNEL], i + 1);
  }
  EXPECT_EQ(moments(session.sends(Message{.channel = count}.publish())),
            "content.body basic.publish");
}

TEST(MatrixAmqp, A4_heartbeats_between_the_frames_of_a_message) {
  const Message message{.body = "ab"};
  const std::string content = message.content();
  const std::string method = message.publish().substr(0, message.publish().size() - content.size());
  Session session;
  const Facts facts = session.sends(method + heartbeat() + header(1, 2) + heartbeat() +
                                    body(1, "a") + heartbeat() + body(1, "b"));
  ASSERT_EQ(moments(facts),
            "heartbeat heartbeat content.body heartbeat content.body basic.publish");
  EXPECT_EQ(facts[5].first, 0U);
  EXPECT_EQ(facts[0].last - facts[0].first, 8U);
  EXPECT_EQ(facts[0][CUT_AMQP_ATTR_CHANNEL], 0U);
  EXPECT_EQ(moments(session.answers(heartbeat())), "heartbeat");
}

TEST(MatrixAmqp, A4_a_heartbeat_has_nothing_of_the_method_before_it) {
  Session session;
  const Facts facts =
      session.sends(ack(1, 17, 1) + heartbeat() + close_channel(1, 404) + heartbeat());
  ASSERT_EQ(moments(facts), "basic.ack heartbeat channel.close heartbeat");
  EXPECT_EQ(facts[1].attributes, Fact{}.attributes);
  EXPECT_EQ(facts[3].attributes, Fact{}.attributes);
  EXPECT_EQ(facts[2][CUT_AMQP_ATTR_DELIVERY_TAG], 0U);
  EXPECT_FALSE(facts[2].has(CUT_AMQP_FLAG_MULTIPLE));
}

}  // namespace
}  // namespace cutpoint::test::amqp
