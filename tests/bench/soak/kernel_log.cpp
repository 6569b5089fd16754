// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/soak/kernel_log.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

constexpr std::array signs{"WARNING:",
                           "BUG:",
                           "Oops",
                           "general protection fault",
                           "rcu_",
                           "soft lockup",
                           "blocked for more",
                           "Call Trace",
                           "Kernel panic"};

bool complains(std::string_view line) {
  for (const std::string_view sign : signs) {
    if (line.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

KernelLog::KernelLog() : log_(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
  datapath::require(log_ && ::lseek(log_.get(), 0, SEEK_END) >= 0, "cannot read /dev/kmsg");
}

// Each read(2) is one record; EPIPE: some were overwritten before they were read.
std::vector<std::string> KernelLog::complaints() {
  std::vector<std::string> found;
  std::array<char, 8192> record{};
  for (;;) {
    const ssize_t size = ::read(log_.get(), record.data(), record.size());
    if (size < 0 && errno == EPIPE) {
      found.emplace_back("records were overwritten before they could be read");
      continue;
    }
    if (size <= 0) return found;
    const std::string_view line(record.data(), static_cast<std::size_t>(size));
    if (complains(line)) found.emplace_back(line);
  }
}

}  // namespace cutpoint::bench
