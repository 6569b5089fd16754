// SPDX-License-Identifier: Apache-2.0
// The rows of a trace: which number a name has. Each is named in the trace when it is first used.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "controller/report/trace_events.h"

namespace cutpoint {

class TraceTracks {
 public:
  explicit TraceTracks(TraceEvents& events) : events_(events) {}

  // From here on names are those of another run; `prefix` stands before those of its processes.
  void begin_run(const std::string& prefix);

  int process(const std::string& name);
  TraceThread thread(const std::string& process, const std::string& name);

 private:
  TraceEvents& events_;
  int used_ = 0;  // of the whole trace; a process' number is no thread's
  std::string prefix_;
  std::map<std::string, int> processes_;
  std::map<std::pair<std::string, std::string>, TraceThread> threads_;
};

// A value over time, which goes up and down.
class TraceCounters {
 public:
  explicit TraceCounters(TraceEvents& events) : events_(events) {}

  void begin_run() { values_.clear(); }
  void change(int process, const std::string& name, int by, std::int64_t ns);

 private:
  TraceEvents& events_;
  std::map<std::pair<int, std::string>, std::uint64_t> values_;
};

}  // namespace cutpoint
