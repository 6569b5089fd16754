// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/overhead/processors.h"

#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

int last_of(const cpu_set_t& set) {
  int last = 0;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) last = i;
  }
  return last;
}

}  // namespace

OnLastProcessor::OnLastProcessor() {
  datapath::require(::sched_getaffinity(0, sizeof before_, &before_) == 0, "sched_getaffinity");
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last_of(before_), &one);
  datapath::require(::sched_setaffinity(0, sizeof one, &one) == 0, "sched_setaffinity");
}

OnLastProcessor::~OnLastProcessor() {
  ::sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace cutpoint::bench
