// SPDX-License-Identifier: Apache-2.0
#include "controller/run/residue.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <set>
#include <signal.h>
#include <unistd.h>
#include <utility>

#include "controller/run/run_lock.h"
#include "controller/run/undo.h"
#include "controller/util/clock.h"
#include "controller/util/clsact.h"
#include "controller/util/file.h"
#include "controller/util/links.h"
#include "controller/util/netns.h"

namespace cutpoint {
namespace {

// What run files tell of: of runs that are alive, or of dead ones that were just cleaned up after.
struct Claimed {
  std::set<std::string> cgroups;
  std::set<std::pair<std::string, ino_t>> devices;
};

std::string time_of(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm utc{};
  char text[32] = {};
  ::gmtime_r(&seconds, &utc);
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &utc);
  return text;
}

bool exists(pid_t pid) {
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

Result<RunState> read_run(const std::string& file) {
  CUTPOINT_TRY_ASSIGN(text, read_file(file));
  return run_state_from_json(text);
}

Result<RunRecord> read_record(const std::string& file) {
  CUTPOINT_TRY_ASSIGN(text, read_file(file));
  return run_record_from_json(text);
}

// One run file: of a live run, to be respected; of a dead one, to be cleaned up after.
void clear_run(const StateDirectory& directory, const std::string& file, Claimed& claimed,
               ClearReport& report) {
  auto state = read_run(file);
  if (!state && ::access(file.c_str(), F_OK) != 0) return;  // ended while we looked
  if (!state) {
    report.failed.push_back(file + ": " + state.error().message);
    return;
  }
  claimed.cgroups.insert(state->cgroup.path);
  for (const RunDevice& device : state->devices) claimed.devices.emplace(device.name, device.netns);
  // First of all: a guardian that was frozen with what its controller froze does nothing.
  if (!is_running(state->controller)) {
    Undone undone;
    undo_pauses(*state, undone);
    report.removed.insert(report.removed.end(), undone.removed.begin(), undone.removed.end());
  }
  // A guardian that is still at work does it better: it knows what its controller told it last.
  const bool dead =
      !is_running(state->controller) && await_end(state->guardian, std::chrono::seconds(15));
  if (!dead) return;
  if (::access(file.c_str(), F_OK) != 0) return;  // that guardian has just finished
  const RunRecord record = undo(*state, all_network_namespaces());
  ::unlink(directory.history_file(state->id).c_str());
  // Where its guardian left a record as well, that one tells the story.
  if (::access(directory.record_file(state->id).c_str(), F_OK) != 0) {
    RunRecord story = record;
    story.cleaned = false;
    for (std::string& line : describe(story)) report.found.push_back(std::move(line));
  }
  report.removed.insert(report.removed.end(), record.removed.begin(), record.removed.end());
  report.failed.insert(report.failed.end(), record.failed.begin(), record.failed.end());
  if (record.failed.empty()) ::unlink(file.c_str());
}

void clear_record(const std::string& file, ClearReport& report) {
  auto record = read_record(file);
  if (!record) {
    report.failed.push_back(file + ": " + record.error().message);
    return;
  }
  for (std::string& line : describe(*record)) report.found.push_back(std::move(line));
  ::unlink(file.c_str());
}

// Filters whose maker is dead. Who made the qdisc that they are on, nobody can say: it stays.
void clear_unclaimed_filters(const NetworkNamespace& netns, const Interface& interface,
                             Undone& undone) {
  auto filters = [&]() -> Result<std::vector<TcFilter>> {
    CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
    static_cast<void>(inside);
    return list_filters(interface.index);
  }();
  if (!filters) return;  // gone meanwhile
  std::set<pid_t> makers;
  for (const TcFilter& filter : *filters) makers.insert(maker_of_filter(filter.name));
  for (const pid_t maker : makers) {
    if (maker == 0 || exists(maker)) continue;
    undo_filters({interface.name, interface.index, netns.inode(), false}, maker, netns, undone);
  }
}

// Cgroups, filters and devices that no run file tells of. Their names tell who made them; while
// that process lives they are left alone: it may keep its state elsewhere.
void clear_unclaimed(const CgroupMount& mount, const Claimed& claimed, Undone& undone) {
  for (const FoundCgroup& cgroup : find_our_cgroups(mount)) {
    if (claimed.cgroups.contains(cgroup.path) || exists(cgroup.maker)) continue;
    // Nobody can say whose its processes are: they live on.
    undo_cgroup({cgroup.path, mount.point}, undone);
  }
  for (const NetworkNamespace& netns : all_network_namespaces()) {
    auto interfaces = netns.interfaces();
    if (!interfaces) continue;  // gone meanwhile
    for (const Interface& interface : *interfaces) {
      clear_unclaimed_filters(netns, interface, undone);
      if (!interface.name.starts_with(our_device_prefix)) continue;
      if (claimed.devices.contains({interface.name, netns.inode()})) continue;
      const pid_t maker = maker_of_device(interface.name);
      if (maker == 0 || !exists(maker)) undo_device(interface.name, netns, undone);
    }
  }
}

}  // namespace

std::vector<RunRecord> find_records(const StateDirectory& directory) {
  std::vector<RunRecord> records;
  std::set<std::string> told;
  for (const std::string& file : directory.files(".json")) {
    auto record = read_record(file);
    if (!record) continue;
    told.insert(record->run.id);
    records.push_back(*std::move(record));
  }
  for (const std::string& file : directory.files(".run")) {
    auto state = read_run(file);
    if (!state || told.contains(state->id)) continue;
    if (is_running(state->controller) || is_running(state->guardian)) continue;
    records.push_back({.run = *state,
                       .ended_ms = unix_ms(),
                       .cleaned = false,
                       .released = describe_released(*state),
                       .removed = {},
                       .failed = {}});
  }
  std::sort(records.begin(), records.end(), [](const RunRecord& a, const RunRecord& b) {
    return a.run.started_ms < b.run.started_ms;
  });
  return records;
}

std::vector<std::string> describe(const RunRecord& record) {
  const RunState& run = record.run;
  std::vector<std::string> lines{"run '" + run.scenario + "', started " + time_of(run.started_ms) +
                                 " as process " + std::to_string(run.controller.pid) +
                                 ", died in phase " + run.phase};
  for (const RunFault& fault : run.faults) {
    lines.push_back("  fault " + fault.name + " was " + std::string(name_of(fault.state)) + ": " +
                    fault.rule);
  }
  if (!record.released.empty()) lines.push_back("  " + record.released);
  if (!record.cleaned) {
    lines.emplace_back("  its guardian died, too: only 'cutpoint clear' removes what it left");
    return lines;
  }
  for (const std::string& line : record.removed) lines.push_back("  removed " + line);
  for (const std::string& line : record.failed) lines.push_back("  could not remove " + line);
  return lines;
}

ClearReport clear_residue(const StateDirectory& directory, const CgroupMount& mount) {
  ClearReport report;
  Claimed claimed;
  // Runs first, then records: a guardian that finishes meanwhile turns the one into the other.
  for (const std::string& file : directory.files(".run")) {
    clear_run(directory, file, claimed, report);
  }
  for (const std::string& file : directory.files(".json")) clear_record(file, report);
  Undone undone;
  clear_unclaimed(mount, claimed, undone);
  report.removed.insert(report.removed.end(), undone.removed.begin(), undone.removed.end());
  report.failed.insert(report.failed.end(), undone.failed.begin(), undone.failed.end());
  for (const std::string& lock : remove_unheld_locks(directory)) {
    report.removed.push_back("lock " + lock);
  }
  return report;
}

}  // namespace cutpoint
