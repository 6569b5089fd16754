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
#include <string_view>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint::probes {

// A dead-lettered message, by its headers, of whatever queue shares the dead-letter queue
// (RabbitMQ, "Dead Letter Exchanges").
struct DeadLetter {
  std::string message_id;
  std::string correlation_id;
  std::string reason;      // why it first died: rejected, expired, maxlen, delivery_limit
  std::string queue;       // where it died last; empty: not told
  std::int64_t count = 0;  // how often, for that queue and reason
  bool has_x_death = false;
  // x-delivery-count; -1: none. RabbitMQ 3.10 takes that of a quorum queue off as the message dies.
  std::int64_t delivery_count = -1;
};

// How a queue's dead letters are seen.
struct Mirrored {
  enum class State {
    seen,              // each of them
    unseen,            // they go where no copy can be had
    no_exchange,       // there are none: what is refused is dropped
    missing_exchange,  // likewise: the exchange is not there
  };
  State state = State::seen;
  std::string why;  // in plain words; empty: seen

  bool operator==(const Mirrored&) const = default;
};

// As the timeline says it.
constexpr std::string_view name(Mirrored::State state) {
  switch (state) {
    case Mirrored::State::seen:
      return "seen";
    case Mirrored::State::unseen:
      return "unseen";
    case Mirrored::State::no_exchange:
      return "no_exchange";
    case Mirrored::State::missing_exchange:
      return "missing_exchange";
  }
  return "";
}

struct AmqpObservation {
  enum class Kind {
    depth,        // of the queue: ready messages, consumers
    dead_depth,   // of the dead-letter queue likewise
    mirrored,     // how dead letters are seen from now on: `mirrored`. The last one holds; another
                  // comes when that changes
    dead_letter,  // one arrived
    lost,         // the broker; `why` in plain words
    back,         // it answers again
  };
  Kind kind = Kind::depth;
  std::int64_t ns = 0;  // CLOCK_MONOTONIC, when it was seen
  std::uint64_t depth = 0;
  std::uint32_t consumers = 0;
  DeadLetter dead{};
  Mirrored mirrored{};
  std::string why{};
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
    // nullopt: no management API, or it did not agree in time about what is ready.
    std::optional<std::uint64_t> unacknowledged;
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

  // Waits until the queue has no consumer and all is known of it, or patience is over; dead letters
  // that have arrived by then can be taken. A queue that is not there is empty. One call at a time.
  // Error (3): the broker does not answer.
  Result<FinalState> final_state(std::chrono::nanoseconds patience);

 private:
  struct Impl;
  explicit AmqpObserver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cutpoint::probes
