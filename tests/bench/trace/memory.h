// SPDX-License-Identifier: Apache-2.0
// The memory of a process over time.
#pragma once

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace cutpoint::bench {

// Bytes that are resident (VmRSS of /proc/PID/status). Throws where there is no such process.
std::uint64_t resident_bytes(pid_t pid);

struct Sample {
  double seconds = 0;
  std::uint64_t bytes = 0;
};

// Bytes per second, of the straight line that fits best; 0: there are fewer than two samples.
double slope(const std::vector<Sample>& samples);

}  // namespace cutpoint::bench
