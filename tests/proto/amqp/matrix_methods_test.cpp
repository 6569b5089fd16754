// SPDX-License-Identifier: Apache-2.0
// What direction makes of a method, which connections are read, and what ends a message early.
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

TEST(MatrixAmqp, A5_direction_decides_what_an_ack_is) {
  Session session;
  const Fact done = only(session.sends(ack(3, 17, 1)));
  EXPECT_TRUE(done.is(CUT_AMQP_ACK));
  EXPECT_TRUE(done.has(CUT_AMQP_FLAG_MULTIPLE));
  EXPECT_EQ(done[CUT_AMQP_ATTR_DELIVERY_TAG], 17U);
  EXPECT_EQ(done[CUT_AMQP_ATTR_CHANNEL], 3U);
  const Fact confirm = only(session.answers(ack(3, 0x500000012)));
  EXPECT_TRUE(confirm.is(CUT_AMQP_CONFIRM_ACK));
  EXPECT_FALSE(confirm.has(CUT_AMQP_FLAG_MULTIPLE));
  EXPECT_EQ(confirm[CUT_AMQP_ATTR_DELIVERY_TAG], 0x12U);
  const Fact refused = only(session.answers(nack(3, 19, 1)));
  EXPECT_TRUE(refused.is(CUT_AMQP_CONFIRM_NACK));
  EXPECT_TRUE(refused.has(CUT_AMQP_FLAG_MULTIPLE));
}

TEST(MatrixAmqp, A5_what_a_client_refuses_goes_back_or_not) {
  Session session;
  for (const unsigned bits : {0U, 1U, 2U, 3U}) {
    const Fact fact = only(session.sends(nack(1, 5, bits)));
    EXPECT_TRUE(fact.is(CUT_AMQP_NACK));
    EXPECT_EQ(fact.has(CUT_AMQP_FLAG_MULTIPLE), (bits & 1) != 0);
    EXPECT_EQ(fact.has(CUT_AMQP_FLAG_REQUEUE), (bits & 2) != 0);
  }
  for (const bool requeue : {false, true}) {
    const Fact fact = only(session.sends(client::reject(1, 6, requeue)));
    EXPECT_TRUE(fact.is(CUT_AMQP_REJECT));
    EXPECT_EQ(fact[CUT_AMQP_ATTR_DELIVERY_TAG], 6U);
    EXPECT_EQ(fact.has(CUT_AMQP_FLAG_REQUEUE), requeue);
    EXPECT_FALSE(fact.has(CUT_AMQP_FLAG_MULTIPLE));
  }
}

TEST(MatrixAmqp, A5_deliveries_have_a_tag_and_say_whether_they_came_before) {
  Session session;
  for (const bool before : {false, true}) {
    const Facts facts =
        session.answers(Message{.properties = {.message_id = "m7"}}.deliver(0x100000007, before));
    ASSERT_EQ(moments(facts), "content.body basic.deliver");
    for (const Fact& fact : facts) {
      EXPECT_EQ(fact[CUT_AMQP_ATTR_DELIVERY_TAG], 7U);
      EXPECT_EQ(fact[CUT_AMQP_ATTR_REDELIVERED], before ? 1U : 0U);
      EXPECT_EQ(fact[CUT_AMQP_ATTR_MESSAGE_ID], hash_of("m7"));
    }
  }
  EXPECT_EQ(only(session.answers(ack(1, 1)))[CUT_AMQP_ATTR_REDELIVERED], 0U);
}

TEST(MatrixAmqp, A5_every_other_method_of_interest) {
  Session session;
  EXPECT_TRUE(only(session.sends(client::open())).is(CUT_AMQP_CONNECTION_OPEN));
  EXPECT_TRUE(only(session.sends(client::open_channel(7))).is(CUT_AMQP_CHANNEL_OPEN));
  EXPECT_TRUE(only(session.sends(client::confirm_select(7))).is(CUT_AMQP_CONFIRM_SELECT));
  EXPECT_TRUE(only(session.sends(client::tx_commit(7))).is(CUT_AMQP_TX_COMMIT));
  EXPECT_TRUE(only(session.answers(broker::tx_commit_ok(7))).is(CUT_AMQP_TX_COMMITTED));
  EXPECT_TRUE(only(session.answers(broker::cancel(7, "c"))).is(CUT_AMQP_CONSUMER_CANCEL));
  EXPECT_EQ(session.answers(broker::start()), Facts{});
  for (const bool without : {false, true}) {
    const Fact consume = only(session.sends(client::consume(7, "q", without ? 2 : 1)));
    EXPECT_TRUE(consume.is(CUT_AMQP_CONSUME));
    EXPECT_EQ(consume.has(CUT_AMQP_FLAG_NO_ACK), without);
    const Fact get = only(session.sends(client::get(7, "q", without ? 1 : 0)));
    EXPECT_TRUE(get.is(CUT_AMQP_GET));
    EXPECT_EQ(get.has(CUT_AMQP_FLAG_NO_ACK), without);
    const Fact publish = session.sends(Message{}.publish(without ? 1 : 2)).back();
    EXPECT_EQ(publish.has(CUT_AMQP_FLAG_MANDATORY), without);
  }
}

