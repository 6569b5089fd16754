// SPDX-License-Identifier: Apache-2.0
#include "controller/run/event_loop.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace cutpoint {
namespace {

sigset_t ending_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

Result<SignalWatch> SignalWatch::start() {
  const sigset_t set = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) {
    return Error{ExitCode::unavailable,
                 fmt::format("cannot watch for signals: {}", std::strerror(errno)), ""};
  }
  return SignalWatch(std::move(fd));
}

SignalWatch::~SignalWatch() {
  if (!fd_) return;
  // What has come since the last look asks for what is happening already.
  while (take() != 0) {
  }
  const sigset_t set = ending_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

int SignalWatch::take() const {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return 0;
  return static_cast<int>(info.ssi_signo);
}

Wakeup wait_for_any(int events_fd, int target_fd, int signal_fd,
                    std::chrono::milliseconds timeout) {
  std::array<pollfd, 3> waits{pollfd{events_fd, POLLIN, 0}, pollfd{target_fd, POLLIN, 0},
                              pollfd{signal_fd, POLLIN, 0}};
  Wakeup wakeup;
  if (::poll(waits.data(), waits.size(), static_cast<int>(timeout.count())) <= 0) return wakeup;
  wakeup.events = waits[0].revents != 0;
  wakeup.target_ended = waits[1].revents != 0;
  wakeup.signalled = waits[2].revents != 0;
  return wakeup;
}

}  // namespace cutpoint
