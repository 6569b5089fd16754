// SPDX-License-Identifier: Apache-2.0
// LiveRun: arming, and what arrives while it is armed.
#include <algorithm>
#include <fmt/format.h>

#include "bpf/abi/postgres.h"
#include "controller/run/live_run.h"
#include "controller/run/rules.h"
#include "controller/scenario/registry.h"
#include "controller/util/clock.h"

namespace cutpoint {
namespace {

constexpr std::uint64_t loud_firings = 20;  // of a rule, each of which is shown as it happens

}  // namespace

LiveRun::LiveRun(RunContext context)
    : context_(context),
      backends_(context.services.size()),
      open_before_(context.injector, context.services),
      started_ns_(now_ns()) {
  for (const Fault& fault : context_.scenario.faults) {
    RuleFacts facts;
    facts.name = fault.name;
    rules_.push_back(facts);
    firings_seen_.push_back(0);
  }
  context_.injector.on_capture(
      [this](const cut_capture& head, std::string_view bytes) { captures_.see(head, bytes); });
}

void LiveRun::note(const std::string& source, const std::string& what, nlohmann::json data) {
  timeline_.add(now_ns(), Note{source, what, std::move(data)});
}

void LiveRun::problem(const std::string& text) {
  if (!problems_.insert(text).second) return;
  note("controller", "problem", {{"text", text}});
  context_.progress.log("problem: " + text);
}

void LiveRun::arm() {
  context_.progress.phase("arm");
  if (auto told = context_.guardian.enter_phase("arm"); !told) problem(told.error().message);
  for (const Watch& watch : context_.watches) {
    note("observer", "observer.attached", {{"observer", watch.name}});
  }
  for (std::size_t i = 0; i < rules_.size(); ++i) record(i, FaultState::armed);
  if (runs_already(context_.plan)) {
    look_for_open_connections();
    tell_of_open_connections();
  }
  if (auto told = announce_pauses(); !told) problem(told.error().message);
  context_.injector.arm();
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    rules_[i].armed_ns = now_ns();
    const std::string words = describe(context_.scenario.faults[i]);
    note("controller", "armed", {{"fault", rules_[i].name}, {"rule", words}});
    context_.progress.log(fmt::format("armed: {} ({})", rules_[i].name, words));
  }
}

void LiveRun::look_for_open_connections() {
  constexpr std::int64_t look_every_ns = 100'000'000;
  auto pids = context_.target.cgroup().pids();
  if (!pids) {
    problem(pids.error().message);
  } else if (auto looked = open_before_.look(*pids); !looked) {
    problem(looked.error().message);
  }
  next_look_ns_ = now_ns() + look_every_ns;
}

void LiveRun::tell_of_open_connections() {
  if (open_before_.found() == 0 || open_before_.synchronised() == told_synchronised_) return;
  told_synchronised_ = open_before_.synchronised();
  context_.progress.log("joined: " + open_before_.describe());
  note("controller", "joined",
       {{"flows", open_before_.found()}, {"synchronised", open_before_.synchronised()}});
}

// A busy connection rests sooner or later. During a cut nothing can be told from silence.
void LiveRun::look_again_if_due() {
  tell_of_open_connections();
  if (open_before_.synchronised() == open_before_.found() || now_ns() < next_look_ns_) return;
  if (!some_cut_is_on() && !is_cut_short()) look_for_open_connections();
}

bool LiveRun::speaks_postgres(std::uint8_t service) const {
  const auto& services = context_.scenario.services;
  return service < services.size() && services[service].protocol == "postgres";
}

void LiveRun::on_event(const cut_event& event) {
  ++events_seen_;
  // The book reads moments of PostgreSQL; by the same bits other protocols mean something else.
  cut_event read = event;
  if (!speaks_postgres(event.service)) read.moments = 0;
  if (closing_ && (FlowBook::asks_for_commit(read) || book_.answers_no_commit(read))) return;
  timeline_.add(event);
  book_.see(read);
  open_before_.see(event);
  if (event.flow != 0) heard_ns_ = static_cast<std::int64_t>(event.ns);
  if (event.kind == CUT_EVENT_FLOW_OPENED || event.kind == CUT_EVENT_FLOW_JOINED) {
    opened_a_flow_ = true;
  }
  if (event.kind == CUT_EVENT_FIRED) on_fired(event);
  if (event.kind == CUT_EVENT_SIGNALLED) on_signalled(event);
  if (FlowBook::cuts_commit(read)) xids_wanted_.insert(event.flow);
  if (event.kind == CUT_EVENT_WOULD_FIRE && event.rule < rules_.size()) {
    context_.progress.log("would have fired: " + rules_[event.rule].name);
  }
}

