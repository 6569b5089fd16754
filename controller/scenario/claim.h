// SPDX-License-Identifier: Apache-2.0
// `claims:` — what a document or a team believes, and by which evidence of the report it is
// decided.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace cutpoint {

// Exactly one of invariant, figure and readiness is set.
struct ClaimCondition {
  std::string invariant;  // one of `expect:`
  bool is_held = true;    // that is its outcome; else `violated`
  std::string figure;     // a name of the registry (figures.h), e.g. "http.longest_wait"
  // The service or observer that the figure or the invariant is of; empty: of the run.
  std::string of;
  std::optional<double> at_least;  // in the figure's unit
  std::optional<double> at_most;
  std::string readiness;  // "ready", "not ready"
};

struct Claim {
  std::string id;         // e.g. "S1.1"
  std::string statement;  // what is believed
  std::string source;     // who says so; empty: nobody is named
  // Where one of these is not the case, the claim is about something else than this run.
  std::vector<ClaimCondition> given;
  std::optional<ClaimCondition> true_if;
  std::string not_tested;  // why no run of this scenario can decide it; else true_if is set
};

}  // namespace cutpoint
