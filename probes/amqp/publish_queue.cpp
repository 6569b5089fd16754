// SPDX-License-Identifier: Apache-2.0
// What the publisher does with the broker and the queue before its first message and after its
// last.
#include <fmt/format.h>
#include <thread>

#include "probes/amqp/publish_run.h"

namespace cutpoint::probes {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds between_connects(100);
constexpr milliseconds between_questions(50);
constexpr milliseconds quiet_for(1000);  // see publisher.h, "Drained"

}  // namespace

Status PublishRun::connect(Clock::time_point start) {
  while (true) {
    auto connected = Broker::connect(options_.url);
    Status ready;
    if (connected) ready = connected->want_confirms();
    if (connected && ready) {
      broker_ = *std::move(connected);
      return {};
    }
    Error error = connected ? std::move(ready).error() : std::move(connected).error();
    if (error.code == ExitCode::usage || Clock::now() >= start + options_.patience) return error;
    std::this_thread::sleep_for(between_connects);  // the broker has no other way to say it is back
  }
}

Status PublishRun::wait_for_queue(Clock::time_point start, std::uint32_t consumers) {
  while (true) {
    auto queue = broker_->ask(options_.queue);
    if (queue && *queue && (*queue)->consumers >= consumers) return {};
    if (!queue) CUTPOINT_TRY(connect(start));
    if (Clock::now() >= start + options_.patience) {
      const bool is_there = queue && *queue;
      return Error{ExitCode::unavailable,
                   fmt::format("the queue `{}` at {} {}", options_.queue, broker_->address(),
                               is_there ? "has no consumer" : "is not there"),
                   "does the target declare it and consume it?"};
    }
    std::this_thread::sleep_for(between_questions);  // the protocol tells it only when asked
  }
}

bool PublishRun::queue_is_empty() {
  if (!broker_) {
    auto connected = Broker::connect(options_.url);
    if (connected) broker_ = *std::move(connected);
  }
  if (!broker_) return false;
  auto queue = broker_->ask(options_.queue);
  if (!queue) broker_.reset();
  return queue && *queue && (*queue)->ready == 0;
}

Status PublishRun::wait_until_drained() {
  CUTPOINT_TRY(tell("drain", options_.queue, "invoke"));
  const auto start = Clock::now();
  auto quiet_since = start;
  while (Clock::now() < start + options_.drain) {
    if (!queue_is_empty()) quiet_since = Clock::now();
    if (Clock::now() >= quiet_since + quiet_for) return tell("drain", options_.queue, "ok");
    std::this_thread::sleep_for(between_questions);
  }
  return tell("drain", options_.queue, "info");
}

}  // namespace cutpoint::probes
