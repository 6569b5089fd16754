// SPDX-License-Identifier: Apache-2.0
#include "probes/celery/broker.h"

#include <amqp_tcp_socket.h>
#include <fmt/format.h>
#include <string_view>
#include <vector>

namespace cutpoint::probes {
namespace {

constexpr amqp_channel_t for_events = 1;
constexpr amqp_channel_t for_questions = 2;  // a queue that is not there closes its channel
constexpr int largest_frame = 131072;
constexpr int heartbeat_seconds = 10;  // a broker that is silent for twice as long is lost
constexpr timeval rpc_patience{5, 0};

amqp_bytes_t bytes_of(const std::string& text) {
  // The library only reads.
  return {text.size(),
          const_cast<char*>(text.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

std::string text_of(const amqp_bytes_t& bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

// What the broker gave as its reason; empty: it gave none.
std::string broker_reason(const amqp_method_t& method) {
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    return text_of(static_cast<const amqp_channel_close_t*>(method.decoded)->reply_text);
  }
  if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    return text_of(static_cast<const amqp_connection_close_t*>(method.decoded)->reply_text);
  }
  return "";
}

std::string reason_of(const amqp_rpc_reply_t& reply) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_SERVER_EXCEPTION: {
      const std::string reason = broker_reason(reply.reply);
      return reason.empty() ? "the broker refused" : reason;
    }
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return amqp_error_string2(reply.library_error);
    case AMQP_RESPONSE_NORMAL:
    case AMQP_RESPONSE_NONE:
      break;
  }
  return "no answer";
}

bool is_missing(const amqp_rpc_reply_t& reply) {
  return reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
         reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD &&
         static_cast<const amqp_channel_close_t*>(reply.reply.decoded)->reply_code ==
             AMQP_NOT_FOUND;
}

// As Celery reads it: `host//` and `host/` mean the virtual host `/`, as `host` does.
std::string with_vhost_escaped(std::string url) {
  if (url.ends_with("//") && !url.ends_with("://")) url.replace(url.size() - 1, 1, "%2F");
  if (url.ends_with("/")) url.pop_back();
  return url;
}

}  // namespace

void Broker::Destroy::operator()(amqp_connection_state_t connection) const {
  amqp_destroy_connection(connection);  // closes the socket; the exclusive queue goes with it
}

Error Broker::failure(const std::string& what, const amqp_rpc_reply_t& reply) const {
  return {ExitCode::unavailable, fmt::format("{} at {}: {}", what, address_, reason_of(reply)), ""};
}

Result<Broker> Broker::connect(const std::string& url) {
  const std::string escaped = with_vhost_escaped(url);
  std::vector<char> text(escaped.begin(), escaped.end());
  text.push_back('\0');
  amqp_connection_info info{};
  amqp_default_connection_info(&info);
  if (amqp_parse_url(text.data(), &info) != AMQP_STATUS_OK) {
    return Error{ExitCode::usage, "the broker's address cannot be read",
                 "it is amqp://user@host:port/vhost, special characters as %XX"};
  }
  Broker broker(Connection(amqp_new_connection()), fmt::format("{}:{}", info.host, info.port));
  amqp_connection_state_t connection = broker.connection_.get();
  amqp_set_handshake_timeout(connection, &rpc_patience);
  amqp_set_rpc_timeout(connection, &rpc_patience);
  amqp_socket_t* socket = amqp_tcp_socket_new(connection);
  const int opened = amqp_socket_open_noblock(socket, info.host, info.port, &rpc_patience);
  if (opened != AMQP_STATUS_OK) {
    return Error{ExitCode::unavailable,
                 fmt::format("the broker at {} cannot be reached: {}", broker.address_,
                             amqp_error_string2(opened)),
                 "is it running? `broker:` must name the address at which it listens"};
  }
  const amqp_rpc_reply_t reply =
      amqp_login(connection, info.vhost, 0, largest_frame, heartbeat_seconds,
                 AMQP_SASL_METHOD_PLAIN, info.user, info.password);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
    Error error = broker.failure("the broker did not let us in", reply);
    error.remedy = fmt::format("may user `{}` use the virtual host `{}`?", info.user, info.vhost);
    return error;
  }
  CUTPOINT_TRY(broker.open_channel(for_events));
  CUTPOINT_TRY(broker.open_channel(for_questions));
  return broker;
}

