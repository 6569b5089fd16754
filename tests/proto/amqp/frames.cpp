// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/amqp/frames.h"

#include <algorithm>

#include "bpf/proto/amqp.h"

namespace cutpoint::test::amqp {

namespace {

constexpr std::size_t around_a_payload = CUT_AMQP_FRAME_HEADER + 1;

// Flags and values of the properties that are there, in the order of the specification.
class PropertyList {
 public:
  void add(unsigned flag, const std::optional<std::string>& text) {
    if (text) append(flag, short_string(*text));
  }
  void add(unsigned flag, const std::optional<unsigned>& octet) {
    if (octet) append(flag, number(*octet, 1));
  }
  void append(unsigned flag, std::string_view value) {
    flags_ |= flag;
    values_ += value;
  }
  [[nodiscard]] std::string bytes() const { return number(flags_, 2) + values_; }

 private:
  unsigned flags_ = 0;
  std::string values_;
};

std::string names(const Message& message) {
  return short_string(message.exchange) + short_string(message.routing_key);
}

}  // namespace

std::string number(std::uint64_t value, unsigned bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes));
  return text;
}

std::string short_string(std::string_view text) {
  return number(text.size(), 1) + std::string(text);
}

std::string long_string(std::string_view text) {
  return number(text.size(), 4) + std::string(text);
}

std::string frame_header(unsigned type, unsigned channel, std::uint32_t size) {
  return number(type, 1) + number(channel, 2) + number(size, 4);
}

std::string frame(unsigned type, unsigned channel, std::string_view payload) {
  return frame_header(type, channel, static_cast<std::uint32_t>(payload.size())) +
         std::string(payload) + '\xce';
}

std::string method(unsigned channel, unsigned class_id, unsigned method_id,
                   std::string_view arguments) {
  return frame(CUT_AMQP_METHOD_FRAME, channel,
               number(class_id, 2) + number(method_id, 2) + std::string(arguments));
}

std::string body(unsigned channel, std::string_view bytes) {
  return frame(CUT_AMQP_BODY_FRAME, channel, bytes);
}

std::string heartbeat() {
  return frame(CUT_AMQP_HEARTBEAT_FRAME, 0, "");
}

std::string header(unsigned channel, std::uint64_t body_size, const Properties& properties) {
  constexpr unsigned has_app_id = 1U << 3;
  PropertyList list;
  list.add(CUT_AMQP_HAS_CONTENT_TYPE, properties.content_type);
  list.add(CUT_AMQP_HAS_CONTENT_ENCODING, properties.content_encoding);
  if (properties.headers) list.append(CUT_AMQP_HAS_HEADERS, long_string(*properties.headers));
  list.add(CUT_AMQP_HAS_DELIVERY_MODE, properties.delivery_mode);
  list.add(CUT_AMQP_HAS_PRIORITY, properties.priority);
  list.add(CUT_AMQP_HAS_CORRELATION_ID, properties.correlation_id);
  list.add(CUT_AMQP_HAS_REPLY_TO, properties.reply_to);
  list.add(CUT_AMQP_HAS_EXPIRATION, properties.expiration);
  list.add(CUT_AMQP_HAS_MESSAGE_ID, properties.message_id);
  list.add(has_app_id, properties.app_id);
  return frame(
      CUT_AMQP_HEADER_FRAME, channel,
      number(CUT_AMQP_CLASS_BASIC, 2) + number(0, 2) + number(body_size, 8) + list.bytes());
}

std::string Message::content() const {
  std::string frames = header(channel, body.size(), properties);
  const std::size_t most = frame_max - around_a_payload;
  for (std::size_t at = 0; at < body.size(); at += most)
    frames += amqp::body(channel, std::string_view(body).substr(at, most));
  return frames;
}

std::string Message::publish(unsigned bits) const {
  return method(channel, 60, 40, number(0, 2) + names(*this) + number(bits, 1)) + content();
}

std::string Message::deliver(std::uint64_t tag, bool redelivered) const {
  return method(channel, 60, 60,
                short_string("consumer") + number(tag, 8) + number(redelivered ? 1 : 0, 1) +
                    names(*this)) +
         content();
}

std::string Message::get_ok(std::uint64_t tag, bool redelivered) const {
  return method(channel, 60, 71,
                number(tag, 8) + number(redelivered ? 1 : 0, 1) + names(*this) + number(7, 4)) +
         content();
}

std::string Message::returned(unsigned code) const {
  return method(channel, 60, 50, number(code, 2) + short_string("NO_ROUTE") + names(*this)) +
         content();
}

namespace client {

std::string tune_ok(std::uint32_t frame_max) {
  return method(0, 10, 31, number(2047, 2) + number(frame_max, 4) + number(60, 2));
}
std::string open() {
  return method(0, 10, 40, short_string("/") + short_string("") + number(0, 1));
}
std::string open_channel(unsigned channel) {
  return method(channel, 20, 10, short_string(""));
}
std::string consume(unsigned channel, std::string_view queue, unsigned bits) {
  return method(channel, 60, 20,
                number(0, 2) + short_string(queue) + short_string("consumer") + number(bits, 1) +
                    long_string(""));
}
std::string get(unsigned channel, std::string_view queue, unsigned bits) {
  return method(channel, 60, 70, number(0, 2) + short_string(queue) + number(bits, 1));
}
std::string confirm_select(unsigned channel) {
  return method(channel, 85, 10, number(0, 1));
}
std::string reject(unsigned channel, std::uint64_t tag, bool requeue) {
  return method(channel, 60, 90, number(tag, 8) + number(requeue ? 1 : 0, 1));
}
std::string tx_commit(unsigned channel) {
  return method(channel, 90, 20);
}

}  // namespace client

namespace broker {

std::string start() {
  return method(0, 10, 10,
                number(9, 2) + long_string("") + long_string("PLAIN") + long_string("en_US"));
}
std::string cancel(unsigned channel, std::string_view consumer) {
  return method(channel, 60, 30, short_string(consumer) + number(1, 1));
}
std::string blocked() {
  return method(0, 10, 60, short_string("low on memory"));
}
std::string unblocked() {
  return method(0, 10, 61);
}
std::string tx_commit_ok(unsigned channel) {
  return method(channel, 90, 21);
}

}  // namespace broker

std::string ack(unsigned channel, std::uint64_t tag, unsigned bits) {
  return method(channel, 60, 80, number(tag, 8) + number(bits, 1));
}
std::string nack(unsigned channel, std::uint64_t tag, unsigned bits) {
  return method(channel, 60, 120, number(tag, 8) + number(bits, 1));
}
std::string close_channel(unsigned channel, unsigned code) {
  return method(channel, 20, 40, number(code, 2) + short_string("REASON") + number(0, 4));
}
std::string close_channel_ok(unsigned channel) {
  return method(channel, 20, 41);
}
std::string close_connection(unsigned code) {
  return method(0, 10, 50, number(code, 2) + short_string("REASON") + number(0, 4));
}

}  // namespace cutpoint::test::amqp
