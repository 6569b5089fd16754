// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/amqp/amqp.h"

namespace cutpoint::test::amqp {

namespace {

std::string opened(std::uint32_t frame_max = usual_frame_max) {
  return up(protocol_header) + down(broker::start()) +
         up(client::tune_ok(frame_max) + client::open() + client::open_channel(1));
}

// Every property that is read, and those around them.
Properties all_properties() {
  return {.content_type = "application/json",
          .content_encoding = "utf-8",
          .headers = short_string("lang") + "S" + long_string("py"),
          .delivery_mode = 2,
          .priority = 9,
          .correlation_id = "c1",
          .reply_to = "answers",
          .expiration = "60000",
          .message_id = "m1",
          .app_id = "app"};
}

std::string published() {
  const Message full{.exchange = "orders", .routing_key = "new", .properties = all_properties()};
  const Message task{.body = "", .properties = {.correlation_id = "task"}};
  const Message large{.body = std::string(300, 'x'), .frame_max = 108};
  return opened() + up(client::confirm_select(1) + full.publish(1) + task.publish()) +
         down(ack(1, 1) + nack(1, 2, 1)) +
         up(large.publish() + heartbeat() + Message{}.publish(2)) +
         down(full.returned() + ack(1, 4, 1) + heartbeat());
}

std::string delivered() {
  const Message message{.exchange = "orders", .properties = {.message_id = "m2"}};
  return opened() + up(client::consume(1, "q", 2)) +
         down(message.deliver(1) + message.deliver(2, true) + message.get_ok(3)) +
         up(ack(1, 1, 1) + nack(1, 2, 3) + client::reject(1, 3, true) + client::get(1, "q", 1)) +
         down(broker::cancel(1, "consumer") + broker::blocked() + broker::unblocked());
}

// Five messages at once, of which four are remembered.
std::string interrupted() {
  std::string methods;
  std::string contents;
  for (unsigned channel = 1; channel <= 5; ++channel) {
    const Message message{.channel = channel, .body = std::string(channel, 'b')};
    const std::string frames = message.publish();
    const std::size_t method = frames.size() - message.content().size();
    methods += frames.substr(0, method) + heartbeat();
    contents += frames.substr(method);
  }
  return opened() + up(methods + contents + Message{.channel = 5}.publish());
}

std::string given_up() {
  const std::string begun = Message{}.publish();
  return opened() + up(begun.substr(0, begun.size() - 13) + close_channel(1, 200)) +
         down(Message{}.deliver().substr(0, 40) + close_channel_ok(1)) + up(client::tx_commit(2)) +
         down(broker::tx_commit_ok(2) + close_channel(2, 404)) + up(close_channel_ok(2)) +
         down(close_connection(320)) + up(close_connection(200));
}

}  // namespace

std::vector<Conversation> conversations() {
  return {
      {"published", published()},
      {"delivered", delivered()},
      {"interrupted", interrupted()},
      {"given-up", given_up()},
      {"no-limit", opened(0) + up(Message{}.publish())},
      {"refused", up(protocol_header) + down(protocol_header)},
      {"newer", up(std::string_view("AMQP\0\1\0\0", 8))},
      {"tls", up("\x16\x03\x01")},
  };
}

}  // namespace cutpoint::test::amqp
