// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/silence_watch.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cutpoint::probes {

SilenceWatch::SilenceWatch(int socket, std::chrono::nanoseconds patience)
    : socket_(fcntl(socket, F_DUPFD_CLOEXEC, 0)),
      patience_(patience),
      thread_([this](const std::stop_token& stop) { watch(stop); }) {}

SilenceWatch::~SilenceWatch() {
  thread_.request_stop();
  thread_.join();
  if (socket_ >= 0) ::close(socket_);
}

SilenceWatch::Wait::Wait(SilenceWatch* watch) : watch_(watch) {
  if (watch_ != nullptr) watch_->set_deadline(Clock::now() + watch_->patience_);
}

SilenceWatch::Wait::~Wait() {
  if (watch_ != nullptr) watch_->set_deadline(std::nullopt);
}

bool SilenceWatch::gave_up() const {
  const std::lock_guard lock(mutex_);
  return gave_up_;
}

void SilenceWatch::set_deadline(std::optional<Clock::time_point> deadline) {
  const std::lock_guard lock(mutex_);
  deadline_ = deadline;
  changed_.notify_one();
}

void SilenceWatch::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!deadline_) {
      changed_.wait(lock, stop, [this] { return deadline_.has_value(); });
      continue;
    }
    const auto deadline = *deadline_;
    const bool answered =
        changed_.wait_until(lock, stop, deadline, [&] { return deadline_ != deadline; });
    if (answered || stop.stop_requested()) continue;
    ::shutdown(socket_, SHUT_RDWR);
    gave_up_ = true;
    deadline_.reset();
  }
}

}  // namespace cutpoint::probes
