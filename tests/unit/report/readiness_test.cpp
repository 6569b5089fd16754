// SPDX-License-Identifier: Apache-2.0
#include "controller/report/readiness.h"

#include <gtest/gtest.h>

#include "tests/unit/report/report_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using testing::RunBuilder;

struct Row {
  const char* what;
  Outcome outcome;
  std::vector<std::pair<Severity, Outcome>> invariants;  // the violated ones have a finding
  bool interrupted;
  bool fired;
  const char* verdict;
  const char* because;  // the first reason
};

constexpr auto held = Outcome::held;
constexpr auto violated = Outcome::violated;
constexpr auto inconclusive = Outcome::inconclusive;

const Row rows[] = {
    {"all held",
     held,
     {{Severity::high, held}},
     false,
     true,
     "ready",
     "1 invariant held under 1 fault"},
    {"a mild finding",
     violated,
     {{Severity::medium, violated}},
     false,
     true,
     "ready",
     "1 finding under 1 fault, none of them critical or high"},
    {"a severe one",
     violated,
     {{Severity::low, violated}, {Severity::high, violated}},
     false,
     true,
     "not ready",
     "[high] finding 2"},
    {"the worst is said first",
     violated,
     {{Severity::high, violated}, {Severity::critical, violated}},
     false,
     true,
     "not ready",
     "[critical] finding 2"},
    {"a severe one before it was interrupted",
     violated,
     {{Severity::critical, violated}},
     true,
     true,
     "not ready",
     "[critical] finding 1"},
    {"a mild finding, and what could not be judged",
     violated,
     {{Severity::low, violated}, {Severity::critical, inconclusive}},
     false,
     true,
     "not proven",
     "invariant 2: observed 2"},
    {"a mild finding, and a fault that never fired",
     violated,
     {{Severity::low, violated}},
     false,
     false,
     "not proven",
     "the other never fired"},
    {"unsound evidence of something severe",
     inconclusive,
     {{Severity::critical, violated}},
     false,
     true,
     "not proven",
     "an event was lost"},
    {"interrupted",
     held,
     {{Severity::high, held}},
     true,
     true,
     "not proven",
     "the run was interrupted"},
    {"nothing expected", held, {}, false, true, "not proven", "nothing was expected of the target"},
};

TEST(Readiness, IsOneOfThreeWordsAndSaysWhy) {
  for (const Row& row : rows) {
    RunBuilder run;
    run.facts.interrupted = row.interrupted;
    Verdict verdict;
    verdict.outcome = row.outcome;
    if (row.outcome == inconclusive) verdict.inconclusive_because = {"an event was lost"};
    if (!row.fired) verdict.not_fired.push_back({"the other", "nobody came"});
    int number = 0;
    for (const auto& [severity, outcome] : row.invariants) {
      const std::string suffix = " " + std::to_string(++number);
      verdict.invariants.push_back(
          {"invariant" + suffix, outcome, severity, "expected", "observed" + suffix, {}});
      if (outcome != violated) continue;
      verdict.findings.emplace_back();
      verdict.findings.back().title = "finding" + suffix;
      verdict.findings.back().severity = severity;
    }
    const json section = readiness_section(run.facts, verdict);
    EXPECT_EQ(section.at("verdict"), row.verdict) << row.what;
    EXPECT_EQ(section.at("because").at(0), row.because) << row.what;
  }
}

}  // namespace
}  // namespace cutpoint
