// SPDX-License-Identifier: Apache-2.0
// Which processors the bench and its processes run on. Client and server share the last one: spread
// over two, where the scheduler puts each of their 16 processes changes throughput by a tenth from
// one round to the next. The bench itself, which takes the events, has the others, if there are
// any.
#pragma once

#include <sched.h>

namespace cutpoint::bench {

// The calling thread, and what it starts meanwhile, is on the last processor of this host.
class OnLastProcessor {
 public:
  OnLastProcessor();
  OnLastProcessor(const OnLastProcessor&) = delete;
  OnLastProcessor& operator=(const OnLastProcessor&) = delete;
  ~OnLastProcessor();

 private:
  cpu_set_t before_{};
};

// The calling thread keeps off that one from now on.
void leave_last_processor();

}  // namespace cutpoint::bench
