// SPDX-License-Identifier: Apache-2.0
// Each invariant: held, violated, inconclusive, and what it says.
#include <gtest/gtest.h>

#include "tests/unit/verify/run_builder.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::FlowBuilder;
using testing::RunBuilder;

constexpr std::uint32_t whole = RunBuilder::request_bytes;

void expect_result(const RunBuilder& run, const std::string& name, Outcome outcome,
                   const std::string& observed) {
  const Verdict verdict = run.verify();
  const InvariantResult& result = testing::invariant(verdict, name);
  EXPECT_EQ(result.outcome, outcome);
  EXPECT_EQ(result.observed, observed);
}

TEST(Atomic, holds_where_rows_agree) {
  RunBuilder run;
  run.connect(1).commit(1).commit(2);
  expect_result(run, "postgres.atomic", Outcome::held,
                "2 rows in products and 2 rows in variants for 2 ids: the same for every order_id");
  EXPECT_EQ(testing::invariant(run.verify(), "postgres.atomic").expected,
            "every order_id has as many rows in each of products and variants: all of a "
            "transaction or none");
}

TEST(Atomic, is_violated_by_half_a_transaction) {
  RunBuilder run;
  run.connect(1).commit(1).commit(2);
  run.facts.rows[0]["variants"].erase("2");
  expect_result(run, "postgres.atomic", Outcome::violated,
                "order_id 2 has 1 row in products and 0 rows in variants");
  EXPECT_FALSE(testing::invariant(run.verify(), "postgres.atomic").evidence.empty());
}

TEST(Atomic, looks_at_what_the_run_added) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.facts.rows_before[0]["products"]["9"] = run.facts.rows[0]["products"]["9"] =
      1;  // half, long ago
  expect_result(run, "postgres.atomic", Outcome::held,
                "1 more row in products and 1 row in variants for 1 ids: the same for every "
                "order_id");
  run.facts.rows[0]["products"]["9"] = 2;
  expect_result(run, "postgres.atomic", Outcome::violated,
                "order_id 9 has 1 new row in products and 0 rows in variants");
  run.facts.rows[0]["products"].erase("9");
  expect_result(run, "postgres.atomic", Outcome::violated,
                "order_id 9 has 1 deleted row in products and 0 rows in variants");
}

TEST(Atomic, is_inconclusive_without_a_tables_rows) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.facts.rows[0].erase("variants");
  expect_result(run, "postgres.atomic", Outcome::inconclusive,
                "the rows of variants could not be read");
}

TEST(AckedIsDurable, holds) {
  RunBuilder run;
  run.connect(1).commit(1).commit(2);
  expect_result(run, "postgres.acked_is_durable", Outcome::held,
                "all 2 acknowledged are committed");
}

TEST(AckedIsDurable, holds_where_nothing_was_acknowledged) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().aborted();
  expect_result(run, "postgres.acked_is_durable", Outcome::held,
                "no COMMIT was acknowledged: there is none to lose");
}

TEST(AckedIsDurable, is_violated_by_an_aborted_xid) {
  RunBuilder run;
  run.connect(1).invoke(1).request().ack().says("ok").aborted();
  run.facts.rows[0]["products"]["1"] = run.facts.rows[0]["variants"]["1"] = 1;
  expect_result(run, "postgres.acked_is_durable", Outcome::violated,
                "1 of 1 acknowledged: order 1 is aborted (xid 721)");
}

TEST(AckedIsDurable, does_not_rest_on_rows_from_before_the_run) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.facts.rows_before[0] = run.facts.rows[0];
  expect_result(run, "postgres.acked_is_durable", Outcome::held,
                "all 1 acknowledged are committed");  // says its xid
  run.without_xids();
  expect_result(run, "postgres.acked_is_durable", Outcome::inconclusive,
                "acknowledged, but its fate is not known: order 1, whose rows were there before "
                "the run");
}

