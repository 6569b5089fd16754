// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/claims.h"

#include <fmt/core.h>

#include "controller/verify/invariants.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

// What a condition came to.
struct Decided {
  std::optional<bool> is_met;  // nullopt: it is not known
  std::string words;           // what was measured, or why nothing was
  std::vector<std::uint64_t> evidence;
};

std::string of_whom(const ClaimCondition& condition) {
  return condition.of.empty() ? "" : " of " + condition.of;
}

// "at least 29 s and at most 31 s", "exactly 4"
std::string bounds_text(const ClaimCondition& condition, FigureUnit unit) {
  if (condition.at_least && condition.at_least == condition.at_most) {
    return "exactly " + value_text(unit, *condition.at_least);
  }
  std::string text;
  if (condition.at_least) text = "at least " + value_text(unit, *condition.at_least);
  if (condition.at_most) {
    text += text.empty() ? "at most " : " and at most ";
    text += value_text(unit, *condition.at_most);
  }
  return text;
}

class Judge {
 public:
  Judge(const RunFacts& facts, const Verdict& verdict, const std::vector<Figure>& figures,
        std::string_view readiness)
      : facts_(facts), verdict_(verdict), figures_(figures), readiness_(readiness) {}

  [[nodiscard]] JudgedClaim judge(const Claim& claim) const {
    JudgedClaim judged{.claim = &claim, .measured = {}, .evidence = {}};
    judged.measured = claim.true_if ? no_basis() : claim.not_tested;
    if (!judged.measured.empty()) return judged;
    for (const ClaimCondition& condition : claim.given) {
      const Decided given = decide(condition);
      if (given.is_met != true) {
        judged.measured = (given.is_met ? "this run is not about it: " : "") + given.words;
        return judged;
      }
    }
    Decided decided = decide(*claim.true_if);
    if (decided.is_met) {
      judged.verdict = *decided.is_met ? ClaimVerdict::confirmed : ClaimVerdict::refuted;
    }
    judged.measured = std::move(decided.words);
    judged.evidence = std::move(decided.evidence);
    return judged;
  }

 private:
  // Why nothing of this run can decide a claim; empty: it can.
  [[nodiscard]] std::string no_basis() const {
    if (!verdict_.not_fired.empty()) {
      const NotFired& fault = verdict_.not_fired.front();
      return fmt::format("{} never fired: {}", fault.fault, fault.why);
    }
    if (only_observes(facts_)) return "observe mode: nothing was done to the target";
    const auto& unsound = verdict_.soundness.unsound;
    return unsound.empty() ? "" : unsound.front();
  }

  // Why more may have been to see; empty: all of the run was seen. A violation stands all the same.
  [[nodiscard]] std::string incomplete() const {
    if (facts_.interrupted) return "the run was interrupted";
    const auto& why = verdict_.soundness.incomplete;
    return why.empty() ? "" : why.front();
  }

  [[nodiscard]] Decided decide(const ClaimCondition& condition) const {
    if (!condition.invariant.empty()) return decide_invariant(condition);
    return condition.figure.empty() ? decide_readiness(condition) : decide_figure(condition);
  }

  [[nodiscard]] Decided decide_invariant(const ClaimCondition& condition) const {
    const auto& expected = facts_.scenario->expect;
    for (std::size_t i = 0; i < verdict_.invariants.size(); ++i) {
      const InvariantResult& result = verdict_.invariants[i];
      if (result.name != condition.invariant || expected[i].subject() != condition.of) continue;
      if (result.outcome == Outcome::inconclusive) {
        return {
            std::nullopt, fmt::format("{} is inconclusive: {}", result.name, result.observed), {}};
      }
      const bool held = result.outcome == Outcome::held;
      if (const std::string why = incomplete(); held && !why.empty()) {
        return {std::nullopt, why, {}};
      }
      return {
          held == condition.is_held,
          fmt::format("{} {}: {}", result.name, held ? "held" : "was violated", result.observed),
          result.evidence};
    }
    return {std::nullopt, fmt::format("{} was not judged", condition.invariant), {}};
  }

  [[nodiscard]] Decided decide_figure(const ClaimCondition& condition) const {
    if (const std::string why = incomplete(); !why.empty()) return {std::nullopt, why, {}};
    for (const Figure& figure : figures_) {
      if (figure.info->name != condition.figure || figure.of != condition.of) continue;
      const std::string name = condition.figure + of_whom(condition);
      if (!figure.measured.value) {
        return {
            std::nullopt, fmt::format("{} was not measured: {}", name, figure.measured.why), {}};
      }
      const double value = *figure.measured.value;
      const bool is_met = (!condition.at_least || value >= *condition.at_least) &&
                          (!condition.at_most || value <= *condition.at_most);
      return {is_met,
              fmt::format("{} was {} ({}); claimed: {}", name, value_text(figure.info->unit, value),
                          figure.info->description, bounds_text(condition, figure.info->unit)),
              figure.measured.evidence};
    }
    return {std::nullopt, fmt::format("{} was not measured", condition.figure), {}};
  }

  [[nodiscard]] Decided decide_readiness(const ClaimCondition& condition) const {
    if (readiness_ != "ready" && readiness_ != "not ready") {
      return {std::nullopt, "whether the target is ready is not proven", {}};
    }
    Decided decided{readiness_ == condition.readiness, "", {}};
    decided.words = fmt::format("the target is {} for this: {}", readiness_,
                                counted(verdict_.findings.size(), "finding"));
    for (const Finding& finding : verdict_.findings) {
      decided.evidence.insert(decided.evidence.end(), finding.evidence.begin(),
                              finding.evidence.end());
    }
    each_once(decided.evidence);
    return decided;
  }

  const RunFacts& facts_;
  const Verdict& verdict_;
  const std::vector<Figure>& figures_;
  std::string_view readiness_;
};

}  // namespace

std::vector<JudgedClaim> judge_claims(const RunFacts& facts, const Verdict& verdict,
                                      const std::vector<Figure>& figures,
                                      std::string_view readiness) {
  const Judge judge(facts, verdict, figures, readiness);
  std::vector<JudgedClaim> judged;
  for (const Claim& claim : facts.scenario->claims) judged.push_back(judge.judge(claim));
  return judged;
}

std::string_view name(ClaimVerdict verdict) {
  switch (verdict) {
    case ClaimVerdict::confirmed:
      return "confirmed";
    case ClaimVerdict::refuted:
      return "refuted";
    case ClaimVerdict::not_tested:
      return "not_tested";
  }
  return "";
}

std::string condition_text(const ClaimCondition& condition) {
  if (!condition.readiness.empty()) return "the target is " + condition.readiness;
  if (!condition.invariant.empty()) {
    return fmt::format("{}{} {}", condition.invariant, of_whom(condition),
                       condition.is_held ? "held" : "was violated");
  }
  const FigureInfo* figure = find_figure(condition.figure);
  const FigureUnit unit = figure == nullptr ? FigureUnit::count : figure->unit;
  return fmt::format("{}{} was {}", condition.figure, of_whom(condition),
                     bounds_text(condition, unit));
}

}  // namespace cutpoint
