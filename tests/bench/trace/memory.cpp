// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/trace/memory.h"

#include <fstream>
#include <stdexcept>
#include <string>

namespace cutpoint::bench {

std::uint64_t resident_bytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  std::uint64_t kib = 0;
  while (status >> word) {
    if (word == "VmRSS:" && status >> kib) return kib * 1024;
  }
  throw std::runtime_error("process " + std::to_string(pid) + " has gone");
}

double slope(const std::vector<Sample>& samples) {
  const auto n = static_cast<double>(samples.size());
  double seconds = 0;
  double bytes = 0;
  for (const Sample& sample : samples) {
    seconds += sample.seconds / n;
    bytes += static_cast<double>(sample.bytes) / n;
  }
  double together = 0;
  double squares = 0;
  for (const Sample& sample : samples) {
    together += (sample.seconds - seconds) * (static_cast<double>(sample.bytes) - bytes);
    squares += (sample.seconds - seconds) * (sample.seconds - seconds);
  }
  return squares == 0 ? 0 : together / squares;
}

}  // namespace cutpoint::bench