// A method of the other end is none.
TEST(MatrixAmqp, A5_what_only_the_other_end_says_is_no_moment) {
  Session session;
  EXPECT_EQ(session.answers(client::open() + client::tx_commit(1) + client::reject(1, 1, true)),
            Facts{});
  EXPECT_EQ(session.sends(broker::tx_commit_ok(1) + broker::blocked()), Facts{});
  session.sends(Message{}.deliver());
  EXPECT_EQ(session.client_sync(), Sync::lost);
}

TEST(MatrixAmqp, A6_only_0_9_1_is_read) {
  for (const std::string_view other : {std::string_view("AMQP\0\1\0\0", 8),    // 1.0
                                       std::string_view("AMQP\3\1\0\0", 8),    // its SASL
                                       std::string_view("AMQP\1\1\0\x09", 8),  // 0-9
                                       std::string_view("AMQP\1\1\x08\0", 8)}) {
    Wire wire;
    EXPECT_EQ(wire.segment(CUT_UPSTREAM, other), Facts{});
    EXPECT_EQ(wire.sync(CUT_UPSTREAM), Sync::excluded);
    EXPECT_EQ(wire.sync(CUT_DOWNSTREAM), Sync::excluded);
  }
}

TEST(MatrixAmqp, A6_a_broker_that_refuses_the_version_is_not_read) {
  Session session;
  session.answers(protocol_header);
  EXPECT_EQ(session.broker_sync(), Sync::excluded);
  EXPECT_EQ(session.client_sync(), Sync::excluded);
}

TEST(MatrixAmqp, A6_tls_is_told_by_its_first_byte_and_all_else_is_lost) {
  Wire tls;
  tls.segment(CUT_UPSTREAM, "\x16\x03\x01");
  EXPECT_EQ(tls.sync(CUT_UPSTREAM), Sync::encrypted);
  for (const std::string_view other : {"GET / HTTP/1.1\r\n", "amqp", "AM\x16", "AMQX"}) {
    Wire wire;
    wire.segment(CUT_UPSTREAM, other);
    EXPECT_EQ(wire.sync(CUT_UPSTREAM), Sync::lost) << other;
  }
}

TEST(MatrixAmqp, A7_frames_in_a_body_are_a_body) {
  const std::string inner = Message{}.publish() + "\xce\xce\xce" + heartbeat() + ack(1, 1);
  const std::string bytes = Message{.body = inner}.publish();
  Session session;
  EXPECT_EQ(moments_and_ends(session.sends(bytes)),
            at("content.body", bytes.size()) + ' ' + at("basic.publish", bytes.size()));
  for (std::size_t split = 1; split < bytes.size(); ++split) {
    Session halves;
    EXPECT_EQ(halves.sends(bytes.substr(0, split)), Facts{}) << split;
    EXPECT_EQ(moments(halves.sends(bytes.substr(split))), "content.body basic.publish") << split;
  }
}

TEST(MatrixAmqp, A7_frames_in_names_and_headers_are_text) {
  const std::string inner = "\xce" + ack(1, 1) + "\xce";
  Session session;
  const Facts facts = session.sends(
      Message{.exchange = inner, .routing_key = inner, .properties = {.headers = inner}}.publish() +
      client::consume(1, inner));
  ASSERT_EQ(moments(facts), "content.body basic.publish basic.consume");
  EXPECT_EQ(facts[1].exchange_name, inner);
}

