// SPDX-License-Identifier: Apache-2.0
// report.json. Never payload, never a DSN.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "controller/report/claims_section.h"
#include "controller/report/evidence.h"
#include "controller/report/fault_section.h"
#include "controller/report/readiness.h"
#include "controller/report/report.h"
#include "controller/report/report_schema.h"
#include "controller/report/series.h"
#include "controller/scenario/registry.h"
#include "controller/timeline/flows.h"
#include "controller/verify/exchanges.h"
#include "controller/verify/phrases.h"
#include "generated/version.h"

namespace cutpoint {
namespace {

using nlohmann::json;

json belief_vs_truth(const BeliefVsTruth& counts) {
  return {{"committed_acked", counts.committed_acked},
          {"committed_unacked", counts.committed_unacked},
          {"ghost", counts.ghost},
          {"resolved", counts.resolved},
          {"duplicate", counts.duplicate},
          {"aborted_unacked", counts.aborted_unacked},
          {"aborted_acked", counts.aborted_acked},
          {"unknown", counts.unknown}};
}

json invariants(const std::vector<InvariantResult>& results) {
  json list = json::array();
  for (const InvariantResult& result : results) {
    list.push_back({{"name", result.name},
                    {"outcome", name(result.outcome)},
                    {"severity", name(result.severity)},
                    {"expected", result.expected},
                    {"observed", result.observed},
                    {"evidence", result.evidence}});
  }
  return list;
}

json findings(const std::vector<Finding>& found) {
  json list = json::array();
  for (const Finding& finding : found) {
    list.push_back({{"title", finding.title},
                    {"severity", name(finding.severity)},
                    {"invariant", finding.invariant},
                    {"impact", finding.impact},
                    {"component", finding.component},
                    {"remedy", finding.remedy},
                    {"reference", text_or_null(finding.reference)},
                    {"evidence", finding.evidence}});
  }
  return list;
}

using FlowNames = std::unordered_map<std::uint64_t, std::string>;

FlowNames flow_names(const Timeline& timeline) {
  FlowNames names;
  for (const Flow& flow : flows_of(timeline)) names[flow.cookie] = format_flow(flow.tuple);
  return names;
}

json attempt_object(const Attempt& attempt, const FlowNames& names, std::int64_t zero_ns) {
  const auto flow = names.find(attempt.flow);
  const auto since_start = [zero_ns](const auto& ns) { return time_or_null(zero_ns, ns); };
  return {{"label", label(attempt)},
          {"id", text_or_null(attempt.id)},
          {"attempt", attempt.attempt},
          {"flow", flow == names.end() ? json(nullptr) : json(flow->second)},
          {"pid", attempt.pid},
          {"xid", text_or_null(attempt.xid)},
          {"belief", name(attempt.belief)},
          {"truth", name(attempt.truth)},
          {"ghost", attempt.ghost},
          {"refused", attempt.refused},
          {"resolved", attempt.resolved},
          {"requested", milliseconds_since(zero_ns, attempt.requested_ns)},
          {"delivered", since_start(attempt.delivered_ns)},
          {"acked", since_start(attempt.acked_ns)},
          {"client_gone", since_start(attempt.client_gone_ns)},
          {"released", since_start(attempt.released_ns)},
          {"evidence", attempt.evidence}};
}

// Those that did not go as usual; the others are counted in belief_vs_truth.
json attempts(const Verdict& verdict, const Timeline& timeline, std::int64_t zero_ns) {
  json list = json::array();
  const FlowNames names = flow_names(timeline);
  for (const Attempt& attempt : verdict.attempts) {
    if (attempt.truth == Truth::committed && attempt.belief == Belief::acked) continue;
    list.push_back(attempt_object(attempt, names, zero_ns));
  }
  return list;
}

json exchanges(const RunFacts& facts) {
  const FlowNames names = flow_names(*facts.timeline);
  json list = json::array();
  for (const FlowExchanges& flow : exchanges_of(facts)) {
    list.push_back({{"flow", names.at(flow.flow)},
                    {"service", facts.scenario->services[flow.service].name},
                    {"requests", flow.requests},
                    {"begun", flow.begun},
                    {"answered", flow.answered}});
  }
  return list;
}

// Of the acknowledged ones, from the request's leaving to the answer's arrival.
json commit_latency(const std::vector<Attempt>& attempts) {
  std::vector<double> delays;
  for (const Attempt& attempt : attempts) {
    if (!attempt.acked_ns) continue;
    delays.push_back(milliseconds_since(attempt.requested_ns, *attempt.acked_ns));
  }
  if (delays.empty()) return {{"count", 0}, {"p50_ms", nullptr}, {"max_ms", nullptr}};
  std::sort(delays.begin(), delays.end());
  return {{"count", delays.size()},
          {"p50_ms", delays[(delays.size() - 1) / 2]},
          {"max_ms", delays.back()}};
}

json events(const RunFacts& facts) {
  constexpr auto names = std::array{
#define X(id, name, damages, meaning) name,
      CUT_COUNTERS(X)
#undef X
  };
  json counters = json::object();
  std::uint64_t desynchronised = 0;
  for (std::size_t index = 0; index < names.size(); ++index) {
    counters[names[index]] = facts.counters[index];
    if (std::string_view{names[index]}.starts_with("desync.")) {
      desynchronised += facts.counters[index];
    }
  }
  const std::uint64_t lost = std::max(facts.events_lost, facts.counters[CUT_COUNT_EVENTS_LOST]);
  return {{"seen", facts.events_seen},
          {"lost", lost},
          {"desynchronised", desynchronised},
          {"counters", counters}};
}

json held(const std::optional<HeldSegments>& segments) {
  if (!segments) return nullptr;
  return {{"segments", segments->taken},
          {"sent_on", segments->sent},
          {"lost", segments->lost},
          {"not_taken", segments->dropped}};
}

std::string_view target_kind(const Scenario& scenario) {
  if (scenario.workload) return orders_workload;
  if (scenario.publish && !scenario.target) return publish_workload;
  if (!scenario.target) return "none";
  if (scenario.target->pid) return "pid";
  if (!scenario.target->unit.empty()) return "unit";
  if (!scenario.target->container.empty()) return "container";
  return scenario.target->cgroup.empty() ? "command" : "cgroup";
}

// The command line is left out: it may hold a password.
json target(const RunFacts& facts) {
  const TargetFacts& of = facts.target;
  return {{"kind", target_kind(*facts.scenario)},
          {"started", of.started},
          {"timed_out", of.timed_out},
          {"exited_at_once", of.exited_at_once},
          {"exit_code", of.exit_code ? json(*of.exit_code) : json(nullptr)},
          {"signal", of.signal ? json(*of.signal) : json(nullptr)},
          {"open_before",
           {{"flows", facts.open_before.flows}, {"synchronised", facts.open_before.synchronised}}},
          {"has_history", facts.has_history},
          {"history_malformed", facts.history_malformed}};
}

json services(const Scenario& scenario) {
  json list = json::array();
  for (const Service& service : scenario.services) {
    list.push_back({{"name", service.name},
                    {"protocol", service.protocol},
                    {"asked", !service.is_only_heard()}});
    if (!service.server_name.empty()) list.back()["server_name"] = service.server_name;
  }
  return list;
}

json why_not_fired(const std::vector<NotFired>& faults) {
  json list = json::array();
  for (const NotFired& fault : faults) list.push_back({{"fault", fault.fault}, {"why", fault.why}});
  return list;
}

json host_object(const HostFacts& host) {
  return {{"kernel", host.kernel},
          {"hooks", host.hooks},
          {"clock", host.clock},
          {"started_unix_ms", host.started_unix_ms},
          {"finished_unix_ms", host.finished_unix_ms},
          {"start_to_armed_ms", host.start_to_armed_ms}};
}

}  // namespace

json build_report(const RunFacts& facts, const Verdict& verdict, const HostFacts& host) {
  const Scenario& scenario = *facts.scenario;
  const json readiness = readiness_section(facts, verdict);
  const std::vector<Figure> figures = measure_figures(facts, verdict);
  const std::vector<JudgedClaim> claims =
      judge_claims(facts, verdict, figures, readiness.at("verdict").get<std::string>());
  return {{"schema_version", report_schema_version},
          {"cutpoint", {{"version", CUTPOINT_VERSION}, {"revision", CUTPOINT_REVISION}}},
          {"scenario", scenario.name},
          {"title", scenario.title},
          {"seed", scenario.seed},
          {"outcome", name(verdict.outcome)},
          {"exit_code", static_cast<int>(verdict.exit_code)},
          {"interrupted", facts.interrupted},
          {"readiness", readiness},
          {"host", host_object(host)},
          {"services", services(scenario)},
          {"target", target(facts)},
          {"faults", fault_section(facts, host.started_ns)},
          {"why_not_fired", why_not_fired(verdict.not_fired)},
          {"summary", verdict.summary},
          {"belief_vs_truth", belief_vs_truth(verdict.belief_vs_truth)},
          {"attempts", attempts(verdict, *facts.timeline, host.started_ns)},
          {"commit_latency", commit_latency(verdict.attempts)},
          {"exchanges", exchanges(facts)},
          {"series", series_section(facts, host.started_ns)},
          {"invariants", invariants(verdict.invariants)},
          {"findings", findings(verdict.findings)},
          {"figures", figures_section(figures)},
          {"claims", claims_section(claims)},
          {"inconclusive_because", verdict.inconclusive_because},
          {"events", events(facts)},
          {"held", held(facts.held)},
          {"evidence", evidence_section(facts)},
          {"problems", facts.problems}};
}

}  // namespace cutpoint
