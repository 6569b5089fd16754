// SPDX-License-Identifier: Apache-2.0
// Watches Celery's workers by their broker, on a thread of its own: takes a copy of each event from
// an exclusive queue, and asks how many messages wait in the application's. It publishes nothing,
// and consumes from no queue of the application's.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "controller/util/result.h"
#include "probes/celery/events.h"

namespace cutpoint::probes {

struct CeleryObservation {
  enum class Kind {
    event,  // of a worker
    depth,  // messages that wait in the queue, those that workers have fetched not counted
    lost,   // nothing will come any more
  };
  Kind kind = Kind::event;
  std::int64_t ns = 0;  // CLOCK_MONOTONIC, when it arrived
  CeleryEvent event;
  std::uint64_t depth = 0;
  std::string why;  // lost: plain words
};

class CeleryObserver {
 public:
  struct Plan {
    std::string broker;  // amqp://user:password@host:port/vhost
    std::string queue;
    std::chrono::nanoseconds every;  // asks for the depth
  };

  // In the caller's network namespace. Errors (3): the broker cannot be reached, refuses the user,
  // or holds another exchange of that name. None of them tells the password.
  static Result<CeleryObserver> connect(const Plan& plan);

  CeleryObserver(CeleryObserver&&) noexcept;
  CeleryObserver& operator=(CeleryObserver&&) = delete;
  ~CeleryObserver();

  // What has arrived since the last call, in order. Does not wait.
  std::vector<CeleryObservation> take();

 private:
  struct Impl;
  explicit CeleryObserver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cutpoint::probes
