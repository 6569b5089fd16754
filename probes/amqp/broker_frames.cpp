// SPDX-License-Identifier: Apache-2.0
// Publishing, and what the broker sends unasked.
#include <fmt/format.h>
#include <poll.h>

#include "probes/amqp/broker.h"
#include "probes/amqp/broker_reply.h"
#include "probes/amqp/field_table.h"

namespace cutpoint::probes {
namespace {

constexpr std::uint8_t persistent = 2;

// Sets a property where there is a text for it.
void set(amqp_basic_properties_t& properties, amqp_flags_t flag, amqp_bytes_t& property,
         const std::string& text) {
  if (text.empty()) return;
  properties._flags |= flag;
  property = bytes_of(text);
}

}  // namespace

std::string broker_reason(const amqp_method_t& method) {
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    return text_of(static_cast<const amqp_channel_close_t*>(method.decoded)->reply_text);
  }
  if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    return text_of(static_cast<const amqp_connection_close_t*>(method.decoded)->reply_text);
  }
  return "";
}

AmqpMessage read_properties(const amqp_basic_properties_t& properties) {
  const auto get = [&](amqp_flags_t flag, const amqp_bytes_t& property) {
    return (properties._flags & flag) != 0 ? text_of(property) : std::string();
  };
  AmqpMessage message;
  message.message_id = get(AMQP_BASIC_MESSAGE_ID_FLAG, properties.message_id);
  message.correlation_id = get(AMQP_BASIC_CORRELATION_ID_FLAG, properties.correlation_id);
  message.content_type = get(AMQP_BASIC_CONTENT_TYPE_FLAG, properties.content_type);
  message.content_encoding = get(AMQP_BASIC_CONTENT_ENCODING_FLAG, properties.content_encoding);
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) != 0) {
    message.headers = to_json(properties.headers);
  }
  return message;
}

timeval time_of(std::chrono::milliseconds time) {
  constexpr int ms_per_s = 1000;
  constexpr int us_per_ms = 1000;
  return {time.count() / ms_per_s, (time.count() % ms_per_s) * us_per_ms};
}

Status Broker::want_confirms() {
  amqp_confirm_select(connection_.get(), for_messages);
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection_.get());
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  lost_ = true;
  return failure("the broker gives no confirms", reply);
}

bool Broker::can_publish() const {
  pollfd socket{amqp_get_sockfd(connection_.get()), POLLOUT, 0};
  return poll(&socket, 1, 0) != 0;  // an error is told by publish()
}

Status Broker::publish(const std::string& exchange, const std::string& routing_key,
                       const AmqpMessage& message) {
  const FieldTable headers(message.headers);
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.delivery_mode = persistent;
  if (!message.headers.is_null()) {
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = headers.table();
  }
  set(properties, AMQP_BASIC_MESSAGE_ID_FLAG, properties.message_id, message.message_id);
  set(properties, AMQP_BASIC_CORRELATION_ID_FLAG, properties.correlation_id,
      message.correlation_id);
  set(properties, AMQP_BASIC_CONTENT_TYPE_FLAG, properties.content_type, message.content_type);
  set(properties, AMQP_BASIC_CONTENT_ENCODING_FLAG, properties.content_encoding,
      message.content_encoding);
  const int status =
      amqp_basic_publish(connection_.get(), for_messages, bytes_of(exchange), bytes_of(routing_key),
                         /*mandatory=*/1, /*immediate=*/0, &properties, bytes_of(message.body));
  if (status != AMQP_STATUS_OK) return loss(status);
  return {};
}

Error Broker::loss(int status) {
  lost_ = true;
  return {ExitCode::unavailable,
          fmt::format("the connection to {} was lost: {}", address_, amqp_error_string2(status)),
          ""};
}

Result<std::optional<amqp_frame_t>> Broker::next_frame(std::chrono::milliseconds patience) {
  timeval wait = time_of(patience);
  amqp_frame_t frame{};
  const int status = amqp_simple_wait_frame_noblock(connection_.get(), &frame, &wait);
  if (status == AMQP_STATUS_TIMEOUT) return std::optional<amqp_frame_t>();
  if (status != AMQP_STATUS_OK) return loss(status);
  CUTPOINT_TRY(check_end(frame));
  return std::optional(frame);
}

Status Broker::check_end(const amqp_frame_t& frame) {
  if (frame.frame_type != AMQP_FRAME_METHOD) return {};
  const amqp_method_t& method = frame.payload.method;
  if (method.id != AMQP_CHANNEL_CLOSE_METHOD && method.id != AMQP_CONNECTION_CLOSE_METHOD &&
      method.id != AMQP_BASIC_CANCEL_METHOD) {
    return {};
  }
  lost_ = true;
  const std::string reason = broker_reason(method);
  return Error{ExitCode::unavailable,
               fmt::format("the broker at {} ended the connection: {}", address_,
                           reason.empty() ? "the queue we consume was deleted" : reason),
               ""};
}

Result<std::optional<Broker::Confirm>> Broker::next_confirm(std::chrono::milliseconds patience) {
  amqp_maybe_release_buffers(connection_.get());
  CUTPOINT_TRY_ASSIGN(frame, next_frame(patience));
  if (!frame || frame->channel != for_messages) return std::optional<Confirm>();
  return read_confirm(*frame);
}

// A returned message is a method, its properties, and its body, which is left out.
std::optional<Broker::Confirm> Broker::read_confirm(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    const auto* properties =
        static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
    return Confirm{Confirm::Kind::returned, 0, false, read_properties(*properties), return_reason_};
  }
  if (frame.frame_type != AMQP_FRAME_METHOD) return std::nullopt;
  const amqp_method_t& method = frame.payload.method;
  if (method.id == AMQP_BASIC_ACK_METHOD) {
    const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
    return Confirm{Confirm::Kind::ack, ack->delivery_tag, ack->multiple != 0, {}, ""};
  }
  if (method.id == AMQP_BASIC_NACK_METHOD) {
    const auto* nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
    return Confirm{Confirm::Kind::nack, nack->delivery_tag, nack->multiple != 0, {}, ""};
  }
  if (method.id == AMQP_BASIC_RETURN_METHOD) {
    return_reason_ = text_of(static_cast<const amqp_basic_return_t*>(method.decoded)->reply_text);
  }
  return std::nullopt;
}

}  // namespace cutpoint::probes
