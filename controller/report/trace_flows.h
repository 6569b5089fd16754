// SPDX-License-Identifier: Apache-2.0
// Flows in a trace: a thread each, with the flow's life, transactions and COMMITs as slices of it;
// what may overlap, as async spans of its service; and their counts.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/report/recorded_entry.h"
#include "controller/report/trace_spans.h"
#include "controller/report/trace_tracks.h"

namespace cutpoint {

class TraceFlows {
 public:
  TraceFlows(TraceEvents& events, TraceTracks& tracks) : events_(events), tracks_(tracks) {}

  // `services`: of report.json.
  void begin_run(const nlohmann::json& services);
  // An entry of the kernel's that is about a flow; the thread to show it on.
  TraceThread read(const nlohmann::json& entry, std::int64_t ns);
  // What is open ends with the run.
  void end_run(std::int64_t ns);

 private:
  struct Track {
    TraceThread thread;
    int process = 0;           // its service
    bool lives = false;        // its slice is open
    std::vector<Span> nested;  // open slices in it, the inner last
    FlowSpans spans;
  };

  Track& track_of(const nlohmann::json& entry);
  std::string process_of(const std::string& service) const;
  void open(Track& track, const Span& span, std::int64_t ns);
  void close(Track& track, const Span& span, std::int64_t ns);
  void count(const Track& track, const Span& span, int by, std::int64_t ns);
  void begin_life(Track& track, const nlohmann::json& entry, std::int64_t ns);
  void end_life(Track& track, std::int64_t ns);

  TraceEvents& events_;
  TraceTracks& tracks_;
  TraceCounters counters_{events_};
  std::map<std::string, std::string> protocols_;  // of services
  FlowIds flow_ids_;
  std::map<std::string, Track> by_id_;
  std::map<std::pair<std::uint64_t, std::string>, TraceEvents::Async> async_;  // open ones
  std::uint64_t ids_ = 0;                                                      // of the whole trace
};

}  // namespace cutpoint
