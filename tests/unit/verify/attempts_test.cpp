// SPDX-License-Identifier: Apache-2.0
// From events, history and the observer's word to attempts.
#include <gtest/gtest.h>

#include "tests/unit/verify/run_builder.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::FlowBuilder;
using testing::RunBuilder;

constexpr std::uint32_t whole = RunBuilder::request_bytes;

TEST(Attempts, fired_and_delivered_are_one_attempt) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(whole).committed();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].id, "1");
  EXPECT_EQ(attempts[0].xid, "721");
  EXPECT_EQ(attempts[0].pid, 1);
  EXPECT_TRUE(attempts[0].delivered_ns);
  EXPECT_FALSE(attempts[0].released_ns);
}

// The flow was open before: its COMMIT is executed by a name that nobody has seen prepared.
TEST(Attempts, answer_without_a_request_on_a_joined_flow_is_an_attempt) {
  RunBuilder run;
  run.without_history();
  FlowBuilder flow = run.connect(1);
  flow.event(CUT_EVENT_FLOW_JOINED).ack();
  auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].belief, Belief::acked);
  EXPECT_EQ(attempts[0].truth, Truth::committed);
  EXPECT_FALSE(attempts[0].unrecognised) << "nothing was cut";

  flow.cut_ack().close();
  attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[1].belief, Belief::unacked);
  EXPECT_EQ(attempts[1].truth, Truth::committed);
  EXPECT_FALSE(attempts[1].evidence.empty());
  EXPECT_TRUE(attempts[1].unrecognised);
}

TEST(Attempts, answer_to_another_exchange_than_the_request_of_a_joined_flow_is_no_attempt) {
  RunBuilder run;
  run.without_history();
  run.connect(1).event(CUT_EVENT_FLOW_JOINED).exchange(4).request().exchange(5).ack();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].truth, Truth::unknown);
}

TEST(Attempts, answer_without_a_request_on_a_flow_from_its_start_is_none) {
  RunBuilder run;
  run.connect(1).ack();
  EXPECT_TRUE(derive_attempts(run.facts).empty());
}

TEST(Attempts, observed_firing_does_not_hold_the_request) {
  RunBuilder run;
  run.fault().mode = CUT_OBSERVE;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).request();
  cut_event would = *run.timeline.entries().back().event();
  would.kind = CUT_EVENT_WOULD_FIRE;
  run.timeline.add(would);
  flow.ack().says("ok").committed();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].belief, Belief::acked);
}

TEST(Attempts, held_request_is_delivered_by_the_segment_that_ends_it) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).cut_request(5);
  flow.event(CUT_EVENT_RELEASED, 1005, 1010);  // not yet the end
  const auto before_ns = run.now_ns();
  flow.event(CUT_EVENT_RELEASED, 1010, 1020);
  const auto attempts = derive_attempts(run.facts);
  ASSERT_TRUE(attempts.at(0).released_ns);
  EXPECT_GT(*attempts[0].released_ns, before_ns);
}

// Another flow's cut of the whole service: no rule was applied to this COMMIT, it just never
// arrived.
TEST(Attempts, request_into_the_silence_is_an_attempt) {
  RunBuilder run;
  run.connect(1).invoke(1).hold_request().close().aborted();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].id, "1");
  EXPECT_FALSE(attempts[0].delivered_ns);
  EXPECT_EQ(tally(attempts).aborted_unacked, 1);
}

TEST(Attempts, request_into_the_silence_that_arrives_later_is_one_attempt) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).hold_request().close();
  const auto left_ns = run.now_ns();
  run.wait(30s).heal();
  flow.deliver_request().committed();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_LT(attempts[0].requested_ns, left_ns);
  EXPECT_GT(attempts[0].released_ns, left_ns);
  EXPECT_EQ(attempts[0].released_ns, attempts[0].delivered_ns);
  EXPECT_TRUE(attempts[0].ghost);
}

// Read ahead of its time, without the error that was on its way.
TEST(Attempts, held_request_is_what_it_turns_out_to_be_once_it_passes) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.hold_request();
  cut_event delivered = *run.timeline.entries().back().event();
  delivered.kind = CUT_EVENT_MOMENT;
  delivered.moments = 1ULL << CUT_PG_ROLLBACK_REQUEST;
  run.timeline.add(delivered);
  EXPECT_TRUE(derive_attempts(run.facts).empty());
}

TEST(Attempts, sequence_numbers_wrap) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).cut_request(0);
  cut_event fired = *run.timeline.entries().back().event();
  fired.flow = 77;
  fired.begin = fired.cut = 0xfffffff8U;
  fired.end = 6;
  run.timeline.add(fired);
  cut_event released = fired;
  released.kind = CUT_EVENT_RELEASED;
  released.end = 0xfffffffcU;  // not yet the end
  released.ns += 5;
  run.timeline.add(released);
  released.begin = released.end;
  released.end = 6;
  released.ns += 5;
  run.timeline.add(released);
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[1].released_ns, static_cast<std::int64_t>(released.ns));
}

TEST(Attempts, same_sequence_number_again_is_another_message) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).request();
  cut_event wrapped = *run.timeline.entries().back().event();
  wrapped.ns += 10;
  run.timeline.add(wrapped);
  EXPECT_EQ(derive_attempts(run.facts).size(), 2U);
}

TEST(Attempts, held_ack_that_is_released_to_a_waiting_client_is_an_ack) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).request().cut_ack();
  run.wait(30s).heal();
  flow.release_ack().says("ok").committed();
  const auto attempts = derive_attempts(run.facts);
  EXPECT_EQ(attempts.at(0).belief, Belief::acked);
  EXPECT_TRUE(attempts[0].acked_ns);
}

