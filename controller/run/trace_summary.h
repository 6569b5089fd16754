// SPDX-License-Identifier: Apache-2.0
// What a trace says at its end.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bpf/abi/counters.h"
#include "controller/scenario/model.h"
#include "controller/timeline/latencies.h"

namespace cutpoint {

struct ServiceTotals {
  std::string name;
  unsigned protocol = 0;  // enum cut_protocol
  // Counted in the kernel, shown or not, by bit number: also of events that were lost.
  std::array<std::uint64_t, CUT_MOMENT_BITS> moments{};
};

struct TraceTotals {
  Duration lasted{};
  std::uint64_t opened = 0;        // flows, while it looked
  std::uint64_t accepted = 0;      // of these: those whose other end was not looked at
  std::uint64_t joined = 0;        // those that were open before
  std::uint64_t synchronised = 0;  // of these
  std::uint64_t desynchronised = 0;
  std::array<std::uint64_t, CUT_COUNTERS_TOTAL> counters{};
  std::vector<ServiceTotals> services;
  std::vector<Durations> durations;  // of moment_pairs()
  std::uint64_t unanswered = 0;
  std::uint64_t passed_over = 0;  // Latencies::passed_over()
  std::uint64_t withheld = 0;     // lines past --rate
};

// What of the traffic was not seen, but for events that were lost: flows, messages, by count.
std::uint64_t not_covered(const std::array<std::uint64_t, CUT_COUNTERS_TOTAL>& counters);

// Lines for people, each with its newline.
std::string trace_summary_text(const TraceTotals& totals);
// One line: {"what":"summary",…}; durations in nanoseconds.
std::string trace_summary_json(const TraceTotals& totals);

}  // namespace cutpoint