TEST(MatrixAmqp, A8_got_and_returned_messages_have_moments_of_their_own) {
  const Message message{.exchange = "e", .routing_key = "k", .properties = {.message_id = "m"}};
  Session session;
  Facts facts = session.answers(message.get_ok(9, true));
  ASSERT_EQ(moments(facts), "content.body basic.get-ok");
  EXPECT_EQ(facts[1][CUT_AMQP_ATTR_DELIVERY_TAG], 9U);
  EXPECT_EQ(facts[1][CUT_AMQP_ATTR_REDELIVERED], 1U);
  facts = session.answers(message.returned(313));
  ASSERT_EQ(moments(facts), "content.body basic.return");
  EXPECT_EQ(facts[1][CUT_AMQP_ATTR_CODE], 313U);
  EXPECT_EQ(facts[1][CUT_AMQP_ATTR_REDELIVERED], 0U);
  EXPECT_EQ(facts[1].exchange_name, "e");
  EXPECT_EQ(facts[1].routing_key, "k");
  EXPECT_EQ(facts[1][CUT_AMQP_ATTR_MESSAGE_ID], hash_of("m"));
}

TEST(MatrixAmqp, A8_a_channel_that_closes_gives_up_its_message) {
  for (const bool by_broker : {false, true}) {
    const std::string bytes = Message{.body = "ab"}.publish();
    const std::string begun = bytes.substr(0, bytes.size() - body(1, "ab").size());
    Session session;
    EXPECT_EQ(moments(session.sends(begun + body(1, "a"))), "content.body");
    if (by_broker) {
      const Fact closed = only(session.answers(close_channel(1, 404)));
      EXPECT_TRUE(closed.is(CUT_AMQP_CHANNEL_CLOSE_DOWN));
      EXPECT_EQ(closed[CUT_AMQP_ATTR_CODE], 404U);
      EXPECT_EQ(session.sends(close_channel_ok(1)), Facts{});
    } else {
      const Fact closed = only(session.sends(close_channel(1, 200)));
      EXPECT_TRUE(closed.is(CUT_AMQP_CHANNEL_CLOSE_UP));
      EXPECT_EQ(closed[CUT_AMQP_ATTR_CODE], 200U);
    }
    const Facts facts = session.sends(client::open_channel(1) + bytes);
    ASSERT_EQ(moments(facts), "channel.open content.body basic.publish");
    EXPECT_EQ(facts[2].last - facts[2].first, bytes.size());
  }
}

TEST(MatrixAmqp, A8_the_connection_closes_or_is_blocked_in_the_midst_of_a_message) {
  const std::string bytes = Message{}.publish();
  Session session;
  EXPECT_EQ(session.sends(bytes.substr(0, bytes.size() - 5)), Facts{});
  EXPECT_TRUE(only(session.answers(broker::blocked())).is(CUT_AMQP_BLOCKED));
  EXPECT_EQ(moments(session.sends(bytes.substr(bytes.size() - 5))), "content.body basic.publish");
  EXPECT_TRUE(only(session.answers(broker::unblocked())).is(CUT_AMQP_UNBLOCKED));
  session.sends(bytes.substr(0, bytes.size() - body(1, "hello").size()));
  const Fact mine = only(session.sends(close_connection(200)));
  EXPECT_TRUE(mine.is(CUT_AMQP_CONNECTION_CLOSE_UP));
  EXPECT_EQ(mine[CUT_AMQP_ATTR_CODE], 200U);
  const Fact theirs = only(session.answers(close_connection(320)));
  EXPECT_TRUE(theirs.is(CUT_AMQP_CONNECTION_CLOSE_DOWN));
  EXPECT_EQ(theirs[CUT_AMQP_ATTR_CODE], 320U);
}

// Whoever publishes it again, because no confirm came, is seen to: by its id.
TEST(MatrixAmqp, A9_a_message_that_is_published_again_has_the_same_id) {
  const auto published = [](const std::string& id, unsigned channel) {
    Session session;
    return session.sends(Message{.channel = channel, .properties = {.message_id = id}}.publish())
        .back()[CUT_AMQP_ATTR_MESSAGE_ID];
  };
  EXPECT_EQ(published("m1", 1), published("m1", 2));
  EXPECT_NE(published("m1", 1), published("m2", 1));
}

TEST(MatrixAmqp, A10_a_message_without_its_last_body_frame_is_not_told) {
  const std::string bytes = Message{.body = std::string(20, 'x'), .frame_max = 18}.publish();
  Session session;
  const std::string all_but_the_end = bytes.substr(0, bytes.size() - 1);
  EXPECT_EQ(moments(session.sends(all_but_the_end)), "content.body");
  EXPECT_EQ(moments(session.sends("\xce")), "content.body basic.publish");
}

}  // namespace
}  // namespace cutpoint::test::amqp
