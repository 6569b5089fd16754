// SPDX-License-Identifier: Apache-2.0
#include "controller/report/readiness.h"

#include <algorithm>
#include <fmt/core.h>
#include <string>
#include <vector>

#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using Reasons = std::vector<std::string>;

Reasons severe_findings(const Verdict& verdict) {
  Reasons because;
  for (const Severity severity : {Severity::critical, Severity::high}) {
    for (const Finding& finding : verdict.findings) {
      if (finding.severity != severity) continue;
      because.push_back(fmt::format("[{}] {}", name(severity), finding.title));
    }
  }
  return because;
}

// Why a run without a severe finding proves nothing; empty: it does prove something.
Reasons gaps(const RunFacts& facts, const Verdict& verdict) {
  Reasons because = verdict.inconclusive_because;
  if (facts.interrupted) because.emplace_back("the run was interrupted");
  const auto& faults = facts.scenario->faults;
  if (std::none_of(faults.begin(), faults.end(),
                   [](const Fault& fault) { return fault.mode != CUT_OBSERVE; })) {
    because.emplace_back("nothing was done to the target");
  }
  if (verdict.invariants.empty()) because.emplace_back("nothing was expected of the target");
  if (verdict.outcome == Outcome::inconclusive) return because;
  // A violation stands although something else could not be judged: that may be what is severe.
  for (const NotFired& fault : verdict.not_fired) because.push_back(fault.fault + " never fired");
  for (const InvariantResult& result : verdict.invariants) {
    if (result.outcome != Outcome::inconclusive) continue;
    because.push_back(result.name + ": " + result.observed);
  }
  return because;
}

std::string why_ready(const RunFacts& facts, const Verdict& verdict) {
  const std::string under = counted(facts.scenario->faults.size(), "fault");
  if (verdict.findings.empty()) {
    return fmt::format("{} held under {}", counted(verdict.invariants.size(), "invariant"), under);
  }
  return fmt::format("{} under {}, none of them critical or high",
                     counted(verdict.findings.size(), "finding"), under);
}

nlohmann::json section(const char* verdict, const Reasons& because) {
  return {{"verdict", verdict}, {"because", because}};
}

}  // namespace

bool is_severe(std::string_view severity) {
  return severity == name(Severity::critical) || severity == name(Severity::high);
}

nlohmann::json readiness_section(const RunFacts& facts, const Verdict& verdict) {
  const bool sound = verdict.outcome != Outcome::inconclusive;
  if (const Reasons severe = severe_findings(verdict); sound && !severe.empty()) {
    return section(not_ready, severe);
  }
  if (const Reasons missing = gaps(facts, verdict); !sound || !missing.empty()) {
    return section(not_proven, missing);
  }
  return section(ready, {why_ready(facts, verdict)});
}

}  // namespace cutpoint
