// SPDX-License-Identifier: Apache-2.0
// What all that is said of a broker has in common: the wire, what the publisher wrote of itself,
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
  int nacked = 0;             // of them, those that the broker refused
  std::int64_t first_ns = 0;  // about to publish it
  std::int64_t last_ns = 0;   // likewise, the last time

  [[nodiscard]] bool is_valid() const { return !poison && !corrupted; }
};

// A part of what the publisher sent.
struct PublishedPhase {
  std::string name;
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;  // where it did not come to its end, that of the run

  [[nodiscard]] std::int64_t length_ns() const { return end_ns - begin_ns; }
};

struct SeenDeadLetter {
  std::string id;
  std::int64_t ns = 0;
  bool has_x_death = false;
  std::string reason;
  std::uint64_t number = 0;  // of the timeline
};

// Whether dead letters were seen, from then on.
struct Sight {
  std::int64_t ns = 0;
  std::string blind;  // why they were not; empty: they were, or there can be none
};

// What the observer saw of its queue. Dead letters of other queues are left out.
struct WatchedQueue {
  std::vector<SeenDeadLetter> dead_letters;
  std::vector<Sight> sights;    // in order
  bool has_exchange = true;     // for dead letters, as far as is known
  std::string lost;             // why the observer lost the broker, the first time; empty: never
  std::uint64_t left_over = 0;  // messages that were there before the publisher's first

  // Why a dead letter between these two may have gone unseen; empty: none can have.
  [[nodiscard]] std::string blind_between(std::int64_t from_ns, std::int64_t until_ns) const;
};

// Copies of one message, by where they went.
struct Copies {
  std::size_t certain = 0;       // the broker has taken them, and said so
  std::size_t doubtful = 0;      // it may have; or a consumer sent them, to whatever queue
  std::size_t acknowledged = 0;  // by consumers, or needing no acknowledgement
  std::size_t refused = 0;       // by consumers, for good
  std::size_t dead = 0;

  [[nodiscard]] std::size_t gone() const { return acknowledged + dead; }
};

struct AmqpCase {
  AmqpTraffic traffic;
  std::vector<PublishedMessage> published;  // in the order of their publishing
  std::vector<PublishedPhase> phases;
  WatchedQueue queue;  // of the observer, where there is one
  // Indices, by the hash of a message's id.
  std::map<std::uint32_t, std::size_t> by_hash;
  std::map<std::uint32_t, std::vector<std::size_t>> publishes;
  std::map<std::uint32_t, std::vector<std::size_t>> deliveries;
  std::map<std::string, std::vector<std::size_t>> letters;  // by the id itself

  // nullptr: it is none of the publisher's.
  [[nodiscard]] const PublishedMessage* find(std::uint32_t hash) const;
  // By time.
  [[nodiscard]] std::vector<const AmqpDelivery*> deliveries_of(const PublishedMessage& one) const;
  [[nodiscard]] std::vector<const SeenDeadLetter*> letters_of(const PublishedMessage& one) const;
  [[nodiscard]] Copies copies_of(const PublishedMessage& message) const;
};

// `observer`: whose queue is looked at; empty: nobody's.
AmqpCase amqp_case(const RunFacts& facts, std::uint8_t service, const std::string& observer);
AmqpCase amqp_case(const Case& of);

// The publisher did not come to its end by itself, or failed: what still waits then may yet be
// done.
bool was_cut_short(const RunFacts& facts);

// "m17", "m17, m18 and 3 more"
std::string ids_of(const std::vector<const PublishedMessage*>& messages);

}  // namespace cutpoint
