// SPDX-License-Identifier: Apache-2.0
// Faults, tasks and queues in a trace: what firings and the notes of controller and observers say.
#pragma once

#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "controller/report/trace_tracks.h"

namespace cutpoint {

class TraceNotes {
 public:
  TraceNotes(TraceEvents& events, TraceTracks& tracks) : events_(events), tracks_(tracks) {}

  void begin_run();
  // A fault is on, once for each firing; the note that it has healed ends the oldest.
  void fired(const std::string& fault, const nlohmann::json& seq, std::int64_t ns);
  // A note; the thread to show it on.
  TraceThread read(const nlohmann::json& entry, std::int64_t ns);
  // What is open ends with the run.
  void end_run(std::int64_t ns);

 private:
  void healed(const std::string& fault, std::int64_t ns);
  void observe(const std::string& what, const nlohmann::json& entry, std::int64_t ns);
  void begin_task(const std::string& task, const nlohmann::json& entry, std::int64_t ns);
  void end_task(const std::string& task, const std::string& observer, std::int64_t ns);

  TraceEvents& events_;
  TraceTracks& tracks_;
  TraceCounters counters_{events_};
  std::map<std::string, std::deque<TraceEvents::Async>> windows_;  // of faults that are on
  std::map<std::string, TraceEvents::Async> tasks_;                // that run
  std::uint64_t ids_ = 0;                                          // of the whole trace
};

}  // namespace cutpoint