void LiveRun::on_fired(const cut_event& event) {
  if (event.rule >= rules_.size()) return;
  const Fault& fault = context_.scenario.faults[event.rule];
  Cut cut;
  cut.rule = event.rule;
  cut.flow = event.flow;
  cut.fired_ns = static_cast<std::int64_t>(event.ns);
  cut.heals_ns = cut.fired_ns + std::max(fault.duration.count(), least_duration_ns(fault));
  // With jitter the kernel alone knows.
  if (fault.jitter.count() != 0) cut.heals_ns = static_cast<std::int64_t>(event.heals_ns);
  cuts_.push_back(cut);
  if (fault.freezes) freeze(event.rule, true);
  // Told first: whoever reads below that it has fired may count on the record to say so.
  if (++firings_seen_[event.rule] == 1) record(event.rule, FaultState::fired);
  if (!is_loud(event.rule)) return;
  std::string text = fmt::format("fired: {} on {} -> {}", fault.name,
                                 format_endpoint(event.tuple.local, event.tuple.local_port),
                                 format_endpoint(event.tuple.remote, event.tuple.remote_port));
  if (find_fault(fault.kind)->cuts()) {
    text += fmt::format(", {} of {} bytes of the message delivered", event.cut - event.begin,
                        event.end - event.begin);
  }
  if (firings_seen_[event.rule] == loud_firings) text += "; its next firings are not shown";
  context_.progress.log(text);
}

// A rule may fire thousands of times.
bool LiveRun::is_loud(std::size_t rule) const {
  return firings_seen_[rule] <= loud_firings;
}

void LiveRun::record(std::size_t rule, FaultState state) {
  const Fault& fault = context_.scenario.faults[rule];
  auto told = context_.guardian.note_fault({fault.name, describe(fault), state, held_by(fault)});
  if (!told) problem(told.error().message);
}

// While a transaction is still open its xid can be read: that decides the truth afterwards.
void LiveRun::look_at_open_xids() {
  if (xids_wanted_.empty()) return;
  for (std::size_t i = 0; i < context_.services.size(); ++i) {
    std::map<int, const FlowNote*> flows;
    for (const std::uint64_t cookie : xids_wanted_) {
      const FlowNote* flow = book_.find(cookie);
      if (flow == nullptr || flow->service != i || flow->backend_pid == 0) continue;
      flows[flow->backend_pid] = flow;
    }
    auto& observer = context_.services[i].observer;
    if (flows.empty() || !observer) continue;
    std::vector<int> pids;
    pids.reserve(flows.size());
    for (const auto& [pid, flow] : flows) pids.push_back(pid);
    const std::int64_t asked_ns = now_ns();
    auto backends = observer->backends(pids);
    if (!backends) {
      problem(backends.error().message);
      continue;
    }
    for (const auto& [pid, backend] : *backends) see_xid(*flows[pid], backend, asked_ns);
  }
  xids_wanted_.clear();
}

void LiveRun::see_xid(const FlowNote& flow, const probes::Backend& backend, std::int64_t asked_ns) {
  if (backend.backend_xid.empty()) return;
  seen_xids_.push_back({flow.cookie, backend.backend_xid, asked_ns, now_ns()});
  note("observer", "xid",
       {{"pid", backend.pid}, {"xid", backend.backend_xid}, {"state", backend.state}});
}

// What the observers have seen, at the time at which it reached them.
void LiveRun::look_at_watches() {
  for (Watch& watch : context_.watches) {
    for (auto& [ns, note] : take_notes(watch)) {
      if (note.what == "observer.lost") {
        context_.progress.log(
            fmt::format("observer {} sees no more: {}", watch.name, note.data.value("why", "")));
      }
      if (note.what == "observer.back") {
        context_.progress.log(fmt::format("observer {} sees again", watch.name));
      }
      timeline_.add(ns, std::move(note));
    }
  }
}

void LiveRun::draw() {
  std::vector<FaultProgress> faults;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    FaultProgress shown;
    shown.name = rules_[i].name;
    shown.state = rules_[i].armed_ns ? FaultProgress::State::armed : FaultProgress::State::waiting;
    if (!rules_[i].heals_ns.empty()) shown.state = FaultProgress::State::healed;
    for (const Cut& cut : cuts_) {
      if (cut.rule != i || cut.healed) continue;
      shown.state = FaultProgress::State::fired;
      shown.heals_at_ns = cut.heals_ns;
    }
    faults.push_back(shown);
  }
  context_.progress.draw(faults);
}

void LiveRun::pump(std::chrono::milliseconds timeout) {
  const Wakeup wakeup = wait_for_any(context_.injector.events_fd(), awaited_pidfd(),
                                     context_.signals.fd(), std::min(timeout, until_next_heal()));
  auto drained = context_.injector.drain([this](const cut_event& event) { on_event(event); });
  if (!drained) problem(drained.error().message);
  look_at_open_xids();
  look_at_watches();
  if (wakeup.signalled && context_.signals.take() != 0 && !interrupted_) {
    interrupted_ = true;
    note("controller", "interrupted", nlohmann::json::object());
    context_.progress.log("interrupted: healing, then verifying what can be");
    heal_all();
    stop_target();
  }
  if (context_.injector.lease_lapsed() && !lapsed_) {
    lapsed_ = true;
    std::string opened = "the cuts opened by themselves";
    if (context_.holder != nullptr) opened += ", and what was held its sender's TCP has sent again";
    problem("cutpoint itself was stopped for longer than its lease: " + opened);
    heal_all();
  }
  tell_of_ends();
  signal_late();
  heal_due();
  std::erase_if(cuts_, [](const Cut& cut) { return cut.healed; });
  look_again_if_due();
  check_target();
  draw();
}

}  // namespace cutpoint