TEST(Attempts, ack_for_a_closed_socket_is_told_to_nobody) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).request().close().ack().committed();
  const auto attempts = derive_attempts(run.facts);
  EXPECT_EQ(attempts.at(0).belief, Belief::unacked);
  EXPECT_FALSE(attempts[0].ghost);  // the request had arrived while its client was there
}

TEST(Attempts, fired_too_late_for_its_message_delivered_it) {
  RunBuilder run;
  run.fault().position = CUT_BEFORE;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).cut_request(whole).close().committed();
  EXPECT_TRUE(derive_attempts(run.facts).at(0).delivered_ns);
}

TEST(Attempts, answers_come_in_order_in_a_pipeline) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.request().request().ack().mismatch();
  run.without_history();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].truth, Truth::committed);
  EXPECT_EQ(attempts[1].truth, Truth::aborted);
  EXPECT_TRUE(attempts[1].refused);
}

TEST(Attempts, answer_of_a_rollback_is_not_that_of_a_commit) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.rollback().request().ack();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].belief, Belief::acked);
}

TEST(Attempts, rollback_without_an_answer_takes_no_commits) {
  RunBuilder run;
  run.connect(1).rollback_request().request().ack();
  EXPECT_EQ(derive_attempts(run.facts).at(0).belief, Belief::acked);
}

TEST(Attempts, error_of_an_earlier_statement_answers_no_commit) {
  RunBuilder run;
  run.connect(1).answer(CUT_PG_ERROR).request().ack();
  EXPECT_EQ(derive_attempts(run.facts).at(0).truth, Truth::committed);
}

// In a pipeline the COMMIT has left before the error of an earlier request comes back.
TEST(Attempts, error_of_another_exchange_answers_no_commit) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.exchange(5).request();
  flow.exchange(4).answer(CUT_PG_ERROR);
  flow.exchange(5).ack();
  const Attempt attempt = derive_attempts(run.facts).at(0);
  EXPECT_FALSE(attempt.refused);
  EXPECT_EQ(attempt.belief, Belief::acked);
  EXPECT_EQ(attempt.truth, Truth::committed);
}

TEST(Attempts, error_ends_every_commit_of_its_exchange_and_none_of_the_next) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.exchange(2).request().request();
  flow.exchange(3).request();
  flow.exchange(2).answer(CUT_PG_ERROR);
  flow.exchange(3).ack();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 3U);
  EXPECT_TRUE(attempts[0].refused && attempts[1].refused);
  EXPECT_EQ(attempts[2].belief, Belief::acked);
}

// Its answer was lost on the way: the next exchange's is not taken for it.
TEST(Attempts, answer_of_a_later_exchange_answers_no_earlier_commit) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.exchange(2).request();
  flow.exchange(3).request().ack();
  const auto attempts = derive_attempts(run.facts);
  EXPECT_EQ(attempts.at(0).belief, Belief::unacked);
  EXPECT_EQ(attempts.at(1).belief, Belief::acked);
}

TEST(Attempts, error_answers_a_commit_that_is_open) {
  RunBuilder run;
  run.connect(1).request().answer(CUT_PG_ERROR);
  const Attempt attempt = derive_attempts(run.facts).at(0);
  EXPECT_TRUE(attempt.refused);
  EXPECT_EQ(attempt.truth, Truth::aborted);
  EXPECT_EQ(attempt.belief, Belief::unacked);
}

TEST(Attempts, applications_own_word_is_its_belief) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).request().mismatch().says("ok").aborted();  // ignores the command tag
  flow.invoke(2).request().ack().says("info").committed();   // gave up as the answer came in
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].belief, Belief::acked);
  EXPECT_EQ(tally(attempts).aborted_acked, 1);
  EXPECT_EQ(attempts[1].belief, Belief::unacked);
}

TEST(Attempts, one_pid_on_two_connections_joins_by_time) {
  RunBuilder run;
  FlowBuilder first = run.connect(1);
  first.commit(1).invoke(2).close();  // its COMMIT never left
  FlowBuilder second = run.connect(1);
  second.commit(3);
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].id, "1");
  EXPECT_EQ(attempts[1].id, "3");
}

// A statement failed, the application rolled back: its COMMIT never was. The next order's is its
// own.
TEST(Attempts, order_that_failed_before_its_commit_takes_no_other_orders) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).answer(CUT_PG_ERROR).rollback().says("fail");
  flow.commit(2);
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].id, "2");
  EXPECT_EQ(attempts[0].belief, Belief::acked);
}

TEST(Attempts, history_without_times_joins_by_count) {
  RunBuilder run;
  run.connect(1).commit(1).close();
  run.connect(1).commit(2);
  for (auto& record : run.facts.history) record.ns = 0;
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].id, "1");
  EXPECT_EQ(attempts[1].id, "2");
}

TEST(Attempts, unnumbered_retries_are_told_apart) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").committed();
  run.connect(2).invoke(1).request().ack().says("ok").committed();
  const auto attempts = derive_attempts(run.facts);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].belief, Belief::unacked);
  EXPECT_EQ(attempts[1].belief, Belief::acked);
}

TEST(Attempts, only_postgres_services_have_them) {
  RunBuilder run;
  run.scenario.services.push_back({"web", "http", "", "127.0.0.1:80"});
  run.connect(1, 1).request();
  EXPECT_TRUE(derive_attempts(run.facts).empty());
}

}  // namespace
}  // namespace cutpoint
