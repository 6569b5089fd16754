// SPDX-License-Identifier: Apache-2.0
// Shared by observer.cpp and observer_thread.cpp only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "probes/amqp/broker.h"
#include "probes/amqp/management.h"
#include "probes/amqp/mirror.h"
#include "probes/amqp/observer.h"

namespace cutpoint::probes {

// A call of final_state() that waits.
struct Question {
  using Clock = std::chrono::steady_clock;
  explicit Question(Clock::time_point until) : deadline(until) {}

  Clock::time_point deadline;
  std::promise<Result<AmqpObserver::FinalState>> answer;
};

struct AmqpObserver::Impl {
  using Kind = AmqpObservation::Kind;
  using Clock = std::chrono::steady_clock;

  Impl(Plan to_follow, Broker connected, std::optional<Management> api)
      : plan(std::move(to_follow)),
        broker(std::move(connected)),
        management(std::move(api)),
        mirror(plan.queue, plan.dead_letter_queue) {}

  const Plan plan;

  // The thread's alone, once it runs.
  std::optional<Broker> broker;  // nullopt: lost
  std::optional<Management> management;
  Mirror mirror;
  Clock::time_point ask_at;      // of the depths and the mirror
  Clock::time_point connect_at;  // where the broker is lost
  std::chrono::milliseconds back_off{};
  std::string why_lost;

  std::mutex mutex;               // guards what follows
  std::condition_variable asked;  // ends, or a question
  bool ends = false;
  std::vector<AmqpObservation> seen;
  bool is_full = false;
  std::optional<Question> question;

  std::thread thread;

  void run();

 private:
  void add(AmqpObservation observation);
  void add(Mirrored mirrored);
  // One round of a connection that lives. Error: it does not any more.
  Status watch();
  Status ask(const std::string& queue, Kind kind);
  Status look_after_mirror();
  // A change of the mirror. A refusal is no loss: an exchange may just have gone.
  Status tell_mirror(const Result<std::optional<Mirrored>>& change);
  void lose(const Error& error);
  void connect_again();
  void await_connect_at();  // or the end, or the deadline of a question
  bool is_to_end();

  // Whether final_state() waits, and for how long yet.
  std::optional<Clock::time_point> deadline();
  void answer(Result<FinalState> state);
  Status answer_if_final();
  Result<FinalState> read_state();
  Result<std::optional<std::uint64_t>> read_unacknowledged(std::uint64_t ready);
};

}  // namespace cutpoint::probes
