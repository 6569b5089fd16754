// SPDX-License-Identifier: Apache-2.0
// A trace while it runs: from the kernel's events to lines and totals.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/kernel/injector.h"
#include "controller/run/event_loop.h"
#include "controller/run/line_rate.h"
#include "controller/run/open_connections.h"
#include "controller/run/progress.h"
#include "controller/run/trace.h"
#include "controller/run/trace_summary.h"
#include "controller/run/trace_target.h"
#include "controller/run/trace_watcher.h"
#include "controller/timeline/latencies.h"
#include "controller/util/cgroup_names.h"

namespace cutpoint {

// Owned by run_trace().
struct TraceContext {
  const TraceOptions& options;
  const std::vector<TracedService>& services;
  std::vector<ServiceHandle>& handles;
  Injector& injector;
  TraceTarget& target;
  SignalWatch& signals;
  Progress& progress;
  TraceStream& stream;
  const std::vector<std::unique_ptr<TraceWatcher>>& watchers;
};

class LiveTrace {
 public:
  explicit LiveTrace(TraceContext context);

  // Takes in the connections that are open already.
  Status join();
  // Until its time is over, the command has ended, or a signal has come.
  Status follow();
  [[nodiscard]] Result<TraceTotals> totals() const;

 private:
  struct Flow {
    TracedFlow words;
    bool told = false;     // the kernel told of its opening
    bool awaited = false;  // it was accepted, and who serves it is not known yet
    // When TCP sent something again, and when its timer expired: the newest.
    std::deque<std::int64_t> retransmissions;
    std::deque<std::int64_t> timeouts;
    bool unreadable = false;  // a request may have been missed, or its answer
  };

  Status pump();
  void receive(const cut_event& event);  // from the kernel
  void take_in(const cut_event& event);
  // Of what waits all, or as far as each line knows its process.
  void take_in_waiting(bool all);
  [[nodiscard]] bool waits_for_process(const cut_event& event);
  void on_event(const cut_event& event);
  void on_opened(const cut_event& event);
  void on_joined(const cut_event& event);
  void on_moment(const cut_event& event);
  void show_slow(const Answered& answered, const cut_event& event, const Flow& flow);
  Flow& flow_of(const cut_event& event);
  Flow& open_flow(const cut_event& event);
  void name(std::uint64_t cookie, Flow& flow, const cut_owner& owner);
  void forget_closed();
  Status tell_of_losses();
  // One line more may be written; says what was left out before.
  bool admit_line(const cut_event& event);
  void tell_of_withheld(std::uint64_t lines);
  void tell_watchers(const cut_event& event);
  // Those that want to look; `last`: all of them.
  Status let_watchers_look(bool last);
  Result<bool> watchers_are_over();
  Status show_histograms();

  TraceContext context_;
  OpenConnections open_before_;
  CgroupNames cgroups_;
  std::deque<cut_event> waiting_;  // by the kernel's order
  // By socket cookie: who serves what was accepted, told behind what waits.
  std::unordered_map<std::uint64_t, cut_owner> served_;
  std::unordered_map<std::uint64_t, Flow> flows_;  // by socket cookie
  std::vector<std::uint64_t> closed_;              // since the last look; events may swap places
  Latencies latencies_;
  std::vector<Answered> answered_;  // by the event that is in hand
  LineRate lines_;
  std::uint64_t lost_ = 0;
  std::uint64_t opened_ = 0;
  std::uint64_t accepted_ = 0;  // of these
  std::uint64_t desynchronised_ = 0;
  std::int64_t started_ns_;
  std::int64_t next_histograms_ns_ = 0;  // where they are shown every so often
  std::int64_t next_look_ns_ = 0;        // at what was lost, and at flows whose socket has gone
};

}  // namespace cutpoint
