// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/unit/report/report_fixture.h"
#include "tests/unit/verify/traffic_builder.h"

namespace cutpoint::testing {

// Two requests of which one is given up, and two workers that both wait.
inline nlohmann::json report_with_traffic() {
  using namespace std::chrono_literals;
  TrafficBuilder run;
  run.note(0, "observer.attached", nlohmann::json::object());
  run.answered(1);
  run.depth(0.5, 0);
  run.fire(2, 12);
  run.given_up(2.5, 4);
  run.task("a", 2, 8, "failed");
  run.task("b", 2.5, 9, "failed");
  run.depth(5, 7);
  run.answered(14);
  run.task("c", 14, 14.1);
  run.depth(15, 0);
  run.end(20);
  run.expect("http.bounded_wait").within = 1s;
  HostFacts facts = host();
  facts.started_ns = ns(0);
  return build_report(run.facts, run.verify(), facts);
}

inline ClaimCondition on_invariant(const std::string& name, bool is_held = true) {
  ClaimCondition condition;
  condition.invariant = name;
  condition.is_held = is_held;
  condition.of = "db";
  return condition;
}

inline ClaimCondition on_figure(const std::string& name, std::optional<double> at_least,
                                std::optional<double> at_most = std::nullopt) {
  ClaimCondition condition;
  condition.figure = name;
  condition.of = "db";
  condition.at_least = at_least;
  condition.at_most = at_most;
  return condition;
}

inline Claim claim(const std::string& id, const std::string& statement) {
  Claim one;
  one.id = id;
  one.statement = statement;
  one.source = "the runbook";
  return one;
}

// One that the run decides, one that it is not about, and one that nothing here can decide.
inline std::vector<Claim> claims_of_split_brain() {
  std::vector<Claim> claims{claim("S1", "retrying is the cure"), claim("S2", "asking is the cure"),
                            claim("S3", "a queue is the cure")};
  claims[0].given = {on_figure("postgres.retried", 1)};
  claims[1].given = {on_figure("postgres.resolved", 1)};
  claims[0].true_if = claims[1].true_if = on_invariant("postgres.exactly_once");
  claims[2].not_tested = "there is no queue";
  return claims;
}

// Split-brain, with every section of report.json filled: as no single run would have it.
inline nlohmann::json full_report() {
  RunBuilder run;
  run_split_brain(run);
  run.scenario.claims = claims_of_split_brain();
  run.facts.held = {.taken = 9, .sent = 7, .lost = 2, .dropped = 1};
  run.facts.problems = {"PostgreSQL went away"};
  nlohmann::json report = report_of(run);
  report["series"] = report_with_traffic().at("series");
  report["exchanges"] = {{{"flow", "127.0.0.1:1 -> 127.0.0.1:2"},
                          {"service", "llm"},
                          {"requests", 3},
                          {"begun", 2},
                          {"answered", 1}}};
  report["why_not_fired"] = {{{"fault", "partition-at-commit"}, {"why", "nobody came"}}};
  report["inconclusive_because"] = {"an event was lost"};
  report["out"] = "./cutpoint-runs/full";
  report["not_written"] = {"timeline.jsonl"};
  return report;
}

}  // namespace cutpoint::testing
