// SPDX-License-Identifier: Apache-2.0
// What Celery's workers did, as they told their broker: the runs of their tasks, and how many
// messages waited. Pure functions of the timeline's notes. Source: Celery 5.2 documentation,
// Monitoring and Management Guide, Event Reference.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controller/verify/http_traffic.h"
#include "controller/verify/run_facts.h"

namespace cutpoint {

enum class TaskEnd { succeeded, failed, retried, open };

// One execution; a task that is tried again has several.
struct TaskRun {
  std::string id;
  std::string name;  // empty: it was received before anybody listened
  std::int64_t started_ns = 0;
  std::int64_t ended_ns = 0;  // open: the end of the run
  TaskEnd end = TaskEnd::open;
  std::vector<std::uint64_t> evidence;  // timeline numbers
};

struct DepthSample {
  std::int64_t ns = 0;
  std::uint64_t depth = 0;  // messages that no worker has fetched
  std::uint64_t number = 0;
  bool consumed = true;  // somebody consumes from the queue; true too where nobody can say
};

struct WorkerActivity {
  std::vector<TaskRun> runs;        // in the order in which they started
  std::vector<DepthSample> depths;  // by time
  std::int64_t begin_ns = 0;        // of what was seen
  std::int64_t start_ns = 0;        // when the target began
  std::int64_t end_ns = 0;
  bool attached = false;
  std::uint64_t dead_letters = 0;  // of a queue
  std::string lost;                // why the observer saw no more; empty: it saw everything
};

WorkerActivity read_workers(const RunFacts& facts, const std::string& observer);

// The last sample before a time; nullptr: there is none.
const DepthSample* last_before(const std::vector<DepthSample>& depths, std::int64_t ns);
// What waited of this run's. A queue without consumers may be one of an earlier run: the target
// makes it anew.
std::span<const DepthSample> depths_of_run(const WorkerActivity& activity);

// Time in which every worker was inside of a task that did not end.
struct Blocked {
  std::int64_t from_ns = 0;
  std::int64_t until_ns = 0;
  std::vector<std::uint64_t> evidence;

  [[nodiscard]] std::int64_t length_ns() const { return until_ns - from_ns; }
};

// A worker is blocked by a run of a second or more. Two stretches with every worker blocked are
// one, if less than a second lies between them and nothing succeeded there: it was the next task
// of the kind that blocks. In order.
std::vector<Blocked> all_blocked(const WorkerActivity& activity, std::uint32_t workers);
// The first of the longest; nullptr: there is none.
const Blocked* longest_of(const std::vector<Blocked>& stretches);

// Tasks that succeeded in one of these.
std::uint64_t succeeded_within(const WorkerActivity& activity,
                               const std::vector<FaultWindow>& windows);

// The most runs at one time.
std::uint32_t most_busy(const WorkerActivity& activity);

}  // namespace cutpoint
