// SPDX-License-Identifier: Apache-2.0
// A scenario of a broker, its consumers and cutpoint's publisher; tests replace parts of it.
#pragma once

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {

inline const std::string poison = R"(scenario: poison
services:
  mq: { protocol: amqp, address: "127.0.0.1:5672" }
  db: { protocol: postgres, dsn: "host=h" }
observe:
  work: { kind: amqp, broker: "amqp://app:hunter2@h/", management: "http://app:hunter2@h:1", queue: work }
target: { command: [app] }
workload:
  kind: amqp.publish
  broker: "amqp://app:hunter2@h/"
  queue: work
  phases:
    - { name: baseline, messages: 30, rate: 10 }
    - { name: storm, messages: 30, rate: 10, poison_every: 1s }
faults:
  - name: cut
    at: { service: mq, moment: basic.ack }
    do: { blackhole: both, for: 3s }
expect:
  - { invariant: amqp.conserved }
)";

// The first line of what is said.
inline std::string first_of(const std::string& complaints) {
  return complaints.substr(0, complaints.find('\n'));
}

}  // namespace cutpoint::test
