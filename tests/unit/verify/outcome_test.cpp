// SPDX-License-Identifier: Apache-2.0
// What outranks what, and every reason for which a run proves nothing.
#include <functional>
#include <gtest/gtest.h>

#include "tests/unit/verify/run_builder.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::RunBuilder;
using Names = std::vector<std::string>;

// Order 1 is cut; then orders 2 and 3 succeed: all six invariants hold but, where `in_doubt`,
// belief_agrees.
void run_orders(RunBuilder& run, bool in_doubt = false) {
  auto flow = run.connect(1);
  flow.invoke(1).cut_request(in_doubt ? RunBuilder::request_bytes : 0).close().says("info");
  in_doubt ? flow.committed() : flow.aborted();
  run.wait(1s).heal();
  run.connect(2).commit(2).commit(3);
}

struct Case {
  const char* name;
  std::function<void(RunBuilder&)> damage;
  std::string because;
};

const std::vector<Case>& unsound() {
  static const std::vector<Case> cases = {
      {"never_fired", [](RunBuilder& run) { run.rule().fired = 0; },
       "partition-at-commit never fired"},
      {"never_fired_as_the_target_failed",
       [](RunBuilder& run) {
         run.rule().fired = 0;
         run.facts.target.exit_code = 3;
       },
       "the target ended with exit code 3"},
      {"never_healed", [](RunBuilder& run) { run.facts.rules[0].heals_ns.clear(); },
       "partition-at-commit never healed"},
      {"never_would_have_fired", [](RunBuilder& run) { run.fault().mode = CUT_OBSERVE; },
       "partition-at-commit never fired"},
      {"events_lost", [](RunBuilder& run) { run.facts.events_lost = 1; },
       "1 event lost on the way from the kernel"},
      {"events_lost_as_counted",
       [](RunBuilder& run) {
         run.facts.events_lost = 3;
         run.facts.counters[CUT_COUNT_EVENTS_LOST] = 3;
       },
       "events.lost 3 times: ring buffer full"},
      {"desynchronised", [](RunBuilder& run) { run.facts.counters[CUT_COUNT_DESYNC_GAP] = 2; },
       "desync.gap twice: a segment arrived ahead of its predecessor"},
      {"encrypted", [](RunBuilder& run) { run.facts.counters[CUT_COUNT_FLOWS_ENCRYPTED] = 1; },
       "flows.encrypted once: the flow switched to TLS or GSSAPI: not covered"},
      {"lease_lapsed", [](RunBuilder& run) { run.facts.counters[CUT_COUNT_LEASE_LAPSED] = 1; },
       "lease.lapsed once: a segment passed because the controller was silent"},
      {"timed_out_before_anything_fired",
       [](RunBuilder& run) {
         run.rule().fired = 0;
         run.facts.target.timed_out = true;
       },
       "the target did not end and was ended"},
      {"cut_nothing", [](RunBuilder& run) { run.rule().segments_swallowed = 0; },
       "partition-at-commit: no segment met it while it was on"},
      {"healed_too_late_for_a_reset", [](RunBuilder& run) { run.facts.rules[0].resets.failed = 2; },
       "partition-at-commit: 2 connections not reset: the target's end did not accept it, or the "
       "cut had lapsed"},
      {"reset_nobody", [](RunBuilder& run) { run.fault().kind = "reset"; },
       "partition-at-commit: no connection was reset"},
      {"refused_nobody", [](RunBuilder& run) { run.fault().kind = "refuse"; },
       "partition-at-commit: fired once, refused a SYN 0 times"},
      {"changed_less_than_it_fired",
       [](RunBuilder& run) {
         run.fault().kind = "corrupt";
         run.rule().fired = 3;
         run.rule().segments_altered = 2;
       },
       "partition-at-commit: fired 3 times, changed a segment twice"},
      {"stopped_nobody",
       [](RunBuilder& run) {
         run.fault().kind = "pause";
         run.fault().signal = 19;
       },
       "partition-at-commit: fired once, stopped a process 0 times"},
      {"froze_nothing",
       [](RunBuilder& run) {
         run.fault().kind = "pause";
         run.fault().freezes = true;
       },
       "partition-at-commit: fired once, froze the cgroup 0 times"},
      {"exited_at_once",
       [](RunBuilder& run) {
         run.facts.target.exited_at_once = true;
         run.facts.target.exit_code = 127;
       },
       "the target ended with exit code 127 before it opened a connection to any service"},
      {"killed_at_once",
       [](RunBuilder& run) {
         run.facts.target.exited_at_once = true;
         run.facts.target.exit_code.reset();
         run.facts.target.signal = 11;
       },
       "the target was ended by signal 11 before it opened a connection to any service"},
  };
  return cases;
}

