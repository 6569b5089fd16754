// SPDX-License-Identifier: Apache-2.0
// What the sequencer waits for: kernel events, the target's end, a signal, the next tick.
#pragma once

#include <chrono>

#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// SIGINT and SIGTERM of this process, as a descriptor, while it lives.
class SignalWatch {
 public:
  static Result<SignalWatch> start();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  SignalWatch(SignalWatch&&) noexcept = default;
  SignalWatch& operator=(SignalWatch&&) = delete;
  ~SignalWatch();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Takes one; 0: none is there.
  [[nodiscard]] int take() const;

 private:
  explicit SignalWatch(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

struct Wakeup {
  bool events = false;
  bool target_ended = false;
  bool signalled = false;
};

// Waits at most `timeout`; descriptors that are -1 are not waited for.
Wakeup wait_for_any(int events_fd, int target_fd, int signal_fd, std::chrono::milliseconds timeout);

}  // namespace cutpoint
