// SPDX-License-Identifier: Apache-2.0
// What goes on beside the lines of a trace: a table, numbers for somebody who asks. It is told of
// everything, and looks at the whole from time to time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bpf/abi/counters.h"
#include "bpf/abi/event.h"
#include "controller/timeline/latencies.h"
#include "controller/timeline/trace_line.h"
#include "controller/util/result.h"

namespace cutpoint {

// What is shown of a service.
struct TracedService {
  std::string name;
  unsigned protocol = 0;    // enum cut_protocol
  std::uint64_t shown = 0;  // moments, bit set
};

using MomentCounts = std::array<std::uint64_t, CUT_MOMENT_BITS>;

// The whole, at one time.
struct TraceSight {
  std::int64_t now_ns = 0;
  std::int64_t started_ns = 0;
  const Latencies& latencies;
  const std::array<std::uint64_t, CUT_COUNTERS_TOTAL>& counters;
  const std::vector<MomentCounts>& moments;  // of each service, counted in the kernel
  std::uint64_t withheld = 0;                // lines that --rate left out
};

class TraceWatcher {
 public:
  TraceWatcher() = default;
  TraceWatcher(const TraceWatcher&) = delete;
  TraceWatcher& operator=(const TraceWatcher&) = delete;
  TraceWatcher(TraceWatcher&&) = delete;
  TraceWatcher& operator=(TraceWatcher&&) = delete;
  virtual ~TraceWatcher() = default;

  // A flow of which there was no word before; `event`: the first one.
  virtual void flow_known(const cut_event& event, const TracedFlow& words) = 0;
  // Whose it is, once that is known.
  virtual void flow_named(std::uint64_t flow, const TracedFlow& words) = 0;
  // Any event of a flow that is known, and what it answered.
  virtual void see(const cut_event& event, const std::vector<Answered>& answered) = 0;
  virtual void flow_gone(std::uint64_t flow) = 0;

  // When it wants to look(): CLOCK_MONOTONIC.
  [[nodiscard]] virtual std::int64_t next_look_ns() const = 0;
  virtual Status look(const TraceSight& sight) = 0;
  // Asked often, whatever happens. True: whoever looks at it has had enough.
  virtual Result<bool> is_over() { return false; }
};

}  // namespace cutpoint