TEST(AckedIsDurable, is_violated_by_a_missing_row) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.without_xids();
  run.facts.rows[0]["products"].clear();
  run.facts.rows[0]["variants"].clear();
  expect_result(run, "postgres.acked_is_durable", Outcome::violated,
                "1 of 1 acknowledged: order 1 has no row in products and variants");
}

// Deleted by a later transaction, which was acknowledged as well: nothing was lost.
TEST(AckedIsDurable, holds_where_rows_are_gone_of_a_transaction_that_is_known_to_be_committed) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.facts.rows[0]["products"].clear();
  expect_result(run, "postgres.acked_is_durable", Outcome::held,
                "all 1 acknowledged are committed");
}

TEST(AckedIsDurable, holds_where_other_work_took_the_rows_of_an_id_away) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.commit(1).invoke(1, 1, "cancel").request().ack().says("ok");
  run.without_xids();
  run.facts.rows[0]["products"].clear();
  run.facts.rows[0]["variants"].clear();
  expect_result(run, "postgres.acked_is_durable", Outcome::held,
                "all 2 acknowledged are committed");
}

TEST(AckedIsDurable, is_inconclusive_where_only_the_application_was_told) {
  RunBuilder run;
  run.connect(1).invoke(1).request().says("ok");
  run.without_xids();
  run.facts.rows[0].clear();
  expect_result(run, "postgres.acked_is_durable", Outcome::inconclusive,
                "acknowledged, but its fate is not known: order 1");
}

TEST(ExactlyOnce, holds) {
  RunBuilder run;
  run.connect(1).commit(1).invoke(2).request().close().says("info").aborted();
  run.connect(2).commit(2, 2);
  expect_result(run, "postgres.exactly_once", Outcome::held,
                "2 ids, none committed twice, every acknowledged one once");
}

TEST(ExactlyOnce, is_violated_by_two_commits_of_an_id) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").committed();
  run.connect(2).commit(1, 2);
  expect_result(run, "postgres.exactly_once", Outcome::violated, "order 1 was committed twice");
}

TEST(ExactlyOnce, is_violated_by_an_acknowledged_id_that_is_not_there) {
  RunBuilder run;
  run.connect(1).invoke(1).request().ack().says("ok").aborted();
  expect_result(run, "postgres.exactly_once", Outcome::violated,
                "order 1 was acknowledged but is not committed");
}

TEST(ExactlyOnce, leaves_an_unacknowledged_id_free_to_be_there_or_not) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").committed();
  EXPECT_EQ(testing::invariant(run.verify(), "postgres.exactly_once").outcome, Outcome::held);
}

TEST(ExactlyOnce, is_inconclusive_where_a_second_commit_is_possible) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info");
  run.connect(2).commit(1, 2);
  run.facts.rows[0].clear();
  expect_result(run, "postgres.exactly_once", Outcome::inconclusive,
                "how often it was committed is not known of order 1");
}

// The application writes so that a second attempt changes nothing: which of the two it was does not
// matter.
TEST(ExactlyOnce, holds_where_an_id_is_there_once_whichever_attempt_put_it_there) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").committed();
  run.connect(2).invoke(1, 2).request().ack().says("ok");
  run.without_xids();
  expect_result(run, "postgres.exactly_once", Outcome::held,
                "1 ids, none committed twice, every acknowledged one once");
}

TEST(ExactlyOnce, tells_works_of_one_id_apart) {
  RunBuilder run;
  run.connect(1).commit(1).invoke(1, 1, "refund").request().ack().says("ok").committed();
  expect_result(run, "postgres.exactly_once", Outcome::held,
                "2 ids, none committed twice, every acknowledged one once");
  EXPECT_EQ(tally(derive_attempts(run.facts)).duplicate, 0);
}

TEST(ExactlyOnce, does_not_count_rows_from_before_the_run) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.without_history();
  run.facts.rows_before[0]["products"]["1"] = run.facts.rows_before[0]["variants"]["1"] = 1;
  run.facts.rows[0]["products"]["1"] = run.facts.rows[0]["variants"]["1"] = 2;
  expect_result(run, "postgres.exactly_once", Outcome::held,
                "no order_id was given more than one row (1 of them, no history)");
}