const std::vector<Case>& incomplete() {
  static const std::vector<Case> cases = {
      {"never_at_rest",
       [](RunBuilder& run) {
         run.facts.open_before = {3, 2};
       },
       "1 of the 3 connections that were open before never came to rest: what was said there is "
       "not known"},
      {"timed_out", [](RunBuilder& run) { run.facts.target.timed_out = true; },
       "the target did not end and was ended"},
      {"timed_out_after_its_timeout",
       [](RunBuilder& run) {
         run.facts.target.timed_out = true;
         run.scenario.target = Target{};
         run.scenario.target->command = {"app"};
         run.scenario.target->timeout = 120s;
       },
       "the target did not end within its timeout of 120 s and was ended"},
      {"timed_out_and_not_ours_to_end",
       [](RunBuilder& run) {
         run.facts.target.timed_out = true;
         run.scenario.workload.reset();
         run.scenario.target = Target{};
         run.scenario.target->pid = 4242;
       },
       "the target did not end"},
      {"problem", [](RunBuilder& run) { run.facts.problems = {"PostgreSQL went away"}; },
       "PostgreSQL went away"},
      {"history_malformed", [](RunBuilder& run) { run.facts.history_malformed = 2; },
       "2 lines of the target's history could not be read"},
      {"history_without_pid",
       [](RunBuilder& run) {
         run.facts.history.push_back({.op = "order",
                                      .id = "900",
                                      .type = "invoke",
                                      .xid = {},
                                      .committed = {},
                                      .error = {},
                                      .phase = {}});
       },
       "1 `invoke` line of the target's history without `pid`: they belong to no COMMIT that was "
       "seen"},
      {"several_commits_in_a_message",
       [](RunBuilder& run) {
         cut_event request{};
         for (const Entry& entry : run.timeline.entries()) {
           const cut_event* event = entry.event();
           if (event != nullptr && is_moment(*event, CUT_PG_COMMIT_REQUEST)) request = *event;
         }
         request.kind = CUT_EVENT_WOULD_FIRE;  // of the same message
         request.flags |= CUT_FACT_SEVERAL;
         run.timeline.add(request);
       },
       "1 message held more than one COMMIT: each counts as one, and what was told of the others "
       "is not known"},
      {"rows_missing", [](RunBuilder& run) { run.facts.rows[0].erase("variants"); },
       "postgres.atomic: the rows of variants could not be read"},
  };
  return cases;
}

TEST(Outcome, undamaged_runs_are_held_or_violated) {
  RunBuilder held;
  run_orders(held);
  EXPECT_EQ(held.verify().exit_code, ExitCode::held);
  RunBuilder violated;
  run_orders(violated, true);
  EXPECT_EQ(violated.verify().exit_code, ExitCode::violated);
}

TEST(Outcome, unsound_evidence_proves_nothing_either_way) {
  for (const Case& reason : unsound()) {
    for (const bool in_doubt : {false, true}) {
      SCOPED_TRACE(std::string{reason.name} + (in_doubt ? ", violated" : ", held"));
      RunBuilder run;
      run_orders(run, in_doubt);
      reason.damage(run);
      const Verdict verdict = run.verify();
      EXPECT_EQ(verdict.outcome, Outcome::inconclusive);
      EXPECT_EQ(verdict.exit_code, ExitCode::inconclusive);
      EXPECT_EQ(verdict.inconclusive_because.front(), reason.because);
      EXPECT_EQ(verdict.findings.size(), in_doubt ? 1U : 0U);
    }
  }
}

TEST(Outcome, incomplete_evidence_leaves_a_violation_standing) {
  for (const Case& reason : incomplete()) {
    SCOPED_TRACE(reason.name);
    RunBuilder held;
    run_orders(held);
    reason.damage(held);
    EXPECT_EQ(held.verify().outcome, Outcome::inconclusive);
    EXPECT_EQ(held.verify().inconclusive_because, Names{reason.because});

    RunBuilder violated;
    run_orders(violated, true);
    reason.damage(violated);
    EXPECT_EQ(violated.verify().exit_code, ExitCode::violated);
    EXPECT_EQ(violated.verify().inconclusive_because, Names{});
  }
}

