// SPDX-License-Identifier: Apache-2.0
#include "probes/celery/observer.h"

#include <atomic>
#include <fmt/format.h>
#include <mutex>
#include <thread>
#include <utility>

#include "controller/util/clock.h"
#include "probes/amqp/broker.h"

namespace cutpoint::probes {
namespace {

using Kind = CeleryObservation::Kind;

constexpr auto longest_wait = std::chrono::milliseconds(50);  // until the end is noticed
constexpr std::size_t most_waiting = 200'000;                 // observations nobody has taken

// Celery's exchange of events, which is made where there is none, to an exclusive queue.
Status subscribe(Broker& broker) {
  CUTPOINT_TRY(broker.declare(Broker::Exchange{"celeryev", "topic", true}));
  CUTPOINT_TRY_ASSIGN(queue, broker.declare(Broker::Queue{"", false, true, nullptr}));
  CUTPOINT_TRY(broker.bind({queue, "celeryev", "#", nullptr}));
  return broker.consume(queue);
}

}  // namespace

struct CeleryObserver::Impl {
  Impl(Broker to_watch, Plan to_follow) : broker(std::move(to_watch)), plan(std::move(to_follow)) {}

  Broker broker;  // the thread's alone, once it runs
  Plan plan;
  std::atomic<bool> ends = false;
  std::mutex mutex;  // guards what follows
  std::vector<CeleryObservation> seen;
  std::thread thread;

  void add(CeleryObservation observation) {
    observation.ns = now_ns();
    const std::lock_guard lock(mutex);
    seen.push_back(std::move(observation));
  }

  Status look() {
    CUTPOINT_TRY_ASSIGN(message, broker.next(longest_wait));
    if (!message) return {};
    std::size_t malformed = 0;
    for (CeleryEvent& event : parse_celery_events(message->body, malformed)) {
      add({.event = std::move(event), .why = ""});
    }
    if (malformed == 0) return {};
    return Error{ExitCode::unavailable, "an event of a worker could not be read",
                 "Celery's events must be JSON (event_serializer, the default)"};
  }

  Status ask() {
    CUTPOINT_TRY_ASSIGN(queue, broker.ask(plan.queue));
    if (queue) add({.kind = Kind::depth, .event = {}, .depth = queue->ready, .why = ""});
    return {};
  }

  Status keep_within_bounds() {
    const std::lock_guard lock(mutex);
    if (seen.size() < most_waiting) return {};
    return Error{ExitCode::unavailable, "more events came than could be taken", ""};
  }

  void run() {
    std::int64_t ask_ns = 0;
    while (!ends) {
      Status done;
      if (now_ns() >= ask_ns) {
        ask_ns = now_ns() + plan.every.count();
        done = ask();
      }
      if (done) done = look();
      if (done) done = keep_within_bounds();
      if (done) continue;
      return add({.kind = Kind::lost, .event = {}, .why = done.error().message});
    }
  }
};

CeleryObserver::CeleryObserver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CeleryObserver::CeleryObserver(CeleryObserver&&) noexcept = default;

CeleryObserver::~CeleryObserver() {
  if (!impl_) return;
  impl_->ends = true;
  if (impl_->thread.joinable()) impl_->thread.join();
}

Result<CeleryObserver> CeleryObserver::connect(const Plan& plan) {
  CUTPOINT_TRY_ASSIGN(broker, Broker::connect(plan.broker));
  CUTPOINT_TRY(subscribe(broker));
  auto impl = std::make_unique<Impl>(std::move(broker), plan);
  impl->thread = std::thread([watching = impl.get()] { watching->run(); });
  return CeleryObserver(std::move(impl));
}

std::vector<CeleryObservation> CeleryObserver::take() {
  const std::lock_guard lock(impl_->mutex);
  return std::exchange(impl_->seen, {});
}

}  // namespace cutpoint::probes
