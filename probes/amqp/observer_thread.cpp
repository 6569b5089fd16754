// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <mutex>
#include <utility>

#include "controller/util/clock.h"
#include "probes/amqp/dead_letter.h"
#include "probes/amqp/observer_impl.h"

namespace cutpoint::probes {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_wait(50);  // until the end, or a question, is noticed
constexpr milliseconds first_back_off(100);
constexpr milliseconds longest_back_off(2000);
constexpr std::size_t most_waiting = 200'000;  // observations nobody has taken

}  // namespace

void AmqpObserver::Impl::run() {
  if (!management) add(Mirrored{Mirrored::State::unseen, "no management API is given"});
  while (!is_to_end()) {
    if (!broker) {
      connect_again();
    } else if (Status going = watch(); !going) {
      lose(going.error());
    }
  }
  if (deadline()) answer(Error{ExitCode::unavailable, "the observer has ended", ""});
}

void AmqpObserver::Impl::add(AmqpObservation observation) {
  observation.ns = now_ns();
  const std::lock_guard lock(mutex);
  if (is_full) return;
  is_full = seen.size() >= most_waiting;
  if (is_full) {
    observation.kind = Kind::lost;
    observation.why = "more was seen than could be taken";
  }
  seen.push_back(std::move(observation));
}

void AmqpObserver::Impl::add(Mirrored mirrored) {
  add({.kind = Kind::mirrored, .mirrored = std::move(mirrored)});
}

Status AmqpObserver::Impl::watch() {
  if (Clock::now() >= ask_at) {
    ask_at = Clock::now() + plan.every;
    CUTPOINT_TRY(ask(plan.queue, Kind::depth));
    if (!plan.dead_letter_queue.empty()) {
      CUTPOINT_TRY(ask(plan.dead_letter_queue, Kind::dead_depth));
    }
    CUTPOINT_TRY(look_after_mirror());
  }
  CUTPOINT_TRY_ASSIGN(message, broker->next(longest_wait));
  if (message) {
    add({.kind = Kind::dead_letter, .dead = read_dead_letter(*message)});
    return {};
  }
  return answer_if_final();  // only where no dead letter is on its way
}

Status AmqpObserver::Impl::ask(const std::string& queue, Kind kind) {
  CUTPOINT_TRY_ASSIGN(state, broker->ask(queue));
  if (!state) return {};
  add({.kind = kind, .depth = state->ready, .consumers = state->consumers});
  return {};
}

Status AmqpObserver::Impl::look_after_mirror() {
  if (!management) return {};
  return tell_mirror(mirror.refresh(*broker, *management));
}

Status AmqpObserver::Impl::tell_mirror(const Result<std::optional<Mirrored>>& change) {
  if (!change) return broker->lost() ? Status(change.error()) : Status();
  if (*change) add(**change);
  return {};
}

void AmqpObserver::Impl::lose(const Error& error) {
  why_lost = error.message;
  add({.kind = Kind::lost, .why = why_lost});
  broker.reset();
  back_off = first_back_off;
  connect_at = Clock::now() + back_off;
}

void AmqpObserver::Impl::connect_again() {
  if (const auto until = deadline(); until && Clock::now() >= *until) {
    answer(Error{ExitCode::unavailable, why_lost, "is the broker back?"});
  }
  if (Clock::now() < connect_at) return await_connect_at();
  auto connected = Broker::connect(plan.broker);
  if (!connected) {
    back_off = std::min(back_off * 2, longest_back_off);
    connect_at = Clock::now() + back_off;
    return;
  }
  broker = *std::move(connected);
  ask_at = Clock::now();
  add({.kind = Kind::back});
  if (Status told = tell_mirror(mirror.restore(*broker)); !told) lose(told.error());
}

void AmqpObserver::Impl::await_connect_at() {
  std::unique_lock lock(mutex);
  const auto until = question ? std::min(connect_at, question->deadline) : connect_at;
  const bool is_asked = question.has_value();
  asked.wait_until(lock, until, [&] { return ends || question.has_value() != is_asked; });
}

bool AmqpObserver::Impl::is_to_end() {
  const std::lock_guard lock(mutex);
  return ends;
}

std::optional<AmqpObserver::Impl::Clock::time_point> AmqpObserver::Impl::deadline() {
  const std::lock_guard lock(mutex);
  if (!question) return std::nullopt;
  return question->deadline;
}

void AmqpObserver::Impl::answer(Result<FinalState> state) {
  const std::lock_guard lock(mutex);
  question->answer.set_value(std::move(state));
  question.reset();
}

Status AmqpObserver::Impl::answer_if_final() {
  const auto until = deadline();
  if (!until) return {};
  CUTPOINT_TRY_ASSIGN(state, read_state());
  const bool is_known = !management || state.unacknowledged;
  if ((state.consumers == 0 && is_known) || Clock::now() >= *until) answer(state);
  return {};
}

Result<AmqpObserver::FinalState> AmqpObserver::Impl::read_state() {
  FinalState state;
  CUTPOINT_TRY_ASSIGN(queue, broker->ask(plan.queue));
  if (!queue) {
    state.unacknowledged = 0;
  } else {
    state.ready = queue->ready;
    state.consumers = queue->consumers;
    CUTPOINT_TRY_ASSIGN(unacknowledged, read_unacknowledged(state.ready));
    state.unacknowledged = unacknowledged;
  }
  if (plan.dead_letter_queue.empty()) return state;
  CUTPOINT_TRY_ASSIGN(dead, broker->ask(plan.dead_letter_queue));
  if (dead) state.dead_ready = dead->ready;
  return state;
}

// The API may be some seconds behind, and be away while the broker is there: what it says counts
// where it agrees about what is ready.
Result<std::optional<std::uint64_t>> AmqpObserver::Impl::read_unacknowledged(std::uint64_t ready) {
  if (!management) return std::optional<std::uint64_t>();
  auto totals = management->totals(plan.queue);
  if (!totals || !*totals || (*totals)->ready != ready) return std::optional<std::uint64_t>();
  return std::optional((*totals)->unacknowledged);
}

}  // namespace cutpoint::probes
