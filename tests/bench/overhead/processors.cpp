// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/overhead/processors.h"

#include <unistd.h>

#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

std::size_t last() {
  return static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN)) - 1;
}

void run_on(const cpu_set_t& set) {
  datapath::require(::sched_setaffinity(0, sizeof set, &set) == 0, "sched_setaffinity");
}

}  // namespace

OnLastProcessor::OnLastProcessor() {
  datapath::require(::sched_getaffinity(0, sizeof before_, &before_) == 0, "sched_getaffinity");
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last(), &one);
  run_on(one);
}

OnLastProcessor::~OnLastProcessor() {
  ::sched_setaffinity(0, sizeof before_, &before_);
}

void leave_last_processor() {
  if (last() == 0) return;
  cpu_set_t others;
  CPU_ZERO(&others);
  for (std::size_t i = 0; i < last(); ++i) CPU_SET(i, &others);
  run_on(others);
}

}  // namespace cutpoint::bench
