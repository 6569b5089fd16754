// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/broker.h"

#include <amqp_tcp_socket.h>
#include <fmt/format.h>

#include "probes/amqp/broker_reply.h"
#include "probes/amqp/broker_url.h"
#include "probes/amqp/field_table.h"

namespace cutpoint::probes {
namespace {

constexpr int largest_frame = 131072;
constexpr int heartbeat_seconds = 10;  // a broker that is silent for twice as long is lost
constexpr timeval rpc_patience{5, 0};

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

bool is_refusal(const amqp_rpc_reply_t& reply) {
  return reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
         reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD;
}

bool is_missing(const amqp_rpc_reply_t& reply) {
  return is_refusal(reply) &&
         static_cast<const amqp_channel_close_t*>(reply.reply.decoded)->reply_code ==
             AMQP_NOT_FOUND;
}

// RabbitMQ tells a wrong user or password as ACCESS-REFUSED, what it refuses of the virtual host as
// NOT-ALLOWED (rabbit_reader.erl).
std::string remedy_of(const amqp_rpc_reply_t& reply, const BrokerUrl& url) {
  const bool closed = reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
                      reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD;
  const int code =
      closed ? static_cast<const amqp_connection_close_t*>(reply.reply.decoded)->reply_code : 0;
  if (code == AMQP_ACCESS_REFUSED)
    return fmt::format("is there a user `{}`, with this password, who may come from here?",
                       url.user);
  if (code == AMQP_NOT_ALLOWED)
    return fmt::format("may user `{}` use the virtual host `{}`, and is there one?", url.user,
                       url.vhost);
  return "is it an AMQP 0-9-1 broker? Its own log says more";
}

int flag(bool on) {
  return on ? 1 : 0;
}

}  // namespace

void Broker::Destroy::operator()(amqp_connection_state_t connection) const {
  amqp_destroy_connection(connection);  // closes the socket; exclusive queues go with it
}

Error Broker::failure(const std::string& what, const amqp_rpc_reply_t& reply) {
  if (!is_refusal(reply)) lost_ = true;
  return {ExitCode::unavailable, fmt::format("{} at {}: {}", what, address_, reason_of(reply)), ""};
}

Result<Broker> Broker::connect(const std::string& url) {
  CUTPOINT_TRY_ASSIGN(parts, BrokerUrl::parse(url));
  Broker broker(Connection(amqp_new_connection()), parts.address());
  amqp_connection_state_t connection = broker.connection_.get();
  amqp_set_handshake_timeout(connection, &rpc_patience);
  amqp_set_rpc_timeout(connection, &rpc_patience);
  amqp_socket_t* socket = amqp_tcp_socket_new(connection);
  const int opened =
      amqp_socket_open_noblock(socket, parts.host.c_str(), parts.port, &rpc_patience);
  if (opened != AMQP_STATUS_OK) {
    return Error{ExitCode::unavailable,
                 fmt::format("the broker at {} cannot be reached: {}", broker.address_,
                             amqp_error_string2(opened)),
                 "is it running? `broker:` must name the address at which it listens"};
  }
  const amqp_rpc_reply_t reply =
      amqp_login(connection, parts.vhost.c_str(), 0, largest_frame, heartbeat_seconds,
                 AMQP_SASL_METHOD_PLAIN, parts.user.c_str(), parts.password.c_str());
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
    Error error = broker.failure("the broker did not let us in", reply);
    error.remedy = remedy_of(reply, parts);
    return error;
  }
  CUTPOINT_TRY(broker.open_channel(for_messages));
  CUTPOINT_TRY(broker.open_channel(for_questions));
  return broker;
}

Status Broker::open_channel(amqp_channel_t channel) {
  amqp_channel_open(connection_.get(), channel);
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection_.get());
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) return failure("cannot open a channel", reply);
  return {};
}

Status Broker::answered(const std::string& what) {
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection_.get());
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  Error refused = failure(what, reply);
  if (!is_refusal(reply)) return refused;
  amqp_channel_close_ok_t answer{};
  amqp_send_method(connection_.get(), for_questions, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer);
  CUTPOINT_TRY(open_channel(for_questions));
  return refused;
}

Status Broker::declare(const Exchange& exchange) {
  amqp_exchange_declare(connection_.get(), for_questions, bytes_of(exchange.name),
                        bytes_of(exchange.type), 0, flag(exchange.durable), 0, 0, amqp_empty_table);
  return answered(fmt::format("cannot declare the exchange `{}`", exchange.name));
}

Result<std::string> Broker::declare(const Queue& queue) {
  const FieldTable arguments(queue.arguments);
  const amqp_queue_declare_ok_t* declared = amqp_queue_declare(
      connection_.get(), for_questions, bytes_of(queue.name), 0, flag(queue.durable),
      flag(queue.exclusive), flag(queue.exclusive), arguments.table());
  std::string name = declared == nullptr ? queue.name : text_of(declared->queue);
  CUTPOINT_TRY(answered(fmt::format("cannot declare the queue `{}`", name)));
  return name;
}

Status Broker::bind(const Binding& binding) {
  const FieldTable arguments(binding.arguments);
  amqp_queue_bind(connection_.get(), for_questions, bytes_of(binding.queue),
                  bytes_of(binding.exchange), bytes_of(binding.routing_key), arguments.table());
  return answered(fmt::format("cannot bind the queue `{}` to the exchange `{}`", binding.queue,
                              binding.exchange));
}

Status Broker::consume(const std::string& queue) {
  amqp_basic_consume(connection_.get(), for_messages, bytes_of(queue), amqp_empty_bytes, 0, 1, 1,
                     amqp_empty_table);
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection_.get());
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  lost_ = true;  // the channel is closed, and what it consumes gone
  return failure(fmt::format("cannot consume the queue `{}`", queue), reply);
}

Result<std::optional<AmqpMessage>> Broker::next(std::chrono::milliseconds patience) {
  timeval wait = time_of(patience);
  amqp_maybe_release_buffers(connection_.get());
  amqp_envelope_t envelope{};
  const amqp_rpc_reply_t reply = amqp_consume_message(connection_.get(), &envelope, &wait, 0);
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
    AmqpMessage message = read_properties(envelope.message.properties);
    message.body = text_of(envelope.message.body);
    amqp_destroy_envelope(&envelope);
    return std::optional(std::move(message));
  }
  if (reply.library_error == AMQP_STATUS_TIMEOUT) return std::optional<AmqpMessage>();
  if (reply.library_error == AMQP_STATUS_UNEXPECTED_STATE) {  // a frame of no message
    CUTPOINT_TRY(next_frame(std::chrono::milliseconds(0)));
    return std::optional<AmqpMessage>();
  }
  return failure("the connection was lost", reply);
}

Result<std::optional<Broker::QueueState>> Broker::ask(const std::string& queue) {
  amqp_maybe_release_buffers(connection_.get());
  const amqp_queue_declare_ok_t* declared = amqp_queue_declare(
      connection_.get(), for_questions, bytes_of(queue), 1, 0, 0, 0, amqp_empty_table);
  if (declared != nullptr) {
    return std::optional(QueueState{declared->message_count, declared->consumer_count});
  }
  const bool missing = is_missing(amqp_get_rpc_reply(connection_.get()));
  Status refused = answered("the queue could not be asked for its depth");
  if (missing && !lost_) return std::optional<QueueState>();
  return std::move(refused).error();
}

}  // namespace cutpoint::probes
