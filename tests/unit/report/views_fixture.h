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

// One that the run decides, one that it is not about, and one that nothing here can decide.
inline std::vector<Claim> claims_of_split_brain() {
  const ClaimCondition once{.invariant = "postgres.exactly_once", .of = "db"};
  const ClaimCondition retried{.figure = "postgres.retried", .of = "db", .at_least = 1};
  const ClaimCondition resolved{.figure = "postgres.resolved", .of = "db", .at_least = 1};
  return {{.id = "S1",
           .statement = "retrying is the cure",
           .source = "the runbook",
           .given = retried,
           .true_if = once},
          {.id = "S2",
           .statement = "asking is the cure",
           .source = "the runbook",
           .given = resolved,
           .true_if = once},
          {.id = "S3",
           .statement = "a queue is the cure",
           .source = "the runbook",
           .not_tested = "there is no queue"}};
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
