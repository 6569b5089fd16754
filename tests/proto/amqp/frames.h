// SPDX-License-Identifier: Apache-2.0
// AMQP 0-9-1 as bytes (2.3 of its specification): frames, methods, and whole messages:
//   Message{.routing_key = "orders", .body = "{}", .properties = {.message_id = "m1"}}.publish()
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cutpoint::test::amqp {

inline constexpr std::string_view protocol_header{"AMQP\0\0\x09\x01", 8};
inline constexpr std::size_t usual_frame_max = 131072;

// The lowest `bytes` bytes of a number, the highest first.
std::string number(std::uint64_t value, unsigned bytes);
std::string short_string(std::string_view text);
std::string long_string(std::string_view text);  // tables are counted so, too

std::string frame(unsigned type, unsigned channel, std::string_view payload);
// One that says of itself to be so long.
std::string frame_header(unsigned type, unsigned channel, std::uint32_t size);
std::string method(unsigned channel, unsigned class_id, unsigned method_id,
                   std::string_view arguments = "");
std::string body(unsigned channel, std::string_view bytes);
std::string heartbeat();

// Those that are not there are not sent.
struct Properties {
  std::optional<std::string> content_type{};
  std::optional<std::string> content_encoding{};
  std::optional<std::string> headers{};  // fields of a table
  std::optional<unsigned> delivery_mode{};
  std::optional<unsigned> priority{};
  std::optional<std::string> correlation_id{};
  std::optional<std::string> reply_to{};
  std::optional<std::string> expiration{};
  std::optional<std::string> message_id{};
  std::optional<std::string> app_id{};
};
std::string header(unsigned channel, std::uint64_t body_size, const Properties& properties = {});

// A message in all of its frames.
struct Message {
  unsigned channel = 1;
  std::string exchange{};
  std::string routing_key = "q";
  std::string body = "hello";
  Properties properties{};
  std::size_t frame_max = usual_frame_max;

  [[nodiscard]] std::string publish(unsigned bits = 0) const;
  [[nodiscard]] std::string deliver(std::uint64_t tag = 1, bool redelivered = false) const;
  [[nodiscard]] std::string get_ok(std::uint64_t tag = 1, bool redelivered = false) const;
  [[nodiscard]] std::string returned(unsigned code = 312) const;
  // Header and body frames alone.
  [[nodiscard]] std::string content() const;
};

// Methods without content. `bits`: as they are on the wire.
namespace client {
std::string tune_ok(std::uint32_t frame_max);
std::string open();
std::string open_channel(unsigned channel);
std::string consume(unsigned channel, std::string_view queue, unsigned bits = 0);
std::string get(unsigned channel, std::string_view queue, unsigned bits = 0);
std::string confirm_select(unsigned channel);
std::string reject(unsigned channel, std::uint64_t tag, bool requeue);
std::string tx_commit(unsigned channel);
}  // namespace client

namespace broker {
std::string start();
std::string cancel(unsigned channel, std::string_view consumer);
std::string blocked();
std::string unblocked();
std::string tx_commit_ok(unsigned channel);
}  // namespace broker

// Of either end.
std::string ack(unsigned channel, std::uint64_t tag, unsigned bits = 0);
std::string nack(unsigned channel, std::uint64_t tag, unsigned bits = 0);
std::string close_channel(unsigned channel, unsigned code);
std::string close_channel_ok(unsigned channel);
std::string close_connection(unsigned code);

}  // namespace cutpoint::test::amqp
