// SPDX-License-Identifier: Apache-2.0
#include "controller/report/contradiction.h"

#include <algorithm>
#include <fmt/core.h>

#include "controller/report/readiness.h"
#include "controller/verify/phrases.h"
#include "controller/verify/verify.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// Why no run has ended so; empty: one may have. exit_code() is the rule.
std::string exit_code_mistake(const json& report) {
  const bool interrupted = report.at("interrupted").get<bool>();
  for (const Outcome outcome : {Outcome::held, Outcome::violated, Outcome::inconclusive}) {
    if (report.at("outcome") != name(outcome)) continue;
    const int code = static_cast<int>(exit_code(outcome, interrupted));
    if (report.at("exit_code") == code) return "";
    return fmt::format(
        "its exit_code is {}, that of a run which {} is {}", report.at("exit_code").dump(),
        interrupted ? "was interrupted" : fmt::format("ended {}", name(outcome)), code);
  }
  return "";
}

bool any_invariant(const json& report, Outcome outcome) {
  const json& all = report.at("invariants");
  return std::any_of(all.begin(), all.end(),
                     [&](const json& one) { return one.at("outcome") == name(outcome); });
}

bool any_severe(const json& report) {
  const json& all = report.at("findings");
  return std::any_of(all.begin(), all.end(), [](const json& one) {
    return is_severe(one.at("severity").get_ref<const std::string&>());
  });
}

// Likewise; verify() is the rule. One that is inconclusive may hold violations: it cannot trust
// them.
std::string outcome_mistake(const json& report) {
  const json& outcome = report.at("outcome");
  if (outcome == name(Outcome::violated)) {
    const bool violated = any_invariant(report, Outcome::violated);
    return violated ? "" : "its outcome is violated, and no invariant is";
  }
  if (outcome != name(Outcome::held)) return "";
  for (const Outcome other : {Outcome::violated, Outcome::inconclusive}) {
    if (!any_invariant(report, other)) continue;
    return fmt::format("its outcome is held, and an invariant is {}", name(other));
  }
  if (report.at("inconclusive_because").empty()) return "";
  return "its outcome is held, and it says why it would be inconclusive";
}

// Likewise; readiness_section() is the rule. Of a run without a severe finding the report alone
// does not tell all that may be missing from a proof.
std::string readiness_mistake(const json& report) {
  const json& verdict = report.at("readiness").at("verdict");
  const bool sound = report.at("outcome") != name(Outcome::inconclusive);
  const bool severe = sound && any_severe(report);
  const auto mistake = [&](const char* because) {
    return fmt::format("its readiness is {}, and {}", verdict.get_ref<const std::string&>(),
                       because);
  };
  if (severe) return verdict == not_ready ? "" : mistake("a finding is critical or high");
  if (verdict == not_ready) {
    return mistake(sound ? "no finding is critical or high" : "the run is inconclusive");
  }
  if (verdict != ready) return "";
  if (!sound) return mistake("the run is inconclusive");
  if (report.at("interrupted").get<bool>()) return mistake("the run was interrupted");
  if (report.at("invariants").empty()) return mistake("nothing was expected of the target");
  const bool judged = !any_invariant(report, Outcome::inconclusive);
  return judged ? "" : mistake("an invariant is inconclusive");
}

}  // namespace

std::string contradiction(const json& report) {
  for (const auto& mistake_of : {exit_code_mistake, outcome_mistake, readiness_mistake}) {
    if (std::string mistake = mistake_of(report); !mistake.empty()) return mistake;
  }
  return "";
}

}  // namespace cutpoint
