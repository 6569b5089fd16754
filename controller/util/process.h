// SPDX-License-Identifier: Apache-2.0
// One process of this host, told apart from a later one that got the same number.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <sys/types.h>

#include "controller/util/result.h"

namespace cutpoint {

struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // field 22 of /proc/<pid>/stat: clock ticks since boot

  bool operator==(const ProcessId&) const = default;
};

Result<ProcessId> process_id(pid_t pid);

// False once it has ended, even if nobody has reaped it yet or its number is in use again.
bool is_running(const ProcessId& process);

// By a signal, such as SIGSTOP, or by a tracer.
bool is_stopped(pid_t pid);

// It is one of the kernel's own, which has no program and moves to no cgroup.
bool is_kernel_thread(pid_t pid);

// Inodes of the sockets that it has open, of every family; none if it has ended.
std::set<std::uint64_t> socket_inodes(pid_t pid);

// Waits until it has ended; false: it still runs after `timeout`.
bool await_end(const ProcessId& process, std::chrono::milliseconds timeout);

}  // namespace cutpoint
