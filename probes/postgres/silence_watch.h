// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace cutpoint::probes {

// Ends a wait on a socket that has been silent for too long: libpq waits without a limit of its
// own. Shutting the socket down wakes that wait with an end of file; what was sent and not yet
// acknowledged stays in the kernel, as it does for any client that closes.
class SilenceWatch {
 public:
  // Works on a duplicate of `socket`, whose number libpq may close and another connection reuse:
  // the connection ends only when the watch has gone too.
  SilenceWatch(int socket, std::chrono::nanoseconds patience);
  ~SilenceWatch();
  SilenceWatch(const SilenceWatch&) = delete;
  SilenceWatch& operator=(const SilenceWatch&) = delete;

  // An answer is due `patience` after construction; it came when the object is destroyed.
  class Wait {
   public:
    explicit Wait(SilenceWatch* watch);  // nullptr: no limit
    ~Wait();
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    SilenceWatch* watch_;
  };

  [[nodiscard]] bool gave_up() const;

 private:
  using Clock = std::chrono::steady_clock;

  void set_deadline(std::optional<Clock::time_point> deadline);
  void watch(const std::stop_token& stop);

  const int socket_;
  const std::chrono::nanoseconds patience_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Clock::time_point> deadline_;
  bool gave_up_ = false;
  std::jthread thread_;  // last: it uses what is above
};

}  // namespace cutpoint::probes
