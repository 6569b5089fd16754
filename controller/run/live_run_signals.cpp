// SPDX-License-Identifier: Apache-2.0
// LiveRun: processes that are stopped or ended at a message, cgroups that are frozen.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/format.h>

#include "controller/run/live_run.h"
#include "controller/timeline/names.h"
#include "controller/util/clock.h"
#include "controller/util/process.h"

namespace cutpoint {
namespace {

// A message can leave when its sender has long gone on: behind others, in an interrupt. Then no
// system call of the sender is at hand in which it could be signalled.
constexpr std::int64_t system_call_patience_ns = 20'000'000;

}  // namespace

// It is not over before somebody was signalled.
std::int64_t LiveRun::least_duration_ns(const Fault& fault) {
  return fault.signal == 0 ? 0 : 2 * system_call_patience_ns;
}

Result<Cgroup> LiveRun::cgroup_to_freeze(const Fault& fault) const {
  CUTPOINT_TRY_ASSIGN(mount, find_cgroup_mount());
  return Cgroup::open(mount, fault.cgroup.empty() ? context_.target.cgroup().path() : fault.cgroup);
}

// Whoever ends this run must know before anything stands still.
Status LiveRun::announce_pauses() {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Fault& fault = context_.scenario.faults[i];
    if (fault.freezes) {
      CUTPOINT_TRY_ASSIGN(cgroup, cgroup_to_freeze(fault));
      CUTPOINT_TRY(context_.guardian.will_pause(cgroup.path(), true));
      to_freeze_.emplace(i, std::move(cgroup));
    } else if (fault.signal == SIGSTOP) {
      CUTPOINT_TRY(context_.guardian.will_pause(context_.target.cgroup().path(), false));
    }
  }
  return {};
}

void LiveRun::freeze(std::size_t rule, bool frozen) {
  const auto cgroup = to_freeze_.find(rule);
  if (cgroup == to_freeze_.end()) return;  // it could not be opened, which was told of
  if (auto done = cgroup->second.freeze(frozen); !done) return problem(done.error().message);
  if (frozen) ++rules_[rule].frozen;
  rules_[rule].frozen_cgroup = cgroup->second.path();
  note("controller", frozen ? "frozen" : "thawed",
       {{"fault", rules_[rule].name}, {"cgroup", cgroup->second.path()}});
}

void LiveRun::on_signalled(const cut_event& event) {
  const auto pid = static_cast<pid_t>(event.attr[0]);
  const auto fired = std::find_if(cuts_.begin(), cuts_.end(), [&](const Cut& cut) {
    return cut.rule == event.rule && cut.flow == event.flow && !cut.signalled;
  });
  if (fired != cuts_.end()) {
    fired->signalled = true;
    // One that ends its process is over with that.
    if (event.attr[1] != SIGSTOP) fired->heals_ns = fired->fired_ns;
    if (!fired->healed) {
      fired->stopped.push_back(pid);
      return;
    }
  }
  // It came too late to be part of the fault: nobody else will let it go on.
  if (event.attr[1] == SIGSTOP) ::kill(pid, SIGCONT);
}

// Where the kernel had no occasion, by us, as soon as that is known.
void LiveRun::signal_late() {
  for (Cut& cut : cuts_) {
    const Fault& fault = context_.scenario.faults[cut.rule];
    if (fault.signal == 0 || cut.signalled || cut.healed ||
        now_ns() - cut.fired_ns < system_call_patience_ns) {
      continue;
    }
    cut.signalled = true;
    auto flows = context_.injector.flows();
    if (!flows) return problem(flows.error().message);
    const auto flow = std::find_if(flows->begin(), flows->end(), [&](const FlowView& view) {
      return view.head.cookie == cut.flow;
    });
    const pid_t pid = flow == flows->end() ? 0 : static_cast<pid_t>(flow->head.handler);
    if (pid == 0 || ::kill(pid, fault.signal) != 0) {
      problem(fmt::format("{}: nobody was signalled: which process {} the message is not known",
                          fault.name, fault.moment_direction == CUT_UPSTREAM ? "sent" : "reads"));
      continue;
    }
    cut.stopped.push_back(pid);
    ++rules_[cut.rule].signalled_late;
    note("controller", "signalled.late",
         {{"fault", fault.name}, {"pid", pid}, {"signal", signal_name(fault.signal)}});
  }
}

// A pause that is still on; it will let the process go on.
bool LiveRun::is_stopped_by_another(pid_t pid) const {
  return std::any_of(cuts_.begin(), cuts_.end(), [pid](const Cut& cut) {
    return !cut.healed &&
           std::find(cut.stopped.begin(), cut.stopped.end(), pid) != cut.stopped.end();
  });
}

void LiveRun::resume(const Cut& cut) {
  const Fault& fault = context_.scenario.faults[cut.rule];
  if (fault.freezes && !is_on(cut.rule)) freeze(cut.rule, false);
  if (fault.signal != SIGSTOP) return;
  for (const pid_t pid : cut.stopped) {
    if (is_stopped_by_another(pid)) continue;
    if (::kill(pid, SIGCONT) != 0) {
      problem(fmt::format("cannot resume process {}: {}", pid, std::strerror(errno)));
    }
  }
}

}  // namespace cutpoint
