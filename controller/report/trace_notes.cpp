// SPDX-License-Identifier: Apache-2.0
#include "controller/report/trace_notes.h"

#include <fmt/core.h>

#include "controller/report/recorded_entry.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr const char* faults = "faults";
constexpr const char* observers = "observers";

}  // namespace

void TraceNotes::begin_run() {
  windows_.clear();
  tasks_.clear();
  counters_.begin_run();
}

void TraceNotes::fired(const std::string& fault, const json& seq, std::int64_t ns) {
  const TraceEvents::Async window{tracks_.process(faults), "fault", fault, ++ids_};
  windows_[fault].push_back(window);
  events_.begin(window, ns, {{"opened_by", seq}});
}

TraceThread TraceNotes::read(const json& entry, std::int64_t ns) {
  const auto what = entry.at("what").get<std::string>();
  const auto source = entry.at("source").get<std::string>();
  const std::string fault = note_text(entry, "fault");
  if (what == "healed") healed(fault, ns);
  if (!fault.empty()) return tracks_.thread(faults, fault);
  if (source == "target") return tracks_.thread("target", "target");
  if (source != "observer") return tracks_.thread("cutpoint", source);
  observe(what, entry, ns);
  const std::string observer = note_text(entry, "observer");
  return tracks_.thread(observers, observer.empty() ? "database" : observer);
}

void TraceNotes::end_run(std::int64_t ns) {
  for (auto& [fault, windows] : windows_) {
    for (const TraceEvents::Async& window : windows) events_.end(window, ns, {});
  }
  for (const auto& [id, task] : tasks_) events_.end(task, ns, {});
}

void TraceNotes::healed(const std::string& fault, std::int64_t ns) {
  auto& windows = windows_[fault];
  if (windows.empty()) return;
  events_.end(windows.front(), ns, {});
  windows.pop_front();
}

void TraceNotes::observe(const std::string& what, const json& entry, std::int64_t ns) {
  const std::string observer = note_text(entry, "observer");
  if (const auto of = depth_name(what); !of.empty()) {
    events_.counter(tracks_.process(observers), ns, fmt::format("{} {}", observer, of),
                    note_number(entry, "depth"));
  }
  const std::string id = note_text(entry, "id");
  if (id.empty()) return;
  const std::string task = observer + " " + id;
  if (what == "task.started") begin_task(task, entry, ns);
  if (!task_end(what).empty()) end_task(task, observer, ns);
}

void TraceNotes::begin_task(const std::string& task, const json& entry, std::int64_t ns) {
  const std::string observer = note_text(entry, "observer");
  end_task(task, observer, ns);  // started again without having been told to end
  const std::string name = note_text(entry, "name");
  const TraceEvents::Async span{tracks_.process(observers), "task", name.empty() ? "task" : name,
                                ++ids_};
  tasks_.emplace(task, span);
  events_.begin(span, ns, {{"opened_by", entry.at("seq")}});
  counters_.change(span.process, observer + " busy workers", 1, ns);
}

void TraceNotes::end_task(const std::string& task, const std::string& observer, std::int64_t ns) {
  const auto running = tasks_.find(task);
  if (running == tasks_.end()) return;
  events_.end(running->second, ns, {});
  counters_.change(running->second.process, observer + " busy workers", -1, ns);
  tasks_.erase(running);
}

}  // namespace cutpoint
