// SPDX-License-Identifier: Apache-2.0
// A run from arming to its verdict: everything that happens while rules may act.
#pragma once

#include <deque>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controller/kernel/holder.h"
#include "controller/kernel/injector.h"
#include "controller/kernel/reset.h"
#include "controller/run/event_loop.h"
#include "controller/run/flow_book.h"
#include "controller/run/guardian.h"
#include "controller/run/open_connections.h"
#include "controller/run/output.h"
#include "controller/run/progress.h"
#include "controller/run/services.h"
#include "controller/run/target.h"
#include "controller/run/watches.h"
#include "controller/scenario/model.h"
#include "controller/timeline/captures.h"
#include "controller/timeline/timeline.h"
#include "controller/util/clock.h"
#include "controller/verify/run_facts.h"

namespace cutpoint {

// What the phases of a run share. Owned by run_scenario(), which made each part.
struct RunContext {
  const Scenario& scenario;
  const TargetPlan& plan;
  const OutputDirectory& out;
  std::vector<ServiceHandle>& services;
  std::vector<Watch>& watches;
  Guardian& guardian;
  Injector& injector;
  Holder* holder;  // nullptr: no fault holds anything
  RunTarget& target;
  SignalWatch& signals;
  Progress& progress;
};

class LiveRun {
 public:
  explicit LiveRun(RunContext context);

  void arm();
  void run_target();   // until it has ended and every fault that fired is healed
  void recover();      // until what was cut is settled, or its time is over
  RunFacts collect();  // truth, rows, counters; ends orphans of our own workload

  [[nodiscard]] const Timeline& timeline() const { return timeline_; }

 private:
  struct Cut {
    std::size_t rule = 0;
    std::uint64_t flow = 0;
    std::int64_t fired_ns = 0;
    std::int64_t heals_ns = 0;
    bool healed = false;
    bool told = false;           // its receiver, of the end (do: then)
    std::vector<pid_t> stopped;  // processes that go on when it is healed
    bool signalled = false;      // whoever sends or reads its message (do: pause, kill)
  };

  struct Resetting {
    std::size_t rule = 0;
    std::uint8_t ends = 0;  // set of cut_end
    FlowView flow;
  };

  // Events.
  void pump(std::chrono::milliseconds timeout);
  [[nodiscard]] bool speaks_postgres(std::uint8_t service) const;
  void on_event(const cut_event& event);
  void on_fired(const cut_event& event);
  void look_at_open_xids();
  void look_at_watches();
  void see_xid(const FlowNote& flow, const probes::Backend& backend, std::int64_t asked_ns);
  void note(const std::string& source, const std::string& what, nlohmann::json data);
  void problem(const std::string& text);
  void draw();

  // Interrupted, or without a lease: nothing will be cut any more.
  [[nodiscard]] bool is_cut_short() const { return interrupted_ || lapsed_; }

  // Connections from before.
  void look_for_open_connections();
  void look_again_if_due();
  void tell_of_open_connections();

  // Target.
  [[nodiscard]] bool target_runs() const { return target_facts_.started && !target_over_; }
  [[nodiscard]] bool child_runs() const;
  void check_target();
  void check_child();
  void check_consumers();
  [[nodiscard]] bool publisher_is_over() const;
  void ask_for_topologies();
  void end_consumers();
  bool asked_consumers_have_ended(Child& consumers);
  int awaited_pidfd();
  void check_left_processes();
  void check_foreign_processes();
  void stop_target();
  void target_is_over(const std::string& status);
  [[nodiscard]] std::int64_t target_deadline() const;
  [[nodiscard]] bool workload_is_over() const;
  [[nodiscard]] bool has_shown_enough() const;
  void await_answers();

  // Signals.
  Status announce_pauses();
  [[nodiscard]] Result<Cgroup> cgroup_to_freeze(const Fault& fault) const;
  void on_signalled(const cut_event& event);
  void signal_late();
  void freeze(std::size_t rule, bool frozen);
  [[nodiscard]] bool is_stopped_by_another(pid_t pid) const;
  void resume(const Cut& cut);
  static std::int64_t least_duration_ns(const Fault& fault);

  // Heal.
  void tell_of_ends();
  void tell_of_end(const Cut& cut);
  void heal_due();
  void heal_all();
  std::vector<Cut*> cuts_that_are_on();
  void heal(const std::vector<Cut*>& cuts);
  void release(Cut& cut);
  [[nodiscard]] std::uint64_t kernel_deadline(const Cut& cut) const;
  void add_flows_to_reset(const Cut& cut, const std::vector<FlowView>& flows,
                          std::vector<Resetting>& all);
  void reset_flows(const std::vector<Cut*>& cuts);
  void note_unconfirmed(const Resetting& one);
  void await_resets(const std::vector<Resetting>& flows);
  [[nodiscard]] bool is_client_reset(const Resetting& one) const;
  [[nodiscard]] bool is_reset(const Resetting& one) const;
  [[nodiscard]] bool rule_is_spent(std::size_t rule) const;
  [[nodiscard]] bool all_firings_seen(std::size_t rule) const;
  [[nodiscard]] bool is_on(std::size_t rule) const;
  [[nodiscard]] bool some_cut_is_on() const;
  [[nodiscard]] bool is_loud(std::size_t rule) const;
  void record(std::size_t rule, FaultState state);
  [[nodiscard]] std::chrono::milliseconds until_next_heal() const;

  // Recovery.
  void look_at_backends();
  [[nodiscard]] bool is_settled() const;
  [[nodiscard]] bool awaits_answer(const FlowNote& flow) const;
  [[nodiscard]] std::int64_t settle_deadline() const;
  [[nodiscard]] Duration longest_cut() const;
  [[nodiscard]] std::int64_t last_heal_ns() const;
  void collect_orphans(RunFacts& facts);
  void collect_history(RunFacts& facts);
  void collect_queues(RunFacts& facts);
  void collect_truth(RunFacts& facts);
  void collect_effects_before(std::uint8_t service, RunFacts& facts);
  void collect_kernel(RunFacts& facts);
  void collect_held(RunFacts& facts);

  RunContext context_;
  Timeline timeline_;
  Captures captures_;
  FlowBook book_;
  std::deque<Cut> cuts_;  // that are on; a reset waits for events, and these may bring further ones
  std::vector<RuleFacts> rules_;
  std::vector<std::uint64_t> firings_seen_;  // per rule
  std::map<std::size_t, Cgroup> to_freeze_;  // per rule that freezes one
  std::set<std::uint64_t> xids_wanted_;      // of the flows whose COMMIT has just met a cut
  std::vector<SeenXid> seen_xids_;
  // Newest sight of the backends of cut flows, per service: pid -> backend.
  std::vector<std::map<int, probes::Backend>> backends_;
  std::map<std::string, std::future<Result<probes::QueueTopology>>> topologies_;  // per observer
  std::set<std::string> problems_;
  TargetFacts target_facts_;
  OpenConnections open_before_;
  std::int64_t next_look_ns_ = 0;  // for them
  std::optional<std::size_t> told_synchronised_;
  std::uint64_t events_seen_ = 0;
  std::int64_t started_ns_ = 0;
  bool interrupted_ = false;
  bool lapsed_ = false;  // the lease
  bool opened_a_flow_ = false;
  std::optional<Deadline> until_consumers_end_;  // they were asked to
  bool consumers_ended_ = false;
  bool target_over_ = false;   // none of its processes is waited for any more
  std::int64_t heard_ns_ = 0;  // newest event of any of its connections
  bool closing_ = false;       // COMMITs that the target asks for from now on are not this run's
};

}  // namespace cutpoint
