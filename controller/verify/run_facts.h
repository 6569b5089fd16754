// SPDX-License-Identifier: Apache-2.0
// Everything that a verdict may rest on. Collected by the sequencer, judged by verify(); plain
// data, so that every judgement can be tested as a table.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bpf/abi/counters.h"
#include "bpf/abi/rule.h"
#include "controller/scenario/model.h"
#include "controller/timeline/captures.h"
#include "controller/timeline/timeline.h"
#include "probes/amqp/observer.h"
#include "probes/amqp/topology.h"
#include "probes/history/history.h"
#include "probes/postgres/observer.h"

namespace cutpoint {

// A backend of the target whose client had gone and which was still there, in a transaction or
// holding locks, at its deadline.
struct Orphan {
  probes::Backend backend;
  std::uint64_t flow = 0;
  bool ended_by_probe = false;  // terminated at teardown (only cutpoint's own workload)
};

// Connections that a fault was to reset.
struct ResetFacts {
  std::uint64_t sent = 0;         // to one end of them, or to both
  std::uint64_t unconfirmed = 0;  // of them, those whose service never said that it accepted it
  std::uint64_t failed = 0;       // the target's end was not reset, or the cut had lapsed before
};

struct RuleFacts {
  std::string name;  // of the fault
  cut_rule_state state{};
  std::optional<std::int64_t> armed_ns;
  std::vector<std::int64_t> heals_ns;  // of its cuts, in order
  ResetFacts resets;
  std::uint64_t signalled_late = 0;  // processes, by the controller: the kernel had no occasion
  std::uint64_t frozen = 0;          // times that its cgroup was
  std::string frozen_cgroup;

  // The last one.
  [[nodiscard]] std::optional<std::int64_t> healed_ns() const {
    return heals_ns.empty() ? std::nullopt : std::optional{heals_ns.back()};
  }
};

struct TargetFacts {
  bool started = false;
  bool timed_out = false;        // its `timeout:` ended it
  bool exited_at_once = false;   // before it opened a flow to any service
  std::optional<int> exit_code;  // nullopt: killed, or not ours to wait for
  std::optional<int> signal;
};

// Connections of the target from before the programs were attached.
struct OpenBefore {
  std::size_t flows = 0;
  std::size_t synchronised = 0;  // their message boundaries became known
};

// A transaction that the observer saw open in the backend of a flow whose COMMIT a cut held.
struct SeenXid {
  std::uint64_t flow = 0;  // socket cookie
  std::string xid;
  std::int64_t asked_ns = 0;  // seen at some time between these two
  std::int64_t told_ns = 0;
};

// Segments that faults held, over the whole run.
struct HeldSegments {
  std::uint64_t taken = 0;
  std::uint64_t sent = 0;     // of them, sent on
  std::uint64_t lost = 0;     // of them, for want of room, or because the kernel refused to send
  std::uint64_t dropped = 0;  // not even taken: the device had no room
};

struct RunFacts {
  const Scenario* scenario = nullptr;
  const Timeline* timeline = nullptr;
  const Captures* captures = nullptr;  // nullptr: none was made
  bool payloads = false;               // they have their payload
  std::vector<RuleFacts> rules;        // in the order of scenario->faults
  std::array<std::uint64_t, CUT_COUNTERS_TOTAL> counters{};
  std::uint64_t events_seen = 0;
  std::uint64_t events_lost = 0;
  // Messages per service and moment: counts[service][moment].
  std::vector<std::array<std::uint64_t, 64>> moment_counts;

  // What cutpoint's publisher wrote (probes/amqp/publisher.h): apart, it is nobody's belief about a
  // database.
  std::vector<probes::HistoryRecord> published;

  bool has_history = false;  // the target wrote one; else belief is the wire's alone
  std::vector<probes::HistoryRecord> history;
  std::size_t history_malformed = 0;

  // Per service (its index) and xid, of the history or read by the observer for a cut flow: its
  // final status. Two database systems number their transactions alike.
  std::map<std::pair<std::uint8_t, std::string>, probes::XactStatus> xact_status;
  std::vector<SeenXid> seen_xids;
  // Per service (its index), rows per table and value of the `by:` column: after the run, and as
  // they were before arming. Only what was added is this run's.
  std::map<std::uint8_t, probes::RowCounts> rows;
  std::map<std::uint8_t, probes::RowCounts> rows_before;
  // Likewise of tables in which messages have effects, and which the target did not make anew.
  std::map<std::uint8_t, probes::RowCounts> effects_before;
  std::vector<Orphan> orphans;
  std::vector<std::string> prepared_transactions;  // those that were not there before the run

  // Per observer of kind amqp.
  std::map<std::string, probes::QueueTopology> topologies;
  std::map<std::string, probes::AmqpObserver::FinalState> queues;

  TargetFacts target;
  OpenBefore open_before;
  std::optional<HeldSegments> held;  // nullopt: no fault holds anything
  bool interrupted = false;
  std::vector<std::string> problems;  // what kept the sequencer from collecting, in plain words
};

}  // namespace cutpoint
