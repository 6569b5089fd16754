// SPDX-License-Identifier: Apache-2.0
// What the database holds of an attempt, and from which word it is known.
#include <gtest/gtest.h>

#include "tests/unit/verify/run_builder.h"

namespace cutpoint {
namespace {

using probes::XactStatus;
constexpr std::uint32_t whole = testing::RunBuilder::request_bytes;

using testing::FlowBuilder;
using testing::RunBuilder;

TEST(Truth, fate_of_the_xid_outweighs_the_answer) {
  RunBuilder run;
  run.connect(1).invoke(1).request().ack().says("ok").aborted();
  EXPECT_EQ(tally(derive_attempts(run.facts)).aborted_acked, 1);
}

TEST(Truth, without_xid_an_acknowledgement_is_the_servers_word) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.without_xids().without_history();
  EXPECT_EQ(tally(derive_attempts(run.facts)).committed_acked, 1);
}

TEST(Truth, answer_that_no_client_could_hear_is_the_servers_word_too) {
  RunBuilder run;
  run.connect(1).request().close().ack();
  run.without_history();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].truth, Truth::committed);
  EXPECT_EQ(attempts[0].belief, Belief::unacked);
  EXPECT_FALSE(attempts[0].acked_ns);
}

TEST(Truth, unheard_rollback_answers_its_own_commit) {
  RunBuilder run;
  run.connect(1).request().request().close().answer(CUT_PG_ROLLBACK_ACK).ack();
  run.without_history();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].truth, Truth::unknown);
  EXPECT_EQ(attempts[1].truth, Truth::committed);
}

TEST(Truth, unheard_error_says_nothing_of_a_commit) {
  RunBuilder run;
  run.connect(1).request().close().answer(CUT_PG_ERROR);
  run.without_history();
  EXPECT_EQ(derive_attempts(run.facts).at(0).truth, Truth::unknown);
}

TEST(Truth, in_progress_is_no_verdict) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().fate(XactStatus::in_progress);
  EXPECT_EQ(derive_attempts(run.facts).at(0).truth, Truth::unknown);
}

TEST(Truth, xid_of_the_observer_serves_where_the_history_has_none) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.request().ack().cut_request(0);
  flow.seen("900", XactStatus::aborted).close();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].xid, "");
  EXPECT_EQ(attempts[1].xid, "900");
  EXPECT_EQ(attempts[1].truth, Truth::aborted);
}

TEST(Truth, observed_xid_of_a_transaction_that_was_rolled_back_is_no_later_commits) {
  RunBuilder run;
  FlowBuilder bystander = run.connect(1);
  run.connect(2).cut_request(0).close();
  bystander.seen("900", XactStatus::aborted);
  run.heal();
  bystander.rollback().request().ack();
  const auto attempts = derive_attempts(run.facts);
  EXPECT_EQ(attempts.at(1).xid, "");
  EXPECT_EQ(attempts.at(1).truth, Truth::committed);
}

TEST(Truth, each_cut_of_one_flow_has_the_xid_that_was_seen_at_it) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.cut_request(0).seen("900", XactStatus::committed).release_request().close();
  FlowBuilder other = run.connect(2);
  other.cut_request(0).seen("901", XactStatus::committed).release_request().ack();
  other.cut_request(0).seen("902", XactStatus::aborted).close();
  const auto attempts = derive_attempts(run.facts);
  EXPECT_EQ(attempts.at(0).xid, "900");
  EXPECT_EQ(attempts.at(1).xid, "901");
  EXPECT_EQ(attempts.at(2).xid, "902");
  EXPECT_EQ(attempts.at(2).truth, Truth::aborted);
}

// In a pipeline the backend may have gone on to the transaction behind the one that is unanswered.
TEST(Truth, observed_xid_of_a_pipeline_may_be_of_a_later_transaction) {
  RunBuilder run;
  run.connect(1).request().cut_request(0).seen("900", XactStatus::aborted).close();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].xid, "");
  EXPECT_EQ(attempts[1].xid, "");
}

TEST(Truth, observed_xid_of_a_pipeline_is_of_the_first_that_was_held) {
  RunBuilder run;
  run.connect(1).hold_request().hold_request().seen("900", XactStatus::aborted).close();
  const auto attempts = derive_attempts(run.facts);
  EXPECT_EQ(attempts.at(0).xid, "900");
  EXPECT_EQ(attempts.at(1).xid, "");
}

TEST(Truth, rows_decide_a_single_attempt) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").committed();
  run.connect(2).invoke(2).request().close().says("info");
  run.without_xids();
  const auto attempts = derive_attempts(run.facts);
  EXPECT_EQ(attempts.at(0).truth, Truth::committed);
  EXPECT_EQ(attempts.at(1).truth, Truth::aborted);
}

// The later one may have found its row there, and added none.
TEST(Truth, rows_that_another_attempt_accounts_for_do_not_make_this_one_aborted) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info");
  run.connect(2).commit(1, 2);
  run.without_xids();
  const auto attempts = derive_attempts(run.facts);
  EXPECT_EQ(attempts.at(0).truth, Truth::unknown);
  EXPECT_EQ(attempts.at(1).truth, Truth::committed);
}

TEST(Truth, commit_that_can_not_arrive_any_more_is_aborted) {
  RunBuilder run;
  run.connect(1).cut_request(0).close().socket_gone();
  run.connect(2).cut_request(0).close();
  const auto attempts = derive_attempts(run.facts);
  EXPECT_EQ(attempts.at(0).truth, Truth::aborted);
  EXPECT_EQ(attempts.at(1).truth, Truth::unknown) << "its kernel may still deliver it";
}

