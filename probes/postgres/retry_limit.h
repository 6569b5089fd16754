// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

namespace cutpoint::probes {

// How long one order may be tried again, from its first failure, and how fast.
class RetryLimit {
 public:
  explicit RetryLimit(std::chrono::nanoseconds limit) : limit_(limit) {}

  // The first one starts the clock. Then waits before the next try, so that a server that refuses
  // at once is not asked without end: nothing tells a client when it will be taken again.
  // False: the time is over.
  [[nodiscard]] bool pause_after_failure() {
    const auto now = Clock::now();
    if (!end_) end_ = now + limit_;
    if (now >= *end_) return false;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(pause_, *end_ - now));
    pause_ = std::min<std::chrono::nanoseconds>(pause_ * 2, std::chrono::seconds(1));
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::chrono::nanoseconds limit_;
  std::chrono::nanoseconds pause_ = std::chrono::milliseconds(20);
  std::optional<Clock::time_point> end_;
};

}  // namespace cutpoint::probes
