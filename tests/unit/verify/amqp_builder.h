// SPDX-License-Identifier: Apache-2.0
// Builds the facts of a run whose target consumes what cutpoint's publisher sends, in seconds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bpf/abi/amqp.h"
#include "controller/verify/amqp_traffic.h"
#include "controller/verify/verify.h"
#include "probes/amqp/observer.h"

namespace cutpoint::testing {

// Where a message is in its direction's bytes.
struct Span {
  std::uint64_t flow = 0;
  cut_direction direction = CUT_UPSTREAM;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// Services `mq` and `db`, an observer `work` of the queue `work` and of `work.dead`, one fault that
// corrupts bodies. A publisher and a consumer are connected, each on its channel 1; dead letters
// are mirrored from before the first message.
class AmqpBuilder {
 public:
  AmqpBuilder();
  AmqpBuilder(const AmqpBuilder&) = delete;
  AmqpBuilder& operator=(const AmqpBuilder&) = delete;

  // On the wire. `how`: MOMENT, or HELD by a cut.
  std::uint64_t open(double at);
  Span event(std::uint64_t flow, double at, cut_amqp_moment moment,
             const std::map<cut_amqp_attribute, std::uint32_t>& attributes = {},
             cut_event_kind how = CUT_EVENT_MOMENT);
  Span publish(std::uint64_t flow, double at, const std::string& id,
               cut_event_kind how = CUT_EVENT_MOMENT);
  Span confirm(std::uint64_t flow, double at, std::uint32_t tag, std::uint32_t flags = 0,
               cut_event_kind how = CUT_EVENT_MOMENT);
  Span deliver(std::uint64_t flow, double at, std::uint32_t tag, const std::string& id,
               bool redelivered = false);
  Span settle(std::uint64_t flow, double at, cut_amqp_moment moment, std::uint32_t tag,
              std::uint32_t flags = 0, cut_event_kind how = CUT_EVENT_MOMENT);
  void release(const Span& held, double at);
  void alter(const Span& changed, double at);
  void close(std::uint64_t flow, double at);  // TCP alone
  void died(double at, std::uint32_t pid, std::uint32_t exit_code, std::uint32_t signal = 0);

  // What the publisher wrote of itself.
  void says(double at, const std::string& id, const std::string& type, bool poison = false);
  void phase(const std::string& name, double from, double until);  // `until` 0: it did not end

  // All of it: written, published, confirmed, written. Returns the message's place.
  Span send(double at, const std::string& id, bool poison = false);
  Span poison(double at, const std::string& id) { return send(at, id, true); }
  // Delivered to the consumer, and settled a tenth of a second later.
  Span take(double at, const std::string& id, Settled how, bool redelivered = false);
  void handled(const std::string& id, int times = 1);  // its rows
  void valid(double at, const std::string& id);        // sent, delivered, handled, acknowledged

  // What the observer saw.
  void note(double at, const std::string& what, nlohmann::json data = nlohmann::json::object());
  void dead(double at, const std::string& id, const std::string& reason = "rejected",
            const std::string& queue = "work");
  void without_mirror();  // forgets that dead letters are mirrored
  void mirrored(double at);
  // They are not, and why.
  void not_mirrored(double at, probes::Mirrored::State state, const std::string& why);
  void queue_at_the_end(std::uint64_t ready, std::uint32_t consumers = 0);
  void end(double at, int pid = 100);  // of the publisher

  Expectation& expect(const std::string& invariant);
  AmqpTraffic traffic() { return read_amqp(facts, 0); }
  Verdict verify() { return cutpoint::verify(facts); }
  InvariantResult judge(const std::string& invariant);  // the only expectation of that name

  std::uint64_t publisher = 0;
  std::uint64_t consumer = 0;
  Scenario scenario;
  Timeline timeline;
  RunFacts facts;

 private:
  cut_event blank(std::uint64_t flow, double at, cut_event_kind kind);

  std::uint64_t flows_ = 0;
  std::uint32_t sequence_ = 1000;
  std::uint32_t published_ = 0;  // by the publisher's channel
  std::uint32_t delivered_ = 0;  // to the consumer's
};

}  // namespace cutpoint::testing
