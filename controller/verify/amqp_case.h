// SPDX-License-Identifier: Apache-2.0
// What the invariants about a broker have in common: the wire, what the publisher wrote of itself,
// and what the observer of the queue saw.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/verify/amqp_traffic.h"
#include "controller/verify/invariants.h"

namespace cutpoint {

// A message of cutpoint's publisher, all of its copies together.
struct PublishedMessage {
  std::string id;
  std::uint32_t hash = 0;
  bool poison = false;     // published malformed
  bool corrupted = false;  // a fault changed its body on the way to the broker, of every copy
  bool twofold = false;    // a fault changed it in one copy, and another arrived whole
  bool confirmed = false;
  int tries = 0;
  int doubtful = 0;  // of them, those that were not confirmed, and may have been taken
  int nacked = 0;
  std::int64_t first_ns = 0;  // about to publish it

  [[nodiscard]] bool is_valid() const { return !poison && !corrupted; }
};

// A part of what the publisher sent.
struct PublishedPhase {
  std::string name;
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;  // 0: it did not come to its end

  [[nodiscard]] std::int64_t length_ns() const { return end_ns - begin_ns; }
};

struct SeenDeadLetter {
  std::string id;
  std::uint32_t hash = 0;
  std::int64_t ns = 0;
  bool has_x_death = false;
  std::string reason;
  std::int64_t delivery_count = -1;
  std::uint64_t number = 0;  // of the timeline
};

struct WatchedQueue {
  std::vector<SeenDeadLetter> dead_letters;
  bool mirrored = false;           // dead letters are seen
  std::string cannot_be_mirrored;  // why they are not; empty: nothing of the kind was told
  std::string lost;                // why the observer lost the broker, the first time; empty: never
};

struct AmqpCase {
  const Case& of;
  AmqpTraffic traffic;
  std::vector<PublishedMessage> published;  // in the order of their publishing
  std::vector<PublishedPhase> phases;
  std::map<std::uint32_t, std::size_t> by_hash;  // index in `published`
  WatchedQueue queue;                            // of the case's observer, where it has one

  [[nodiscard]] const PublishedMessage* find(std::uint32_t hash) const;
  [[nodiscard]] std::vector<const AmqpDelivery*> deliveries_of(std::uint32_t hash) const;
};

AmqpCase amqp_case(const Case& of);

// "m17", "m17, m18 and 3 more"
std::string ids_of(const std::vector<const PublishedMessage*>& messages);

}  // namespace cutpoint
