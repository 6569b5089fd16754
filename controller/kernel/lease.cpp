// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/lease.h"

#include <chrono>
#include <csignal>

#include "bpf/abi/control.h"
#include "controller/util/clock.h"

namespace cutpoint {

Lease::Lease(__u64& until_ns) : until_ns_(until_ns) {
  renew();
  // Signals are the main thread's business.
  sigset_t all;
  sigset_t previous;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &previous);
  thread_ = std::jthread([this](const std::stop_token& stop) { keep(stop); });
  ::pthread_sigmask(SIG_SETMASK, &previous, nullptr);
}

Lease::~Lease() {
  thread_.request_stop();
  thread_.join();
  __atomic_store_n(&until_ns_, __u64{0}, __ATOMIC_RELEASE);
}

bool Lease::lapsed() const {
  return monotonic_ns() >= __atomic_load_n(&until_ns_, __ATOMIC_ACQUIRE);
}

void Lease::renew() {
  __atomic_store_n(&until_ns_, __u64{monotonic_ns() + CUT_LEASE_NS}, __ATOMIC_RELEASE);
}

void Lease::keep(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    // Once it has lapsed (we were stopped, or starved) what was cut has been let go: cutting it
    // again would be a second fault that nobody asked for.
    if (lapsed()) return;
    renew();
    wake_.wait_for(lock, stop, std::chrono::nanoseconds(CUT_LEASE_RENEWAL_NS),
                   [] { return false; });
  }
}

}  // namespace cutpoint
