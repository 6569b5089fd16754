// SPDX-License-Identifier: Apache-2.0
// `cutpoint trace`: what is said on the flows of a target, as it is said. Nothing is altered: the
// programs are loaded without what could (bpf/prog/settings.h, only_looks), there are no rules, no
// lease, and no process is moved.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bpf/abi/peer.h"
#include "controller/run/metrics_server.h"
#include "controller/run/top_view.h"
#include "controller/run/trace_stream.h"
#include "controller/scenario/model.h"
#include "controller/util/result.h"

namespace cutpoint {

struct TraceOptions {
  std::optional<Duration> lasts;          // nullopt: until the command ends, or a signal comes
  std::vector<std::string> moments;       // names; empty: all
  std::vector<cut_peer> peers;            // who is an end of the connections; empty: anybody
  std::optional<Duration> over;           // only pairs of moments that are further apart
  bool histograms = false;                // of how long answers took, instead of lines
  std::optional<Duration> every;          // histograms also then; nullopt: at the end alone
  std::optional<TopOptions> top;          // the table instead of lines
  std::optional<MetricsAddress> metrics;  // numbers for Prometheus, too
  std::optional<std::uint64_t> rate;      // lines a second, at most
  bool summary = false;
  bool terminal = false;  // stderr is a terminal
  bool quiet = false;
};

// Of whole exchanges, too: they need an event of every query.
inline Exchanges measured_exchanges(const TraceOptions& options) {
  return options.top || options.metrics ? Exchanges::measured : Exchanges::passed_over;
}

// Of the services and the target of `whom`; its other sections are empty. Held (0) however it ended
// and whatever was lost: a trace judges nothing, and says what it did not see. Errors: nothing was
// traced, or nobody takes what it writes.
Result<ExitCode> run_trace(const Scenario& whom, const TraceOptions& options, TraceStream& stream);

}  // namespace cutpoint
