// SPDX-License-Identifier: Apache-2.0
// trace.json: the timeline as ui.perfetto.dev and chrome://tracing show it. Every entry of the
// timeline is one instant, with its number as `seq`; what is under way lies between two of them:
//   processes   the faults, each service, the target, the observers, cutpoint
//   threads     each flow, under its service; each process of the target that is told of
//   slices      a flow's life, and in it its transactions and COMMITs
//   async       faults from firing to heal, requests, messages, tasks: these overlap
//   counters    requests in flight, messages not settled, queue depth, busy workers
// Times are CLOCK_MONOTONIC, as in the timeline: a trace of the host's kernel by that clock fits.
#pragma once

#include "controller/report/trace_flows.h"
#include "controller/report/trace_notes.h"

namespace cutpoint {

class Trace {
 public:
  explicit Trace(TextSink sink) : events_(std::move(sink)) {}

  // A run, of which add() tells. `report`: its report.json. `several`: of several runs, whose names
  // stand before those of their processes.
  void begin_run(const nlohmann::json& report, bool several);
  // An entry as in timeline.jsonl, in the order of time.
  void add(const nlohmann::json& entry);
  void end_run();

  // Nothing may follow it. The first error of the sink, if it had any.
  Status finish();

 private:
  TraceThread show(const nlohmann::json& entry, std::int64_t ns);

  TraceEvents events_;
  TraceTracks tracks_{events_};
  TraceFlows flows_{events_, tracks_};
  TraceNotes notes_{events_, tracks_};
  nlohmann::json runs_ = nlohmann::json::array();
  std::int64_t last_ns_ = 0;
};

}  // namespace cutpoint
