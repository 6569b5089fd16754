// SPDX-License-Identifier: Apache-2.0
// Watches a queue and its dead letters, on a thread of its own. It publishes nothing, consumes from
// no queue of the application's and gets no message from one: depths come from passive declares,
// dead letters from a copy of them (a mirror) in an exclusive queue of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint::probes {

// A dead-lettered message, by its headers (RabbitMQ, "Dead Letter Exchanges").
struct DeadLetter {
  std::string message_id;
  std::string correlation_id;
  std::string reason;      // why it first died: rejected, expired, maxlen, delivery_limit
  std::string queue;       // where it died last; empty: not told
  std::int64_t count = 0;  // how often, for that queue and reason
  bool has_x_death = false;
  std::int64_t delivery_count = -1;  // x-delivery-count of a quorum queue; -1: none
};

struct AmqpObservation {
  enum class Kind {
    depth,        // of the queue: ready messages, consumers
    dead_depth,   // of the dead-letter queue likewise
    mirrored,     // dead letters are seen from now on; with `why`: they cannot be, why
    dead_letter,  // one arrived
    lost,         // the broker; `why` in plain words
    back,         // it answers again
  };
  Kind kind = Kind::depth;
  std::int64_t ns = 0;  // CLOCK_MONOTONIC, when it was seen
  std::uint64_t depth = 0;
  std::uint32_t consumers = 0;
  DeadLetter dead;
  std::string why;
};

class AmqpObserver {
 public:
  struct Plan {
    std::string broker;                // amqp://user:password@host:port/vhost
    std::string management;            // http://user:password@host:port; empty: none, and no mirror
    std::string queue;                 // may appear, be deleted and declared anew at any time
    std::string dead_letter_queue;     // empty: none
    std::chrono::nanoseconds every{};  // asks for the depths, and looks after the mirror
  };

  // When all is over.
  struct FinalState {
    std::uint64_t ready = 0;
    std::uint32_t consumers = 0;
    std::optional<std::uint64_t> unacknowledged;  // nullopt: no management API
    std::uint64_t dead_ready = 0;
  };

  // In the caller's network namespace. Errors (3): the broker cannot be reached or refuses the
  // user. None of them tells the password. Later losses are observations.
  static Result<AmqpObserver> connect(const Plan& plan);

  AmqpObserver(AmqpObserver&&) noexcept;
  AmqpObserver& operator=(AmqpObserver&&) = delete;
  ~AmqpObserver();

  // What has come since the last call, in order. Does not wait.
  std::vector<AmqpObservation> take();

  // Waits until the queue has no consumer, or patience is over. A queue that is not there is empty.
  // Error (3): the broker does not answer.
  Result<FinalState> final_state(std::chrono::nanoseconds patience);

 private:
  struct Impl;
  explicit AmqpObserver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cutpoint::probes