TEST(Outcome, counters_that_do_no_damage_are_ignored) {
  RunBuilder run;
  run_orders(run);
  run.facts.counters[CUT_COUNT_SEGMENTS] = 1000;
  run.facts.counters[CUT_COUNT_MESSAGES] = 1000;
  run.facts.counters[CUT_COUNT_TRUNCATE_DEFERRED] = 1;
  EXPECT_EQ(run.verify().outcome, Outcome::held);
}

TEST(Outcome, no_attempt_at_all_is_inconclusive) {
  RunBuilder run;
  run.connect(1).close();
  run.rule().fired = run.rule().segments_swallowed = 1;
  run.heal();
  const Verdict verdict = run.verify();
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive);
  EXPECT_EQ(verdict.inconclusive_because.front(),
            "the target sent no COMMIT: there is nothing to judge");
  EXPECT_EQ(verdict.summary, Names{"The target sent no COMMIT."});
}

TEST(Outcome, interruption_exits_130_with_the_outcome_as_judged) {
  RunBuilder run;
  run_orders(run, true);
  run.facts.interrupted = true;
  const Verdict verdict = run.verify();
  EXPECT_EQ(verdict.outcome, Outcome::violated);
  EXPECT_EQ(verdict.exit_code, ExitCode::interrupted);
}

TEST(Outcome, observe_mode_that_would_have_fired_is_held) {
  RunBuilder run;
  run.fault().mode = CUT_OBSERVE;
  run.connect(1).commit(1).commit(2);
  run.rule().would_fire = 1;
  EXPECT_EQ(run.verify().outcome, Outcome::held);
}

// With nothing to judge, a run is about its faults.
TEST(Outcome, with_nothing_expected_a_fault_that_fired_and_healed_is_held) {
  RunBuilder run;
  run_orders(run, true);
  run.scenario.expect.clear();
  EXPECT_EQ(run.verify().exit_code, ExitCode::held);
  EXPECT_TRUE(run.verify().findings.empty());
}

TEST(Outcome, with_nothing_expected_the_target_need_not_end_well) {
  for (const Case& reason : incomplete()) {
    if (std::string_view(reason.name) == "problem") continue;
    SCOPED_TRACE(reason.name);
    RunBuilder run;
    run_orders(run);
    run.scenario.expect.clear();
    reason.damage(run);
    EXPECT_EQ(run.verify().outcome, Outcome::held);
  }
  RunBuilder silent;
  silent.scenario.expect.clear();
  silent.connect(1).close();
  silent.rule().fired = silent.rule().segments_swallowed = 1;
  silent.heal();
  silent.facts.target.exit_code = 1;
  EXPECT_EQ(silent.verify().outcome, Outcome::held);
  EXPECT_EQ(silent.verify().summary, Names{"The target sent no COMMIT."});
}

TEST(Outcome, with_nothing_expected_what_damages_the_evidence_still_does) {
  for (const Case& reason : unsound()) {
    SCOPED_TRACE(reason.name);
    RunBuilder run;
    run_orders(run);
    run.scenario.expect.clear();
    reason.damage(run);
    EXPECT_EQ(run.verify().exit_code, ExitCode::inconclusive);
    EXPECT_EQ(run.verify().inconclusive_because.front(), reason.because);
  }
}

TEST(Outcome, service_that_was_only_heard_is_said_to_be) {
  RunBuilder run;
  run.scenario.services[0] = {"db", "postgres", "", "127.0.0.1:5432"};
  run.scenario.expect.clear();
  run_orders(run);
  run.without_history().without_xids();
  EXPECT_EQ(run.verify().summary.back(),
            "db was only heard, not asked: what it holds is known from its answers alone.");
  EXPECT_EQ(run.verify().summary[run.verify().summary.size() - 2],
            "The client was told that 2 of its 3 COMMITs succeeded; PostgreSQL has acknowledged 2. "
            "Whether they agree is not known of 1 attempt.");
}

}  // namespace
}  // namespace cutpoint
