// SPDX-License-Identifier: Apache-2.0
// The truth depends on where the cut is, on what the client does, and on what the heal does with
// held bytes: each combination, as the kernel, the client and PostgreSQL go through it.
#include <gtest/gtest.h>

#include "tests/unit/verify/run_builder.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::FlowBuilder;
using testing::RunBuilder;
using Names = std::vector<std::string>;

constexpr std::uint32_t whole = RunBuilder::request_bytes;

Names violated(const Verdict& verdict) {
  return testing::invariants_that_are(Outcome::violated, verdict);
}

void expect_exit(const Verdict& verdict, ExitCode code) {
  EXPECT_EQ(verdict.exit_code, code);
  EXPECT_EQ(testing::invariants_that_are(Outcome::inconclusive, verdict), Names{});
  EXPECT_EQ(verdict.findings.size(), violated(verdict).size());
  EXPECT_EQ(verdict.inconclusive_because, Names{});
}

void expect_counts(const BeliefVsTruth& counts, const BeliefVsTruth& wanted) {
  EXPECT_EQ(counts.committed_acked, wanted.committed_acked);
  EXPECT_EQ(counts.committed_unacked, wanted.committed_unacked);
  EXPECT_EQ(counts.ghost, wanted.ghost);
  EXPECT_EQ(counts.resolved, wanted.resolved);
  EXPECT_EQ(counts.duplicate, wanted.duplicate);
  EXPECT_EQ(counts.aborted_unacked, wanted.aborted_unacked);
  EXPECT_EQ(counts.aborted_acked, wanted.aborted_acked);
  EXPECT_EQ(counts.unknown, wanted.unknown);
}

TEST(Table, row_1_cut_before_request_and_the_client_waits) {
  RunBuilder run;
  run.fault().position = CUT_BEFORE;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(0);
  run.wait(30s).heal().wait(23s);
  flow.release_request().ack().says("ok").committed();
  for (int id = 21; id <= 50; ++id) flow.commit(id);

  const Verdict verdict = run.verify();
  expect_counts(verdict.belief_vs_truth, {.committed_acked = 50});
  EXPECT_EQ(violated(verdict), Names{});
  expect_exit(verdict, ExitCode::held);
  EXPECT_EQ(verdict.outcome, Outcome::held);
  const Attempt& late = verdict.attempts[19];
  ASSERT_TRUE(late.acked_ns);
  EXPECT_GE(*late.acked_ns - late.requested_ns, std::chrono::nanoseconds(53s).count());
}

TEST(Table, row_2_cut_before_request_the_client_closes_and_the_bytes_are_released) {
  RunBuilder run;
  run.fault().position = CUT_BEFORE;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(0);
  run.wait(10s);
  flow.close().says("info");
  run.wait(20s).heal().wait(23s);
  flow.release_request().committed().socket_gone();
  testing::remaining_orders(run);

  const Verdict verdict = run.verify();
  expect_counts(verdict.belief_vs_truth,
                {.committed_acked = 49, .committed_unacked = 1, .ghost = 1});
  EXPECT_EQ(violated(verdict), Names{"postgres.belief_agrees"});
  expect_exit(verdict, ExitCode::violated);
}

TEST(Table, row_2_the_released_bytes_have_no_socket_any_more) {
  RunBuilder run;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(0);
  flow.close().says("info").socket_gone();
  run.heal();
  flow.release_request().committed();
  testing::remaining_orders(run);
  EXPECT_EQ(run.verify().belief_vs_truth.ghost, 1);
}

TEST(Table, row_3_cut_before_request_the_client_closes_and_the_heal_resets) {
  RunBuilder run;
  run.fault().position = CUT_BEFORE;
  run.fault().heal = CUT_HEAL_RESET;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(0);
  run.wait(10s);
  flow.close().says("info");
  run.wait(20s);
  flow.event(CUT_EVENT_RESET_RECEIVED).event(CUT_EVENT_RESET_RECEIVED_PEER).aborted();
  run.heal();
  testing::remaining_orders(run);

  const Verdict verdict = run.verify();
  expect_counts(verdict.belief_vs_truth, {.committed_acked = 49, .aborted_unacked = 1});
  EXPECT_EQ(violated(verdict), Names{});
  expect_exit(verdict, ExitCode::held);
}

