// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probes/amqp/broker.h"
#include "probes/amqp/management.h"
#include "probes/amqp/observer.h"

namespace cutpoint::probes {

// A copy of a queue's dead letters: an exclusive queue, bound to the dead-letter exchange as the
// dead-letter queue is. Both queues and the exchange may appear, go and be made anew at any time.
class Mirror {
 public:
  Mirror(std::string queue, std::string dead_letter_queue)
      : queue_(std::move(queue)), dead_letter_queue_(std::move(dead_letter_queue)) {}

  // Looks what is to be mirrored now, and sees to it. A value: this has changed. Dead letters that
  // are seen come to broker.next().
  Result<std::optional<Mirrored>> refresh(Broker& broker, Management& management);

  // The connection is a new one, and the mirror went with the old: as refresh(), by what was known.
  Result<std::optional<Mirrored>> restore(Broker& broker);

 private:
  struct Wanted {
    std::vector<Broker::Binding> bindings;  // without our queue's name; none where nothing is seen
    Mirrored mirrored;

    bool operator==(const Wanted&) const = default;
  };

  // nullopt: not known yet.
  Result<std::optional<Wanted>> look(Management& management) const;
  Result<Wanted> look_at_exchange(Management& management, const std::string& exchange) const;
  Status open(Broker& broker);
  Status bind(Broker& broker);

  std::string queue_;
  std::string dead_letter_queue_;  // empty: every queue of the exchange
  std::string name_;               // of our queue; empty: there is none on this connection
  std::optional<Wanted> current_;
};

}  // namespace cutpoint::probes
