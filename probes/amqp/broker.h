// SPDX-License-Identifier: Apache-2.0
// One connection to an AMQP 0-9-1 broker. Not for use by two threads at once. Its errors are of
// code 3 and never tell the password; after one, lost() says whether the connection is of use.
#pragma once

#include <amqp.h>
#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "controller/util/result.h"

namespace cutpoint::probes {

// What we use of a message. Empty: the property is not there.
struct AmqpMessage {  // NOLINT(bugprone-exception-escape): JSON's destructor is noexcept
  std::string body;
  std::string message_id;
  std::string correlation_id;
  std::string content_type;
  std::string content_encoding;
  nlohmann::json headers;  // an object, or null
};

class Broker {
 public:
  struct Exchange {
    std::string name;
    std::string type;
    bool durable = true;
  };
  struct Queue {
    std::string name;  // empty: the broker makes one up
    bool durable = true;
    bool exclusive = false;  // it goes with the connection
    nlohmann::json arguments;
  };
  struct Binding {
    std::string queue;
    std::string exchange;
    std::string routing_key;
    nlohmann::json arguments;

    bool operator==(const Binding&) const = default;
  };
  struct QueueState {
    std::uint64_t ready = 0;
    std::uint32_t consumers = 0;
  };
  // What the broker says of published messages (RabbitMQ, "Publisher Confirms").
  struct Confirm {
    enum class Kind {
      ack,
      nack,
      returned,  // it led to no queue; its ack follows
    };
    Kind kind = Kind::ack;
    std::uint64_t tag = 0;  // the nth message published on this connection, from 1
    bool multiple = false;  // and all before it
    AmqpMessage message;    // returned: without its body
    std::string why;        // returned: the broker's word
  };

  static Result<Broker> connect(const std::string& url);

  // Each makes it where there is none, and is an error where there is a different one.
  Status declare(const Exchange& exchange);
  Result<std::string> declare(const Queue& queue);  // its name
  Status bind(const Binding& binding);

  // Messages of that queue come to next(), acknowledged by their delivery.
  Status consume(const std::string& queue);
  // nullopt: none came in that time.
  Result<std::optional<AmqpMessage>> next(std::chrono::milliseconds patience);

  // A passive declare. nullopt: there is no such queue.
  Result<std::optional<QueueState>> ask(const std::string& queue);

  // For what is published from now on.
  Status want_confirms();
  // Persistent and mandatory. Does not wait while can_publish().
  Status publish(const std::string& exchange, const std::string& routing_key,
                 const AmqpMessage& message);
  // A small message fits into the socket's buffer.
  [[nodiscard]] bool can_publish() const;
  // nullopt: none came in that time.
  Result<std::optional<Confirm>> next_confirm(std::chrono::milliseconds patience);

  [[nodiscard]] bool lost() const { return lost_; }
  // "127.0.0.1:5672"
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  struct Destroy {
    void operator()(amqp_connection_state_t connection) const;
  };
  using Connection = std::unique_ptr<amqp_connection_state_t_, Destroy>;

  Broker(Connection connection, std::string address)
      : connection_(std::move(connection)), address_(std::move(address)) {}
  Status open_channel(amqp_channel_t channel);
  // How the question just asked was answered. A refusal closes its channel, which is opened again.
  Status answered(const std::string& what);
  Error failure(const std::string& what, const amqp_rpc_reply_t& reply);
  Error loss(int status);
  // A frame of what next() and next_confirm() wait for; nullopt: none came in that time. Error: the
  // broker ended the connection, a channel or the consuming.
  Result<std::optional<amqp_frame_t>> next_frame(std::chrono::milliseconds patience);
  Status check_end(const amqp_frame_t& frame);
  std::optional<Confirm> read_confirm(const amqp_frame_t& frame);

  Connection connection_;
  std::string address_;
  bool lost_ = false;
  std::string return_reason_;  // of a message whose properties have yet to come
};

}  // namespace cutpoint::probes