TEST(Table, row_4_the_clients_kernel_gives_up_and_leaves_an_orphan_backend) {
  RunBuilder run;
  run.fault().position = CUT_BEFORE;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(0);
  run.wait(10s);
  flow.event(CUT_EVENT_FLOW_STATE, 1, 7).says("info").socket_gone();
  run.wait(20s).heal();
  testing::remaining_orders(run);
  run.facts.orphans.push_back(
      {{4711, "2024-01-01", "idle in transaction", "740", 4}, flow.cookie(), true});
  flow.aborted();

  const Verdict verdict = run.verify();
  expect_counts(verdict.belief_vs_truth, {.committed_acked = 49, .aborted_unacked = 1});
  EXPECT_EQ(violated(verdict), Names{"postgres.no_orphans"});
  expect_exit(verdict, ExitCode::violated);
}

TEST(Table, row_5_cut_after_request_and_the_client_gives_up) {
  RunBuilder run;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(whole).committed();
  run.wait(10s);
  flow.close().says("info");
  run.wait(20s).heal();
  testing::remaining_orders(run);

  const Verdict verdict = run.verify();
  expect_counts(verdict.belief_vs_truth, {.committed_acked = 49, .committed_unacked = 1});
  EXPECT_EQ(violated(verdict), Names{"postgres.belief_agrees"});
  expect_exit(verdict, ExitCode::violated);
}

TEST(Table, row_6_cut_after_request_and_a_blind_retry) {
  RunBuilder run;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(whole).committed();
  run.wait(10s);
  flow.close().says("info");
  run.wait(20s).heal();
  FlowBuilder retry = run.connect(4712);
  retry.commit(20, 2).close();
  testing::remaining_orders(run);

  const Verdict verdict = run.verify();
  expect_counts(verdict.belief_vs_truth,
                {.committed_acked = 50, .committed_unacked = 1, .duplicate = 1});
  EXPECT_EQ(verdict.attempts.size(), 51U);
  EXPECT_EQ(violated(verdict), (Names{"postgres.exactly_once", "postgres.belief_agrees"}));
  EXPECT_EQ(testing::invariant(verdict, "postgres.atomic").outcome, Outcome::held);
  expect_exit(verdict, ExitCode::violated);
}

TEST(Table, row_7_cut_before_ack) {
  RunBuilder run;
  run.fault().moment = "commit.ack";
  run.fault().moment_bit = CUT_PG_COMMIT_ACK;
  run.fault().moment_direction = CUT_DOWNSTREAM;
  run.fault().position = CUT_BEFORE;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.request().committed().cut_ack();
  run.wait(10s);
  flow.close().says("info");
  run.wait(20s).heal();
  flow.release_ack();
  testing::remaining_orders(run);

  const Verdict verdict = run.verify();
  expect_counts(verdict.belief_vs_truth, {.committed_acked = 49, .committed_unacked = 1});
  EXPECT_EQ(violated(verdict), Names{"postgres.belief_agrees"});
  expect_exit(verdict, ExitCode::violated);
}

TEST(Table, row_8_cut_inside_request_and_the_heal_resets) {
  RunBuilder run;
  run.fault().position = CUT_BYTE;
  run.fault().byte = 5;
  run.fault().heal = CUT_HEAL_RESET;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(5);
  run.wait(10s);
  flow.close().says("info");
  run.wait(20s);
  flow.event(CUT_EVENT_RESET_RECEIVED).aborted();
  run.heal();
  testing::remaining_orders(run);

  const Verdict verdict = run.verify();
  expect_counts(verdict.belief_vs_truth, {.committed_acked = 49, .aborted_unacked = 1});
  EXPECT_EQ(violated(verdict), Names{});
  expect_exit(verdict, ExitCode::held);
}

TEST(Table, row_9_the_client_asks_for_the_outcome) {
  RunBuilder run;
  FlowBuilder flow = testing::orders_up_to_the_cut(run);
  flow.cut_request(whole).committed();
  run.wait(10s);
  flow.close().says("info");
  run.wait(20s).heal();
  flow.found_out(true);
  testing::remaining_orders(run);

  const Verdict verdict = run.verify();
  expect_counts(verdict.belief_vs_truth,
                {.committed_acked = 49, .committed_unacked = 1, .resolved = 1});
  EXPECT_EQ(violated(verdict), Names{});
  expect_exit(verdict, ExitCode::held);
  EXPECT_EQ(verdict.outcome, Outcome::held);
}

}  // namespace
}  // namespace cutpoint
