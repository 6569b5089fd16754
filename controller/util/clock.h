// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

namespace cutpoint {

// CLOCK_MONOTONIC, the clock of bpf_ktime_get_ns(): comparable with the time of an event.
inline std::uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

// The same as the timeline counts it: signed, for differences.
inline std::int64_t now_ns() {
  return static_cast<std::int64_t>(monotonic_ns());
}

// Milliseconds since 1970, UTC. For people and file names; never for differences.
inline std::int64_t unix_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// A point in time to wait for, in the unit that poll(2) takes.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds from_now)
      : end_(std::chrono::steady_clock::now() + from_now) {}

  // What is left, rounded up; 0 once it has passed.
  [[nodiscard]] int poll_ms() const {
    const auto left = end_ - std::chrono::steady_clock::now();
    if (left.count() <= 0) return 0;
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
  }
  [[nodiscard]] bool passed() const { return poll_ms() == 0; }

 private:
  std::chrono::steady_clock::time_point end_;
};

}  // namespace cutpoint
