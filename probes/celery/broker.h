// SPDX-License-Identifier: Apache-2.0
// One connection to an AMQP 0-9-1 broker. Not for use by two threads at once.
#pragma once

#include <amqp.h>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "controller/util/result.h"

namespace cutpoint::probes {

class Broker {
 public:
  // Connects and logs in. Error (3).
  static Result<Broker> connect(const std::string& url);

  // Messages of that exchange, a durable one of type `topic` which is made where there is none,
  // come from now on, each once, to an exclusive queue that goes with the connection. Error (3).
  Status subscribe(const std::string& exchange);

  // The next of them. nullopt: none came in that time. Error (3): the connection is lost.
  Result<std::optional<std::string>> next(std::chrono::milliseconds patience);

  // Messages that wait in a queue. nullopt: there is no such queue. Error (3) likewise.
  Result<std::optional<std::uint64_t>> depth(const std::string& queue);

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
  [[nodiscard]] Error failure(const std::string& what, const amqp_rpc_reply_t& reply) const;
  // A frame that is no message: what ends the subscription is an error.
  Status take_frame();

  Connection connection_;
  std::string address_;
};

}  // namespace cutpoint::probes
