// SPDX-License-Identifier: Apache-2.0
// What a target and its broker said to each other, as the wire alone shows it: every message that
// was published, what was confirmed of it, every delivery, and what became of that. Pure functions
// of the timeline. Source: AMQP 0-9-1, 1.8.3; RabbitMQ, "Consumer Acknowledgements and Publisher
// Confirms".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/verify/run_facts.h"

namespace cutpoint {

// Whose message it is: its channel on one connection.
struct AmqpChannel {
  std::uint64_t flow = 0;  // socket cookie
  std::uint32_t number = 0;

  // clang-tidy 14 takes the comparison with 0 that it implies for one with a pointer.
  auto operator<=>(const AmqpChannel&) const = default;  // NOLINT(modernize-use-nullptr)
};

enum class Confirm {
  none,     // not asked for, or not answered
  acked,    // and the client was told
  unheard,  // the broker confirmed it, and a cut kept that from the client
  nacked,
};

// One copy of a message on its way to the broker.
struct AmqpPublish {
  AmqpChannel channel;
  std::uint32_t message = 0;  // hash of its id; 0: it has none
  std::int64_t ns = 0;        // its last byte
  bool delivered = false;     // that byte passed
  bool altered = false;       // a fault changed its body
  bool returned = false;      // no queue wanted it
  // Not to the default exchange, which hands it to the queue of the routing key. The name is not
  // known, only its length.
  bool to_named_exchange = false;
  Confirm confirm = Confirm::none;
  std::vector<std::uint64_t> evidence;  // timeline numbers

  // The broker got it whole, and did not say that it kept none.
  [[nodiscard]] bool may_be_queued() const {
    return delivered && !returned && confirm != Confirm::nacked;
  }
};

enum class Settled {
  open,       // until the end of the run
  acked,      //
  automatic,  // its consumer needs no acknowledgement
  requeued,   // refused, to be delivered again
  rejected,   // refused for good
  lost,       // its channel or its connection ended first: the broker delivers it again
};

struct AmqpDelivery {
  AmqpChannel channel;
  cut_tuple tuple{};
  std::uint32_t tag = 0;
  std::uint32_t message = 0;  // hash of its id; 0: it has none
  bool redelivered = false;
  bool altered = false;  // a fault changed its body
  bool unheard = false;  // a cut kept its acknowledgement from the broker
  std::int64_t ns = 0;
  Settled settled = Settled::open;
  std::int64_t settled_ns = 0;
  std::vector<std::uint64_t> evidence;

  // The broker forgets it.
  [[nodiscard]] bool is_done() const {
    return settled == Settled::acked || settled == Settled::automatic;
  }
  // The broker is to deliver it again.
  [[nodiscard]] bool comes_back() const { return !is_done() && settled != Settled::rejected; }
};

struct AmqpConnection {
  std::uint64_t flow = 0;
  cut_tuple tuple{};
  bool consumes = false;
  bool closed_in_order = false;  // connection.close came first
  std::optional<std::int64_t> ended_ns;
  std::vector<std::uint64_t> evidence;
};

// A process of the target's that ended by a signal, or with an exit code that is not 0, before
// cutpoint ended the target. Not the publisher.
struct ProcessDeath {
  std::uint32_t pid = 0;
  std::uint32_t exit_code = 0;
  std::uint32_t signal = 0;
  std::int64_t ns = 0;
  std::uint64_t number = 0;  // of the timeline
};

struct AmqpTraffic {
  std::vector<AmqpPublish> publishes;  // by flow, then in their order
  std::vector<AmqpDelivery> deliveries;
  std::vector<AmqpConnection> connections;
  std::vector<ProcessDeath> deaths;
  std::int64_t end_ns = 0;  // cutpoint ended the target, or the last that was seen
};

AmqpTraffic read_amqp(const RunFacts& facts, std::uint8_t service);

}  // namespace cutpoint