TEST(ExactlyOnce, is_judged_by_rows_without_a_history) {
  RunBuilder run;
  run.connect(1).commit(1).commit(2);
  run.without_history();
  expect_result(run, "postgres.exactly_once", Outcome::held,
                "no order_id was given more than one row (2 of them, no history)");
  run.facts.rows[0]["products"]["2"] = run.facts.rows[0]["variants"]["2"] = 2;
  expect_result(run, "postgres.exactly_once", Outcome::violated,
                "order_id 2 has 2 rows in products and 2 rows in variants");
  run.facts.rows[0].clear();
  expect_result(run, "postgres.exactly_once", Outcome::inconclusive,
                "no history says which COMMIT was for which id, and no rows were read");
}

TEST(BeliefAgrees, holds) {
  RunBuilder run;
  run.connect(1).commit(1).invoke(2).request().close().says("info").aborted();
  expect_result(run, "postgres.belief_agrees", Outcome::held, "they agree about 2 attempts");
}

TEST(BeliefAgrees, holds_after_the_client_has_asked) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").committed().found_out(true);
  expect_result(run, "postgres.belief_agrees", Outcome::held,
                "they agree about 1 attempt; its client asked and learnt the truth of 1");
}

TEST(BeliefAgrees, is_violated_by_a_commit_that_nobody_was_told_of) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").committed();
  expect_result(run, "postgres.belief_agrees", Outcome::violated,
                "order 1 is committed and its client was not told (xid 721)");
}

TEST(BeliefAgrees, is_violated_by_a_ghost) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(0).close().says("info").release_request().committed();
  expect_result(run, "postgres.belief_agrees", Outcome::violated,
                "order 1 was executed after its client had gone (xid 721)");
}

TEST(BeliefAgrees, is_violated_by_a_refused_commit_taken_for_done) {
  RunBuilder run;
  run.connect(1).invoke(1).request().mismatch().says("ok").aborted();
  expect_result(run, "postgres.belief_agrees", Outcome::violated,
                "order 1 is aborted (xid 721) but its client holds it for committed");
}

TEST(BeliefAgrees, is_violated_by_a_wrong_conclusion) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).request().close().says("info").committed().found_out(false);
  expect_result(run, "postgres.belief_agrees", Outcome::violated,
                "order 1 is committed (xid 721) but its client concluded that it is not");
}

TEST(BeliefAgrees, is_inconclusive_where_the_fate_is_not_known) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info");
  run.facts.rows[0].clear();
  expect_result(run, "postgres.belief_agrees", Outcome::inconclusive,
                "not acknowledged, and its fate is not known: order 1");
}

TEST(RecoversWithin, holds) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(whole).close().committed();
  run.wait(3s).heal().wait(993ms);
  run.connect(2).commit(2);
  expect_result(run, "postgres.recovers_within", Outcome::held,
                "the first acknowledged COMMIT came 999 ms after the heal: order 2");
}

TEST(RecoversWithin, is_violated_by_a_late_recovery) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(whole).close().committed();
  run.heal().wait(60s);
  run.connect(2).commit(2);
  expect_result(run, "postgres.recovers_within", Outcome::violated,
                "the first acknowledged COMMIT came 60 s after the heal: order 2");
}

TEST(RecoversWithin, is_violated_where_no_commit_succeeds_after_the_heal) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(whole).close().committed();
  run.heal();
  run.connect(2).invoke(2).request().close().aborted();
  expect_result(run, "postgres.recovers_within", Outcome::violated,
                "no COMMIT that was sent after the heal was acknowledged");
}

TEST(RecoversWithin, is_violated_where_the_target_never_tries_again) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(whole).close().committed();
  run.heal();
  run.facts.target.exit_code = 1;
  expect_result(run, "postgres.recovers_within", Outcome::violated,
                "the target sent no COMMIT after the heal");
}

TEST(RecoversWithin, holds_where_the_target_had_recovered_before_the_heal) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(whole).close().committed();
  run.wait(2s);
  run.connect(2).commit(2);
  run.wait(10s).heal();
  expect_result(run, "postgres.recovers_within", Outcome::held,
                "it was committing again 2.01 s after the cut, 10 s before the heal, and had "
                "nothing left to do");
}