Status Broker::open_channel(amqp_channel_t channel) {
  amqp_channel_open(connection_.get(), channel);
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection_.get());
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) return failure("cannot open a channel", reply);
  return {};
}

Status Broker::subscribe(const std::string& exchange) {
  amqp_connection_state_t connection = connection_.get();
  const auto check = [&](const char* what) -> Status {
    const amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) return failure(what, reply);
    return {};
  };
  amqp_exchange_declare(connection, for_events, bytes_of(exchange), amqp_cstring_bytes("topic"), 0,
                        1, 0, 0, amqp_empty_table);
  CUTPOINT_TRY(check("cannot declare the exchange of events"));
  const amqp_queue_declare_ok_t* declared =
      amqp_queue_declare(connection, for_events, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
  CUTPOINT_TRY(check("cannot declare a queue for events"));
  const std::string queue = text_of(declared->queue);
  amqp_queue_bind(connection, for_events, bytes_of(queue), bytes_of(exchange),
                  amqp_cstring_bytes("#"), amqp_empty_table);
  CUTPOINT_TRY(check("cannot bind a queue to the exchange of events"));
  amqp_basic_consume(connection, for_events, bytes_of(queue), amqp_empty_bytes, 0, 1, 1,
                     amqp_empty_table);
  return check("cannot consume events");
}

Status Broker::take_frame() {
  amqp_frame_t frame{};
  timeval none{0, 0};
  const int status = amqp_simple_wait_frame_noblock(connection_.get(), &frame, &none);
  if (status == AMQP_STATUS_TIMEOUT) return {};
  if (status != AMQP_STATUS_OK) {
    return Error{
        ExitCode::unavailable,
        fmt::format("the connection to {} was lost: {}", address_, amqp_error_string2(status)), ""};
  }
  if (frame.frame_type != AMQP_FRAME_METHOD) return {};
  const amqp_method_t& method = frame.payload.method;
  if (method.id != AMQP_CHANNEL_CLOSE_METHOD && method.id != AMQP_CONNECTION_CLOSE_METHOD &&
      method.id != AMQP_BASIC_CANCEL_METHOD) {
    return {};
  }
  const std::string reason = broker_reason(method);
  return Error{ExitCode::unavailable,
               fmt::format("the broker at {} ended the connection: {}", address_,
                           reason.empty() ? "the queue of events was deleted" : reason),
               ""};
}

Result<std::optional<std::string>> Broker::next(std::chrono::milliseconds patience) {
  constexpr int us_per_ms = 1000;
  timeval wait{patience.count() / 1000, (patience.count() % 1000) * us_per_ms};
  amqp_maybe_release_buffers(connection_.get());
  amqp_envelope_t envelope{};
  const amqp_rpc_reply_t reply = amqp_consume_message(connection_.get(), &envelope, &wait, 0);
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
    std::optional<std::string> body = text_of(envelope.message.body);
    amqp_destroy_envelope(&envelope);
    return body;
  }
  if (reply.library_error == AMQP_STATUS_TIMEOUT) return std::optional<std::string>();
  if (reply.library_error == AMQP_STATUS_UNEXPECTED_STATE) {
    CUTPOINT_TRY(take_frame());
    return std::optional<std::string>();
  }
  return failure("the connection was lost", reply);
}

Result<std::optional<std::uint64_t>> Broker::depth(const std::string& queue) {
  amqp_connection_state_t connection = connection_.get();
  const amqp_queue_declare_ok_t* declared =
      amqp_queue_declare(connection, for_questions, bytes_of(queue), 1, 0, 0, 0, amqp_empty_table);
  if (declared != nullptr) return std::optional<std::uint64_t>(declared->message_count);
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection);
  if (!is_missing(reply)) return failure("the queue could not be asked for its depth", reply);
  amqp_channel_close_ok_t answer{};
  amqp_send_method(connection, for_questions, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer);
  CUTPOINT_TRY(open_channel(for_questions));
  return std::optional<std::uint64_t>();
}

}  // namespace cutpoint::probes
