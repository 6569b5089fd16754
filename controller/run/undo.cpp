// SPDX-License-Identifier: Apache-2.0
#include "controller/run/undo.h"

#include <algorithm>
#include <filesystem>

#include "controller/util/clock.h"
#include "controller/util/clsact.h"

namespace cutpoint {
namespace {

constexpr std::string_view our_name = "cutpoint";

std::string count_of(size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "es");
}

// What stands still in one cgroup goes on.
void undo_pause(const RunPause& pause, Undone& undone) {
  std::error_code error;
  if (!std::filesystem::exists(pause.cgroup, error)) return;
  const auto attempt = [&]() -> Result<std::size_t> {
    CUTPOINT_TRY_ASSIGN(mount, find_cgroup_mount());
    CUTPOINT_TRY_ASSIGN(cgroup, Cgroup::open(mount, pause.cgroup));
    if (!pause.freezes) return cgroup.resume_stopped();
    CUTPOINT_TRY_ASSIGN(frozen, cgroup.is_frozen());
    if (!frozen) return std::size_t{0};
    CUTPOINT_TRY_ASSIGN(pids, cgroup.pids());
    CUTPOINT_TRY(cgroup.freeze(false));
    return pids.size();
  };
  const auto resumed = attempt();
  if (!resumed) {
    undone.failed.push_back("pause of cgroup " + pause.cgroup + ": " + resumed.error().message);
  } else if (*resumed != 0) {
    undone.removed.push_back("pause of " + count_of(*resumed, "process") + " in cgroup " +
                             pause.cgroup);
  }
}

}  // namespace

void undo_pauses(const RunState& state, Undone& undone) {
  for (const RunPause& pause : state.pauses) undo_pause(pause, undone);
}

void undo_cgroup(const RunCgroup& wanted, Undone& undone) {
  const std::filesystem::path path(wanted.path);
  std::error_code error;
  if (wanted.path.empty() || !std::filesystem::exists(path, error)) return;
  const auto fail = [&](const Error& reason) {
    undone.failed.push_back("cgroup " + wanted.path + ": " + reason.message);
  };
  if (!path.filename().string().starts_with(our_name)) {
    return fail({ExitCode::unavailable, "it is not named as ours are", {}});
  }
  auto mount = find_cgroup_mount();
  if (!mount) return fail(mount.error());
  auto cgroup = Cgroup::open(*mount, wanted.path);
  if (!cgroup) return fail(cgroup.error());
  auto pids = cgroup->pids();
  const std::string processes = count_of(pids ? pids->size() : 0, "process");
  if (!wanted.return_to.empty()) cgroup->return_processes_to(wanted.return_to);
  if (Status status = cgroup->dispose(std::chrono::seconds(10)); !status) {
    return fail(status.error());
  }
  undone.removed.push_back(
      "cgroup " + wanted.path + ", " + processes +
      (wanted.return_to.empty() ? " killed" : " moved to " + cgroup->return_path()));
}

void undo_device(const std::string& name, const NetworkNamespace& netns, Undone& undone) {
  const std::string what =
      "network device " + name + " in network namespace " + std::to_string(netns.inode());
  const auto attempt = [&]() -> Result<bool> {
    if (!name.starts_with(our_name)) {
      return Error{ExitCode::unavailable, "it is not named as ours are", {}};
    }
    CUTPOINT_TRY_ASSIGN(entered, ScopedNetns::enter(netns));
    (void)entered;
    CUTPOINT_TRY_ASSIGN(interfaces, list_interfaces());
    const bool there = std::any_of(interfaces.begin(), interfaces.end(),
                                   [&](const Interface& i) { return i.name == name; });
    if (there) CUTPOINT_TRY(delete_interface(name));
    return there;
  };
  auto deleted = attempt();
  if (!deleted) {
    undone.failed.push_back(what + ": " + deleted.error().message);
  } else if (*deleted) {
    undone.removed.push_back(what);
  }
}

void undo_filters(const RunFilters& filters, pid_t maker, const NetworkNamespace& netns,
                  Undone& undone) {
  const std::string where =
      " of " + filters.device + " in network namespace " + std::to_string(netns.inode());
  const auto attempt = [&]() -> Result<RemovedFilters> {
    CUTPOINT_TRY_ASSIGN(entered, ScopedNetns::enter(netns));
    (void)entered;
    return remove_filters(filters.interface, maker, filters.makes_qdisc);
  };
  const auto removed = attempt();
  if (!removed) {
    undone.failed.push_back("tc filters" + where + ": " + removed.error().message);
    return;
  }
  if (removed->filters != 0) {
    undone.removed.push_back(std::to_string(removed->filters) + " tc filter" +
                             (removed->filters == 1 ? "" : "s") + where);
  }
  if (removed->qdisc == QdiscFate::removed) undone.removed.push_back("clsact qdisc" + where);
  if (removed->qdisc == QdiscFate::used_by_cutpoint) {
    undone.failed.push_back("clsact qdisc" + where + ": " + used_by_cutpoint().message);
  }
}

RunRecord undo(const RunState& state, const std::vector<NetworkNamespace>& namespaces) {
  Undone undone;
  undo_pauses(state, undone);
  for (const RunFilters& filters : state.filters) {
    for (const NetworkNamespace& netns : namespaces) {
      if (netns.inode() != filters.netns) continue;
      undo_filters(filters, state.controller.pid, netns, undone);
    }
  }
  undo_cgroup(state.cgroup, undone);
  for (const RunDevice& device : state.devices) {
    for (const NetworkNamespace& netns : namespaces) {
      if (netns.inode() == device.netns) undo_device(device.name, netns, undone);
    }
  }
  return {.run = state,
          .ended_ms = unix_ms(),
          .cleaned = true,
          .released = describe_released(state),
          .removed = std::move(undone.removed),
          .failed = std::move(undone.failed)};
}

}  // namespace cutpoint
