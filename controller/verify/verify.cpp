// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/verify.h"

#include <algorithm>
#include <array>
#include <utility>

#include "controller/verify/findings.h"
#include "controller/verify/invariants.h"
#include "controller/verify/soundness.h"

namespace cutpoint {
namespace {

using Judge = InvariantResult (*)(const Case&);

constexpr auto judges = std::array<std::pair<std::string_view, Judge>, 19>{{
    {"postgres.atomic", judge_atomic},
    {"postgres.acked_is_durable", judge_acked_is_durable},
    {"postgres.exactly_once", judge_exactly_once},
    {"postgres.belief_agrees", judge_belief_agrees},
    {"postgres.recovers_within", judge_recovers_within},
    {"postgres.no_orphans", judge_no_orphans},
    {"http.bounded_wait", judge_bounded_wait},
    {"http.breaker_opens_within", judge_breaker},
    {"http.retry_amplification", judge_amplification},
    {"http.recovers_within", judge_http_recovery},
    {"workers.available", judge_workers_available},
    {"queue.drains_within", judge_queue_drains},
    {"amqp.dead_lettered", judge_dead_lettered},
    {"amqp.all_processed", judge_all_processed},
    {"amqp.throughput_retained", judge_throughput},
    {"amqp.consumer_restarts", judge_consumer_restarts},
    {"amqp.redeliveries", judge_redeliveries},
    {"amqp.conserved", judge_conserved},
    {"amqp.topology", judge_topology},
}};

std::vector<Attempt> attempts_on(const Scenario& scenario, const std::string& service,
                                 const std::vector<Attempt>& attempts) {
  std::vector<Attempt> chosen;
  for (const Attempt& attempt : attempts) {
    const bool named = service.empty() || (attempt.service < scenario.services.size() &&
                                           scenario.services[attempt.service].name == service);
    if (named) chosen.push_back(attempt);
  }
  return chosen;
}

InvariantResult judge(const Case& of) {
  InvariantResult result;
  result.observed = "this version of cutpoint cannot judge it";
  for (const auto& [name, judge_one] : judges) {
    if (name == of.expectation.invariant) result = judge_one(of);
  }
  result.name = of.expectation.invariant;
  result.severity = of.expectation.severity;
  each_once(result.evidence);
  return result;
}

void judge_expectations(const RunFacts& facts, Verdict& verdict) {
  for (const Expectation& expectation : facts.scenario->expect) {
    const auto attempts = attempts_on(*facts.scenario, expectation.service, verdict.attempts);
    const Case of{expectation, facts, attempts,
                  service_index(*facts.scenario, expectation.service)};
    verdict.invariants.push_back(judge(of));
    const InvariantResult& result = verdict.invariants.back();
    if (result.outcome == Outcome::violated) verdict.findings.push_back(find(result, of));
  }
}

bool any(const Verdict& verdict, Outcome outcome) {
  return std::any_of(
      verdict.invariants.begin(), verdict.invariants.end(),
      [outcome](const InvariantResult& result) { return result.outcome == outcome; });
}

// Unsound evidence outranks everything: nothing may be concluded from it. A violation outranks what
// could not be judged: one counterexample is enough.
Outcome overall(const Verdict& verdict) {
  if (!verdict.soundness.unsound.empty()) return Outcome::inconclusive;
  if (any(verdict, Outcome::violated)) return Outcome::violated;
  const bool complete =
      verdict.soundness.incomplete.empty() && !any(verdict, Outcome::inconclusive);
  return complete ? Outcome::held : Outcome::inconclusive;
}

std::vector<std::string> reasons(const Verdict& verdict) {
  std::vector<std::string> because = verdict.soundness.unsound;
  const auto& incomplete = verdict.soundness.incomplete;
  because.insert(because.end(), incomplete.begin(), incomplete.end());
  for (const InvariantResult& result : verdict.invariants) {
    if (result.outcome != Outcome::inconclusive) continue;
    because.push_back(result.name + ": " + result.observed);
  }
  return because;
}

}  // namespace

void each_once(std::vector<std::uint64_t>& evidence) {
  std::sort(evidence.begin(), evidence.end());
  evidence.erase(std::unique(evidence.begin(), evidence.end()), evidence.end());
}

ExitCode exit_code(Outcome outcome, bool interrupted) {
  if (interrupted) return ExitCode::interrupted;
  switch (outcome) {
    case Outcome::held:
      return ExitCode::held;
    case Outcome::violated:
      return ExitCode::violated;
    case Outcome::inconclusive:
      return ExitCode::inconclusive;
  }
  return ExitCode::inconclusive;
}

Verdict verify(const RunFacts& facts) {
  Verdict verdict;
  verdict.attempts = derive_attempts(facts);
  verdict.belief_vs_truth = tally(verdict.attempts);
  verdict.not_fired = why_not_fired(facts);
  judge_expectations(facts, verdict);
  verdict.soundness = judge_soundness(facts, verdict.attempts, verdict.not_fired);
  verdict.outcome = overall(verdict);
  verdict.exit_code = exit_code(verdict.outcome, facts.interrupted);
  if (verdict.outcome == Outcome::inconclusive) {
    verdict.inconclusive_because = reasons(verdict);
  }
  verdict.summary = summarise(facts, verdict.attempts);
  return verdict;
}

}  // namespace cutpoint
