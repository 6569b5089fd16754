// SPDX-License-Identifier: Apache-2.0
// What a queue is and where its dead letters go, from the management API; and the declaring of
// exchanges, queues and bindings that a scenario names.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint::probes {

struct QueueTopology {
  bool exists = false;
  std::string type;  // classic, quorum, stream
  bool durable = false;
  std::map<std::string, std::string> arguments;  // name -> value as JSON text
  // The effective one, likewise. The API tells a change of it after some seconds.
  std::map<std::string, std::string> policy;

  // An argument goes before a policy.
  struct DeadLetterPath {
    std::optional<std::string> exchange;  // nullopt: none, dead letters are dropped
    bool exchange_exists = false;
    std::string routing_key;          // empty: each message keeps its own
    std::vector<std::string> queues;  // where it leads; empty: nowhere
    std::string undecided;            // why that is not known; empty: it is
  } dead_letter;

  // What RabbitMQ takes and ignores: it knows none such, or not for this type of queue.
  std::vector<std::string> unknown_arguments;
};

// management: http://user:password@host:port. broker: amqp://…, for its virtual host. Errors (3):
// the API cannot be reached or refuses the user. None of them tells the password.
Result<QueueTopology> read_topology(const std::string& management, const std::string& broker,
                                    const std::string& queue);

struct Topology {
  struct Exchange {
    std::string name;
    std::string type = "direct";
    bool durable = true;
  };
  struct Queue {
    std::string name;
    std::string type = "classic";
    bool durable = true;
    std::map<std::string, std::string> arguments;  // name -> value as JSON text
  };
  struct Binding {
    std::string exchange;
    std::string queue;
    std::string routing_key;
  };
  std::vector<Exchange> exchanges;
  std::vector<Queue> queues;
  std::vector<Binding> bindings;
};

// What is there already must be the same: else error (3), with the broker's reason.
Status declare(const std::string& broker, const Topology& topology);

}  // namespace cutpoint::probes
