// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "probes/amqp/broker.h"
#include "probes/amqp/publish_plan.h"
#include "probes/amqp/publisher.h"
#include "probes/history/history_writer.h"

namespace cutpoint::probes {

// One run of the publisher, from its first question to the drained queue. Used by one thread.
class PublishRun {
 public:
  PublishRun(const PublishOptions& options, HistoryWriter history);

  // Error: not every message was confirmed, and why.
  Status run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Unconfirmed {
    int number = 0;
    Clock::time_point sent;
  };

  // Connects, until `patience` since `start` is over.
  Status connect(Clock::time_point start);
  // As long as that until the queue is there and has so many consumers.
  Status wait_for_queue(Clock::time_point start, std::uint32_t consumers);
  Status publish_all();
  Status wait_until_drained();

  // Begins and ends phases whose time has come.
  Status turn_phases();
  Status publish_what_is_due();
  std::optional<int> next_due(Clock::time_point now);
  Status publish(int number);
  Status take_confirm(const Broker::Confirm& confirm);
  Status acknowledged(std::uint64_t tag);
  Status rejected(std::uint64_t tag);
  Status returned(const Broker::Confirm& confirm);
  // What is unconfirmed is in doubt, and published again on a new connection.
  Status recover(const Error& loss);
  Status forget_connection(const std::string& why);
  [[nodiscard]] bool confirm_is_overdue() const;
  [[nodiscard]] std::chrono::milliseconds time_to_wait() const;
  [[nodiscard]] bool all_is_done() const;
  [[nodiscard]] Status outcome() const;
  bool queue_is_empty();  // false: it is not, or it could not be asked
  Status tell(int number, const char* type, const std::string& why = {});
  Status tell(const std::string& op, const std::string& id, const char* type);

  const PublishOptions& options_;
  const HistoryWriter history_;
  const PublishPlan plan_;
  std::optional<Broker> broker_;
  Clock::time_point start_;  // of the first phase
  std::size_t phase_ = 0;    // the current one
  bool phase_begun_ = false;
  std::size_t next_ = 0;                              // of the plan, not yet published
  std::vector<int> attempts_;                         // by number - 1
  std::uint64_t last_tag_ = 0;                        // of this connection
  std::map<std::uint64_t, Unconfirmed> unconfirmed_;  // by tag
  std::set<std::pair<Clock::time_point, int>> again_;
  std::map<int, Clock::time_point> first_nacks_;  // by number
  std::vector<int> given_up_;
  std::optional<Clock::time_point> lost_at_;  // no confirm has come since
};

}  // namespace cutpoint::probes