TEST(RecoversWithin, is_inconclusive_where_nothing_was_left_to_do) {
  RunBuilder run;
  run.connect(3).commit(3);  // before the cut: shows nothing
  run.connect(1).invoke(1).cut_request(whole).close().committed();
  run.heal();
  expect_result(
      run, "postgres.recovers_within", Outcome::inconclusive,
      "the target had nothing left to do after the cut: give it more work than the cut covers");
}

TEST(RecoversWithin, is_inconclusive_without_a_heal) {
  RunBuilder run;
  run.connect(1).commit(1);
  expect_result(run, "postgres.recovers_within", Outcome::inconclusive,
                "no fault fired and healed: there was nothing to recover from");
}

// The second heal is followed at once, the first was not.
TEST(RecoversWithin, is_judged_after_every_heal) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(whole).close().committed();
  run.heal().wait(100s);
  FlowBuilder flow = run.connect(2);
  flow.invoke(2).cut_request(whole).close().committed();
  run.heal();
  run.connect(3).commit(3);
  expect_result(run, "postgres.recovers_within", Outcome::violated,
                "the first acknowledged COMMIT came 100 s after the heal: order 3 (the 1st of 2 "
                "heals)");
}

TEST(RecoversWithin, does_not_judge_a_heal_that_the_next_cut_followed_too_soon) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(whole).close().committed();
  run.heal().wait(1s);
  run.connect(2).invoke(2).cut_request(whole).close().committed();
  run.heal();
  run.connect(3).commit(3);
  run.only("postgres.recovers_within");
  EXPECT_EQ(run.verify().invariants.at(0).outcome, Outcome::held);
}

TEST(RecoversWithin, holds_in_observe_mode) {
  RunBuilder run;
  run.fault().mode = CUT_OBSERVE;
  run.connect(1).commit(1);
  expect_result(run, "postgres.recovers_within", Outcome::held,
                "observe mode: nothing was cut, there was nothing to recover from");
}

TEST(NoOrphans, holds) {
  RunBuilder run;
  run.connect(1).commit(1);
  expect_result(run, "postgres.no_orphans", Outcome::held,
                "none is left, and no prepared transaction");
  EXPECT_EQ(testing::invariant(run.verify(), "postgres.no_orphans").expected,
            "no backend of a client that is gone is in a transaction or holds locks 10 s after "
            "the heal");
}

TEST(NoOrphans, is_violated_by_a_backend) {
  RunBuilder run;
  FlowBuilder flow = run.connect(4711);
  flow.invoke(1).cut_request(0).close().aborted();
  run.facts.orphans.push_back({{4711, "", "idle in transaction", "740", 1}, flow.cookie(), false});
  expect_result(run, "postgres.no_orphans", Outcome::violated,
                "backend 4711 is idle in transaction, xid 740, 1 lock, still there");
  EXPECT_FALSE(testing::invariant(run.verify(), "postgres.no_orphans").evidence.empty());
}

TEST(NoOrphans, is_violated_by_a_prepared_transaction) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.facts.prepared_transactions = {"g7"};
  expect_result(run, "postgres.no_orphans", Outcome::violated, "prepared transaction g7 is left");
}

TEST(Invariants, judge_their_own_service_only) {
  RunBuilder run;
  run.scenario.services.push_back({"other", "postgres", "host=10.0.0.1", ""});
  run.connect(1).commit(1);
  run.connect(2, 1).invoke(2).request().close().committed();
  EXPECT_EQ(testing::invariant(run.verify(), "postgres.belief_agrees").outcome, Outcome::held);
}

TEST(Invariants, unknown_name_is_inconclusive) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.scenario.expect.front().invariant = "postgres.happy";
  expect_result(run, "postgres.happy", Outcome::inconclusive,
                "this version of cutpoint cannot judge it");
}

}  // namespace
}  // namespace cutpoint
