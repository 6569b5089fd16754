// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/workers.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace cutpoint {
namespace {

constexpr std::int64_t second = 1'000'000'000;

// Reads the notes of one observer in order.
class Reader {
 public:
  explicit Reader(WorkerActivity& activity) : activity_(activity) {}

  void read(const Entry& entry) {
    const Note& note = *entry.note();
    const std::string id = note.data.value("id", "");
    if (note.what == "observer.attached") activity_.attached = true;
    if (note.what == "observer.lost" && activity_.lost.empty()) {
      activity_.lost = note.data.value("why", "");
      activity_.end_ns = entry.ns;
    }
    if (note.what == "queue.depth") {
      activity_.depths.push_back({entry.ns, note.data.value("depth", std::uint64_t{0}),
                                  entry.number, note.data.value("consumers", 1) > 0});
    }
    if (note.what == "dead_letter") ++activity_.dead_letters;
    if (note.what == "task.received") names_[id] = note.data.value("name", "");
    if (note.what == "task.started") start(id, entry);
    if (note.what == "task.succeeded") end(id, TaskEnd::succeeded, entry);
    if (note.what == "task.failed") end(id, TaskEnd::failed, entry);
    if (note.what == "task.retried") end(id, TaskEnd::retried, entry);
  }

  void finish() {
    for (const auto& [id, index] : open_) activity_.runs[index].ended_ns = activity_.end_ns;
    for (TaskRun& run : activity_.runs) run.name = names_[run.id];
  }

 private:
  void start(const std::string& id, const Entry& entry) {
    // Delivered again: whoever had it before has lost it.
    end(id, TaskEnd::failed, entry);
    open_[id] = activity_.runs.size();
    activity_.runs.push_back(
        {.id = id, .name = "", .started_ns = entry.ns, .evidence = {entry.number}});
  }

  void end(const std::string& id, TaskEnd how, const Entry& entry) {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    TaskRun& run = activity_.runs[found->second];
    run.end = how;
    run.ended_ns = entry.ns;
    run.evidence.push_back(entry.number);
    open_.erase(found);
  }

  WorkerActivity& activity_;
  std::map<std::string, std::size_t> open_;  // in runs
  std::map<std::string, std::string> names_;
};

struct Change {
  std::int64_t ns;
  int by;
  const TaskRun* run;
};

// Ends before beginnings: a worker that ends one task and starts another is one worker.
std::vector<Change> changes_of(const std::vector<TaskRun>& runs, std::int64_t least_ns) {
  std::vector<Change> changes;
  for (const TaskRun& run : runs) {
    if (run.ended_ns - run.started_ns < least_ns) continue;
    changes.push_back({run.started_ns, 1, &run});
    changes.push_back({run.ended_ns, -1, &run});
  }
  std::stable_sort(changes.begin(), changes.end(), [](const Change& left, const Change& right) {
    return left.ns != right.ns ? left.ns < right.ns : left.by < right.by;
  });
  return changes;
}

bool any_succeeded(const std::vector<TaskRun>& runs, std::int64_t from_ns, std::int64_t until_ns) {
  return std::any_of(runs.begin(), runs.end(), [=](const TaskRun& run) {
    return run.end == TaskEnd::succeeded && run.ended_ns >= from_ns && run.ended_ns <= until_ns;
  });
}

void add(std::vector<Blocked>& stretches, Blocked next, const std::vector<TaskRun>& runs) {
  if (next.length_ns() <= 0) return;
  if (!stretches.empty()) {
    Blocked& last = stretches.back();
    if (next.from_ns - last.until_ns < second &&
        !any_succeeded(runs, last.until_ns, next.from_ns)) {
      last.until_ns = next.until_ns;
      last.evidence.insert(last.evidence.end(), next.evidence.begin(), next.evidence.end());
      return;
    }
  }
  stretches.push_back(std::move(next));
}

}  // namespace

WorkerActivity read_workers(const RunFacts& facts, const std::string& observer) {
  WorkerActivity activity;
  const auto& entries = facts.timeline->entries();
  for (const Entry& entry : entries) {
    if (activity.begin_ns == 0 || entry.ns < activity.begin_ns) activity.begin_ns = entry.ns;
    activity.end_ns = std::max(activity.end_ns, entry.ns);
  }
  std::vector<const Entry*> notes;
  activity.start_ns = activity.begin_ns;
  for (const Entry& entry : entries) {
    const Note* note = entry.note();
    if (note == nullptr) continue;
    if (note->what == "target.started") activity.start_ns = entry.ns;
    if (note->source != "observer") continue;
    if (note->data.value("observer", "") == observer) notes.push_back(&entry);
  }
  std::stable_sort(notes.begin(), notes.end(),
                   [](const Entry* left, const Entry* right) { return left->ns < right->ns; });
  Reader reader(activity);
  for (const Entry* entry : notes) reader.read(*entry);
  reader.finish();
  return activity;
}

const DepthSample* last_before(const std::vector<DepthSample>& depths, std::int64_t ns) {
  const DepthSample* last = nullptr;
  for (const DepthSample& sample : depths) {
    if (sample.ns < ns) last = &sample;
  }
  return last;
}

std::span<const DepthSample> depths_of_run(const WorkerActivity& activity) {
  const auto first = std::find_if(activity.depths.begin(), activity.depths.end(),
                                  [&activity](const DepthSample& sample) {
                                    return sample.ns >= activity.start_ns && sample.consumed;
                                  });
  return {first, activity.depths.end()};
}

std::vector<Blocked> all_blocked(const WorkerActivity& activity, std::uint32_t workers) {
  std::vector<Blocked> stretches;
  std::vector<const TaskRun*> inside;
  std::int64_t since = 0;
  for (const Change& change : changes_of(activity.runs, second)) {
    if (change.by > 0) {
      inside.push_back(change.run);
      if (inside.size() == workers) since = change.ns;
      continue;
    }
    if (inside.size() == workers) {
      Blocked stretch{since, change.ns, {}};
      for (const TaskRun* run : inside) stretch.evidence.push_back(run->evidence.front());
      add(stretches, std::move(stretch), activity.runs);
    }
    std::erase(inside, change.run);
  }
  return stretches;
}

const Blocked* longest_of(const std::vector<Blocked>& stretches) {
  const auto longest = std::max_element(stretches.begin(), stretches.end(),
                                        [](const Blocked& left, const Blocked& right) {
                                          return left.length_ns() < right.length_ns();
                                        });
  return longest == stretches.end() ? nullptr : &*longest;
}

std::uint64_t succeeded_within(const WorkerActivity& activity,
                               const std::vector<FaultWindow>& windows) {
  return static_cast<std::uint64_t>(
      std::count_if(activity.runs.begin(), activity.runs.end(), [&](const TaskRun& run) {
        return run.end == TaskEnd::succeeded &&
               std::any_of(windows.begin(), windows.end(),
                           [&](const FaultWindow& window) { return window.covers(run.ended_ns); });
      }));
}

std::uint32_t most_busy(const WorkerActivity& activity) {
  int busy = 0;
  int most = 0;
  for (const Change& change : changes_of(activity.runs, 0))
    most = std::max(most, busy += change.by);
  return static_cast<std::uint32_t>(most);
}

}  // namespace cutpoint