TEST(Truth, commit_of_a_flow_that_was_lost_sight_of_may_have_arrived) {
  RunBuilder run;
  run.connect(1).cut_request(0).event(CUT_EVENT_FLOW_DESYNC).close().socket_gone();
  EXPECT_EQ(derive_attempts(run.facts).at(0).truth, Truth::unknown);
}

// Two fresh database systems number their transactions alike.
TEST(Truth, xid_means_the_transaction_of_its_own_service) {
  RunBuilder run;
  run.scenario.services.push_back({"db2", "postgres", "host=127.0.0.2", ""});
  run.connect(1, 0).invoke(1).request().close().committed();
  run.facts.xact_status[{1, "721"}] = XactStatus::aborted;
  EXPECT_EQ(derive_attempts(run.facts).at(0).truth, Truth::committed);
}

TEST(Truth, rows_mean_those_of_its_own_service) {
  RunBuilder run;
  run.scenario.services.push_back({"db2", "postgres", "host=127.0.0.2", ""});
  run.connect(1, 0).invoke(1).request().close().says("info");
  run.without_xids();
  run.facts.rows[1] = {{"products", {{"1", 1}}}, {"variants", {{"1", 1}}}};
  EXPECT_EQ(derive_attempts(run.facts).at(0).truth, Truth::aborted);
}

TEST(Truth, servers_answer_outweighs_an_xid_that_was_only_seen) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.cut_request(0).seen("900", XactStatus::aborted);
  run.heal();
  flow.release_request().ack();
  EXPECT_EQ(derive_attempts(run.facts).at(0).truth, Truth::committed);
}

// Between the question and its answer the backend went on to the next transaction.
TEST(Truth, xid_seen_while_its_commit_was_answered_is_nobodys) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.cut_request(whole);
  const std::int64_t asked_ns = run.now_ns();
  flow.ack();
  run.facts.seen_xids.push_back({flow.cookie(), "900", asked_ns, run.now_ns()});
  EXPECT_EQ(derive_attempts(run.facts).at(0).xid, "");
}

// The application takes COMMIT's answer ROLLBACK for success; no COMMIT was asked for on the wire.
TEST(Truth, work_that_only_its_application_knows_of_is_an_attempt) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).answer(CUT_PG_ERROR).rollback().says("ok");
  flow.commit(2);
  run.without_xids();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(tally(attempts).aborted_acked, 1);
  EXPECT_EQ(tally(attempts).committed_acked, 1);
}

TEST(Truth, rows_of_two_attempts_may_leave_it_open) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").committed();
  run.connect(2).invoke(1, 2).request().close().says("info");
  run.without_xids();
  EXPECT_EQ(tally(derive_attempts(run.facts)).unknown, 2);
}

TEST(Truth, rows_from_before_the_run_prove_nothing) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info");
  run.connect(2).invoke(2).request().close().says("info");
  run.without_xids();
  for (auto* rows : {&run.facts.rows[0], &run.facts.rows_before[0]}) {
    (*rows)["products"]["1"] = (*rows)["variants"]["1"] = 1;
    (*rows)["products"]["2"] = (*rows)["variants"]["2"] = 1;
  }
  run.facts.rows[0]["products"]["2"] = run.facts.rows[0]["variants"]["2"] = 2;
  const auto attempts = derive_attempts(run.facts);
  EXPECT_EQ(attempts.at(0).truth, Truth::unknown);  // an update would have left as many
  EXPECT_EQ(attempts.at(1).truth, Truth::committed);
}

TEST(Truth, deleted_rows_prove_nothing) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info");
  run.without_xids();
  run.facts.rows_before[0]["products"]["1"] = 1;
  EXPECT_EQ(derive_attempts(run.facts).at(0).truth, Truth::unknown);
}

TEST(Truth, rows_of_an_id_that_two_works_share_prove_nothing) {
  RunBuilder run;
  run.connect(1).invoke(1, 1, "order").request().ack().says("ok").committed();
  run.connect(2).invoke(1, 1, "refund").request().close().says("info");
  run.without_xids();
  EXPECT_EQ(derive_attempts(run.facts).at(1).truth, Truth::unknown);
}

TEST(Truth, uncollected_rows_decide_nothing) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info");
  run.without_xids();
  run.facts.rows[0].erase("variants");
  EXPECT_EQ(derive_attempts(run.facts).at(0).truth, Truth::unknown);
}

TEST(Truth, absent_rows_decide_nothing_while_the_backend_is_there) {
  RunBuilder run;
  FlowBuilder flow = run.connect(7);
  flow.invoke(1).cut_request(0).close().says("info");
  run.without_xids();
  run.facts.orphans.push_back({{7, "", "idle in transaction", "9", 1}, flow.cookie(), false});
  EXPECT_EQ(derive_attempts(run.facts).at(0).truth, Truth::unknown);
}

TEST(Truth, wrong_conclusion_of_the_client_resolves_nothing) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").committed().found_out(false);
  const Attempt attempt = derive_attempts(run.facts).at(0);
  EXPECT_FALSE(attempt.resolved);
  ASSERT_TRUE(attempt.resolved_as);
  EXPECT_FALSE(*attempt.resolved_as);
}

}  // namespace
}  // namespace cutpoint
