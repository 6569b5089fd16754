// SPDX-License-Identifier: Apache-2.0
// The invariants on the wire alone, as tables: what happened, and what is concluded from it.
#include <functional>
#include <gtest/gtest.h>

#include "tests/unit/verify/traffic_builder.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::ns;
using testing::TrafficBuilder;

struct Row {
  const char* name;
  std::function<void(TrafficBuilder&)> happens;
  Outcome outcome;
  std::string says;  // part of what was observed
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

std::string row_name(const ::testing::TestParamInfo<Row>& info) {
  return info.param.name;
}

void expect_row(TrafficBuilder& run, const Row& row, const std::string& invariant) {
  row.happens(run);
  const InvariantResult result = run.judge(invariant);
  EXPECT_EQ(result.outcome, row.outcome) << result.observed;
  EXPECT_NE(result.observed.find(row.says), std::string::npos) << result.observed;
}

// http.bounded_wait, 12 s.

class BoundedWait : public ::testing::TestWithParam<Row> {};

TEST_P(BoundedWait, IsJudged) {
  TrafficBuilder run;
  run.expect("http.bounded_wait").within = 12s;
  expect_row(run, GetParam(), "http.bounded_wait");
}

const std::vector<Row> waits{
    {"answered_in_time",
     [](TrafficBuilder& run) {
       run.answered(0);
       run.fire(1, 5);
       run.answered(6, 11.9);
       run.end(30);
     },
     Outcome::held, "the longest wait was 11.9 s; of 3 requests half were over within 1 s"},
    {"given_up_in_time",
     [](TrafficBuilder& run) {
       run.fire(1, 50);
       run.given_up(2, 12);
       run.end(60);
     },
     Outcome::held, "the longest wait was 12 s"},
    {"given_up_late",
     [](TrafficBuilder& run) {
       run.fire(1, 50);
       run.given_up(2, 30);
       run.answered(3);
       run.end(60);
     },
     Outcome::violated,
     "1 of 3 requests waited longer: half were over within 1 s, 99 % within 30 s; the longest was "
     "the 1st request on 127.0.0.1:40002 -> 127.0.0.1:443 after 30 s, given up by its client"},
    {"slow_drip",
     [](TrafficBuilder& run) {
       run.fire(1, 50);
       const auto flow = run.open(2);
       run.request(flow, 2);
       run.head(flow, 3);
       run.close(flow, 20);
       run.end(60);
     },
     Outcome::violated, "after 18 s, given up by its client"},
    {"ended_by_the_service",
     [](TrafficBuilder& run) {
       run.fire(1, 50);
       const auto flow = run.open(2);
       run.request(flow, 2);
       run.closed_by_service(flow, 20);
       run.close(flow, 40);
       run.end(60);
     },
     Outcome::violated, "after 18 s, ended by the service without an answer"},
    {"open_at_the_end",
     [](TrafficBuilder& run) {
       run.fire(1, 3);
       const auto flow = run.open(2);
       run.request(flow, 2);
       run.end(10);
     },
     Outcome::inconclusive, "1 request had no answer yet when the run ended"},
    {"open_at_the_end_and_late_already",
     [](TrafficBuilder& run) {
       run.fire(1, 3);
       const auto flow = run.open(2);
       run.request(flow, 2);
       run.end(20);
     },
     Outcome::violated, "after 18 s, without an answer at the end of the run"},
    {"connection_that_carried_nothing",
     [](TrafficBuilder& run) {
       run.fire(1, 50);
       run.close(run.open(2), 22);
       run.end(60);
     },
     Outcome::violated, "1 of 1 request and 1 connection without one waited longer"},
    {"idle_connection_without_a_fault",
     [](TrafficBuilder& run) {
       run.fire(1, 3);
       run.close(run.open(10), 59);
       run.end(60);
     },
     Outcome::held, "of 1 request "},
    {"streams_of_one_connection",
     [](TrafficBuilder& run) {
       run.fire(1, 50);
       const auto flow = run.open(2);
       run.request(flow, 2, 1);
       run.request(flow, 3, 3);
       run.answer(flow, 4, 3);
       run.answer(flow, 5, 1);
       run.end(60);
     },
     Outcome::held, "the longest wait was 3 s; of 3 requests"},
    {"a_stream_may_have_been_given_up_before",
     [](TrafficBuilder& run) {
       run.fire(1, 50);
       const auto flow = run.open(2);
       run.request(flow, 2, 1);
       run.close(flow, 40);
       run.end(60);
     },
     Outcome::inconclusive, "1 of 2 requests had no answer for longer, all on streams of HTTP/2"},
    {"an_answer_that_ends_with_its_connection",
     [](TrafficBuilder& run) {
       run.fire(1, 50);
       const auto flow = run.open(2);
       run.request(flow, 2);
       run.head(flow, 3);
       run.closed_by_service(flow, 20);
       run.end(60);
     },
     Outcome::violated, "after 18 s, answered 200"},
    {"keep_alive_in_order",
     [](TrafficBuilder& run) {
       run.fire(1, 5);
       const auto flow = run.open(10);
       for (int i = 0; i < 5; ++i) {
         run.request(flow, 10 + i * 10);
         run.answer(flow, 11 + i * 10);
       }
       run.end(60);
     },
     Outcome::held, "of 6 requests"},
    {"an_interim_answer_is_none",
     [](TrafficBuilder& run) {
       run.fire(1, 5);
       const auto flow = run.open(10);
       run.request(flow, 10);
       run.answer(flow, 11, 0, 103);
       run.answer(flow, 30, 0, 200);
       run.end(60);
     },
     Outcome::violated, "after 20 s, answered 200"},
    {"nothing_fired", [](TrafficBuilder& run) { run.answered(1); }, Outcome::inconclusive,
     "no fault on llm fired"},
    {"no_request", [](TrafficBuilder& run) { run.end(1); }, Outcome::inconclusive,
     "no request was seen on llm"},
    {"desynchronised",
     [](TrafficBuilder& run) {
       run.fire(1, 5);
       const auto flow = run.open(6);
       run.request(flow, 6);
       run.event(flow, 7, CUT_EVENT_FLOW_DESYNC);
       run.close(flow, 8);
       run.end(60);
     },
     Outcome::inconclusive, "not all of it is known (1 connection could not be read to the end)"},
    {"joined_in_the_midst",
     [](TrafficBuilder& run) {
       run.fire(1, 5);
       run.event(99, 2, CUT_EVENT_FLOW_JOINED, 0);
       run.end(60);
     },
     Outcome::inconclusive, "1 connection could not be read to the end"},
    {"joined_at_rest",
     [](TrafficBuilder& run) {
       run.fire(1, 5);
       run.event(99, 2, CUT_EVENT_FLOW_JOINED, 1);
       run.request(99, 3);
       run.answer(99, 4);
       run.end(60);
     },
     Outcome::held, "of 2 requests"},
    {"events_lost",
     [](TrafficBuilder& run) {
       run.fire(1, 50);
       run.given_up(2, 30);
       run.facts.events_lost = 7;
       run.end(60);
     },
     Outcome::inconclusive, "7 events lost"},
    {"another_service_is_not_looked_at",
     [](TrafficBuilder& run) {
       run.scenario.services.push_back({"db", "postgres", "host=h", ""});
       run.fire(1, 5);
       run.open(6, 1);
       run.end(60);
     },
     Outcome::held, "of 1 request "},
};

INSTANTIATE_TEST_SUITE_P(Rows, BoundedWait, ::testing::ValuesIn(waits), row_name);

TEST(BoundedWaitEvidence, PointsAtTheWorstRequest) {
  TrafficBuilder run;
  run.expect("http.bounded_wait").within = 12s;
  run.fire(1, 50);
  run.given_up(2, 30);
  const auto result = run.judge("http.bounded_wait");
  ASSERT_EQ(result.evidence.size(), 2U);
  for (const std::uint64_t number : result.evidence) {
    EXPECT_EQ(run.timeline.entries()[number - 1].event()->flow, 2U);
  }
}

// An answer that a cut holds has not arrived.
TEST(BoundedWaitEvidence, TakesNoHeldAnswerForOne) {
  TrafficBuilder run;
  run.expect("http.bounded_wait").within = 12s;
  run.fire(1, 50);
  const auto flow = run.open(2);
  run.request(flow, 2);
  cut_event held{};
  held.kind = CUT_EVENT_HELD;
  held.direction = CUT_DOWNSTREAM;
  held.flow = flow;
  held.ns = static_cast<std::uint64_t>(ns(3));
  held.moments = 1ULL << http_words()->response_end;
  held.begin = 1;
  held.end = 9;
  held.rule = CUT_NO_RULE;
  run.timeline.add(held);
  run.close(flow, 20);
  run.end(60);
  EXPECT_EQ(run.judge("http.bounded_wait").outcome, Outcome::violated);
}

// http.breaker_opens_within: 2 failures, 1 s, reset 30 s, 1 probe. The fault is on from 10 to 130.

class BreakerOpens : public ::testing::TestWithParam<Row> {};

TEST_P(BreakerOpens, IsJudged) {
  TrafficBuilder run;
  Expectation& expectation = run.expect("http.breaker_opens_within");
  expectation.failures = 2;
  expectation.time = 1s;
  expectation.reset = 30s;
  expect_row(run, GetParam(), "http.breaker_opens_within");
}

// Two requests per second that are answered, then two that are given up after 10 s.
void up_to_the_failures(TrafficBuilder& run) {
  run.answered_every(0.5, 0, 10);
  run.fire(10, 130);  // given up after 1 s: the first failure
  run.given_up(10.2, 10);
}

const std::vector<Row> breakers{
    {"opens_and_closes",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.answered_every(0.5, 131, 140);
       run.end(150);
     },
     Outcome::held,
     "it opened 0 s after the 2nd failure in a row, 10.2 s into the fault; no probe was sent; it "
     "closed by 1.1 s after the heal"},
    {"probes_once_per_reset",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.given_up(50.2, 10);
       run.given_up(91, 10);
       run.answered_every(0.5, 131, 140);
       run.end(150);
     },
     Outcome::held, "2 probes sent"},
    {"a_patience_that_passes_for_a_breaker",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 130);
       run.given_up(10.2, 30);
       run.given_up(40.2, 30);
       run.given_up(70.2, 30);
       run.answered(131);
       run.end(150);
     },
     Outcome::inconclusive, "Choose a `reset` above its patience"},
    {"a_probe_a_little_early",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.given_up(49.9, 10);
       run.answered(131);
       run.end(150);
     },
     Outcome::held, "1 probe sent"},
    {"a_probe_much_too_early",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.given_up(40, 10);
       run.answered(131);
       run.end(150);
     },
     Outcome::violated, "it opened 19.8 s after the 2nd failure in a row"},
    {"two_probes_at_once",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.given_up(51, 10);
       run.given_up(51.1, 10);
       run.answered(131);
       run.end(150);
     },
     Outcome::violated, "until then 1 request left that should not; 1 probe sent"},
    {"in_flight_does_not_count",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       for (int i = 0; i < 98; ++i) run.given_up(10.3 + i * 0.001, 15);
       run.answered(131);
       run.end(150);
     },
     Outcome::held, "it opened 0 s after the 2nd failure in a row"},
    {"sent_in_the_time_allowed",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.given_up(21, 10);
       run.answered(131);
       run.end(150);
     },
     Outcome::held, "it opened 800 ms after the 2nd failure in a row"},
    {"opens_late",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.given_up(25, 10);
       run.given_up(30, 10);
       run.answered(131);
       run.end(150);
     },
     Outcome::violated,
     "it opened 9.8 s after the 2nd failure in a row, 10.2 s into the fault: until then 2 requests "
     "left that should not; no probe was sent"},
    {"never_opens",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       for (int i = 0; i < 10; ++i) run.given_up(22 + i * 10, 9);
       run.answered(131);
       run.end(150);
     },
     Outcome::violated, "it never opened: "},
    {"never_opens_for_connections_either",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       for (int i = 0; i < 10; ++i) run.close(run.open(22 + i * 10), 31 + i * 10);
       run.answered(131);
       run.end(150);
     },
     Outcome::violated, "connections without a request left after it should have"},
    {"a_success_between_sets_the_count_back",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 130);
       run.answered(11.5);
       run.given_up(12, 10);
       run.answered(131);
       run.end(150);
     },
     Outcome::inconclusive, "there were never 2 failures in a row while the fault was on (120 s)"},
    {"answers_of_5xx_are_failures",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 130);
       run.answered(11.5, 0.1, 503);
       run.answered(131);
       run.end(150);
     },
     Outcome::held, "1.6 s into the fault"},
    {"never_closes",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.given_up(140, 10);
       run.given_up(170, 10);
       run.end(200);
     },
     Outcome::violated, "it never closed: of 2 requests sent after the heal none succeeded"},
    {"sends_nothing_after_the_heal",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.end(200);
     },
     Outcome::inconclusive, "an open breaker cannot be told from a target that has nothing left"},
    {"ends_too_soon_after_the_heal",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.given_up(131, 5);
       run.end(140);
     },
     Outcome::inconclusive, "nothing succeeded in the 10 s that the run lasted after the heal"},
    {"healed_too_soon",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 20.5);
       run.given_up(10.2, 10);
       run.answered_every(0.5, 21, 30);
       run.end(60);
     },
     Outcome::inconclusive, "the fault was over 300 ms after the 2nd failure in a row"},
    {"no_usual_pace",
     [](TrafficBuilder& run) {
       run.fire(10, 130);
       run.given_up(10.2, 10);
       run.end(200);
     },
     Outcome::inconclusive, "at the target's usual pace no request was due by then"},
    {"not_enough_failures",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 130);
       run.end(150);
     },
     Outcome::inconclusive, "there were never 2 failures in a row"},
    {"nothing_fired", [](TrafficBuilder& run) { run.answered(1); }, Outcome::inconclusive,
     "no fault on llm fired"},
    {"observe_mode",
     [](TrafficBuilder& run) {
       run.scenario.faults[0].mode = CUT_OBSERVE;
       run.answered(1);
     },
     Outcome::held, "nothing was cut"},
    {"desynchronised",
     [](TrafficBuilder& run) {
       up_to_the_failures(run);
       run.event(run.open(12), 13, CUT_EVENT_FLOW_DESYNC);
       run.answered(131);
       run.end(150);
     },
     Outcome::inconclusive, "1 connection could not be read"},
};

INSTANTIATE_TEST_SUITE_P(Rows, BreakerOpens, ::testing::ValuesIn(breakers), row_name);

// http.recovers_within, 45 s. The fault is on from 10 to 40.

class Recovers : public ::testing::TestWithParam<Row> {};

TEST_P(Recovers, IsJudged) {
  TrafficBuilder run;
  run.expect("http.recovers_within").time = 45s;
  expect_row(run, GetParam(), "http.recovers_within");
}

const std::vector<Row> recoveries{
    {"as_before",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 40);
       run.answered_every(0.5, 42, 60);
       run.end(90);
     },
     Outcome::held,
     "the first success came 2.1 s after the heal; 2.1/s again at best, 2.0/s before"},
    {"at_half_the_rate",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 40);
       run.answered_every(1, 42, 90);
       run.end(90);
     },
     Outcome::held, "/s again"},
    {"at_less_than_half",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 40);
       run.answered_every(5, 42, 90);
       run.end(90);
     },
     Outcome::violated, "the first success came 2.1 s after the heal, but only 0.3/s again"},
    {"too_late",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 40);
       run.answered_every(0.5, 90, 100);
       run.end(110);
     },
     Outcome::violated, "the first success came 50.1 s after the heal"},
    {"errors_are_no_success",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 40);
       run.answered(50, 0.1, 503);
       run.answered(51, 0.1, 429);
       run.end(110);
     },
     Outcome::violated, "of 2 requests that were sent after the heal none succeeded"},
    {"sent_before_and_answered_after",
     [](TrafficBuilder& run) {
       run.fire(10, 40);
       run.answered(39, 2);
       run.end(110);
     },
     Outcome::held, "the first success came 1 s after the heal; none had come before the fault"},
    {"run_ended_before_anything_succeeded",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 40);
       run.end(50);
     },
     Outcome::inconclusive, "the run ended 10 s after the heal"},
    {"run_ended_before_the_rate_was_there",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 40);
       run.answered(41);
       run.end(50);
     },
     Outcome::inconclusive, "give the target more work"},
    {"a_second_fault_follows",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 40);
       run.fire(100, 110);
       run.answered_every(0.5, 111, 160);
       run.end(160);
     },
     Outcome::violated, "the first success came 71.1 s after the heal"},
    {"a_second_fault_follows_at_once",
     [](TrafficBuilder& run) {
       run.answered_every(0.5, 0, 10);
       run.fire(10, 40);
       run.fire(50, 110);
       run.answered_every(0.5, 111, 160);
       run.end(160);
     },
     Outcome::held, "the first success came 1.1 s after the heal"},
    {"observe_mode", [](TrafficBuilder& run) { run.scenario.faults[0].mode = CUT_OBSERVE; },
     Outcome::held, "nothing was cut"},
};

INSTANTIATE_TEST_SUITE_P(Rows, Recovers, ::testing::ValuesIn(recoveries), row_name);

// http.retry_amplification, at most 1.5. The fault is on from 10 to 40.

class Amplification : public ::testing::TestWithParam<Row> {};

TEST_P(Amplification, IsJudged) {
  TrafficBuilder run;
  Expectation& expectation = run.expect("http.retry_amplification");
  expectation.at_most = 1.5;
  expectation.observer = "workers";
  expectation.tasks = {"app.ask"};
  expect_row(run, GetParam(), "http.retry_amplification");
}

probes::HistoryRecord record(const std::string& id, const std::string& type, double at) {
  probes::HistoryRecord record;
  record.op = "ask";
  record.id = id;
  record.type = type;
  record.ns = at == 0 ? 0 : ns(at);
  return record;
}

const std::vector<Row> amplifications{
    {"one_each",
     [](TrafficBuilder& run) {
       run.attached();
       run.fire(10, 40);
       run.given_up(12, 10);
       run.task("a", 9, 20);
       run.task("b", 12, 22);
       run.end(60);
     },
     Outcome::held,
     "1.00: 2 requests on the wire while the fault was on, for 2 tasks of Celery "
     "(app.ask)"},
    {"four_each",
     [](TrafficBuilder& run) {
       run.attached();
       run.fire(10, 40);
       for (int i = 0; i < 3; ++i) run.given_up(11 + i, 1);
       run.task("a", 9, 20, "failed");
       run.end(60);
     },
     Outcome::violated, "4.00: 4 requests on the wire"},
    {"what_was_outside_of_the_fault_does_not_dilute",
     [](TrafficBuilder& run) {
       run.attached();
       run.answered_every(1, 0, 9);
       for (int i = 0; i < 9; ++i) run.task("early" + std::to_string(i), i, i + 0.2);
       run.fire(10, 40);
       run.given_up(12, 10);
       run.task("a", 9.5, 22, "failed");
       run.end(60);
     },
     Outcome::violated, "2.00: 2 requests"},
    {"a_task_that_is_tried_again_is_one",
     [](TrafficBuilder& run) {
       run.attached();
       run.fire(10, 40);
       run.given_up(12, 10);
       run.task("a", 9.5, 11, "retried");
       run.task("a", 12, 22, "failed");
       run.end(60);
     },
     Outcome::violated, "for 1 task of Celery"},
    {"other_tasks_do_not_count",
     [](TrafficBuilder& run) {
       run.attached();
       run.fire(10, 40);
       run.given_up(12, 10);
       run.task("a", 9.5, 22);
       run.task("b", 12, 13, "succeeded", "app.store");
       run.end(60);
     },
     Outcome::violated, "for 1 task of Celery"},
    {"a_task_of_unknown_name",
     [](TrafficBuilder& run) {
       run.attached();
       run.fire(10, 40);
       run.task("a", 9.5, 22, "succeeded", "");
       run.end(60);
     },
     Outcome::inconclusive, "what some tasks are called is not known"},
    {"not_watched",
     [](TrafficBuilder& run) {
       run.fire(10, 40);
       run.end(60);
     },
     Outcome::inconclusive, "the workers were not watched"},
    {"observer_lost",
     [](TrafficBuilder& run) {
       run.attached();
       run.fire(10, 40);
       run.task("a", 9.5, 22);
       run.note(30, "observer.lost", {{"why", "the connection to 127.0.0.1:5672 was lost"}});
       run.end(60);
     },
     Outcome::inconclusive, "the connection to 127.0.0.1:5672 was lost"},
    {"no_task",
     [](TrafficBuilder& run) {
       run.attached();
       run.fire(10, 40);
       run.end(60);
     },
     Outcome::inconclusive, "nothing to compare"},
    {"a_number_of_the_scenario",
     [](TrafficBuilder& run) {
       run.scenario.expect[0].requests = 20;
       run.answered_every(0.5, 0, 10);
       run.fire(10, 40);
       run.end(60);
     },
     Outcome::held, "1.05: 21 requests on the wire, for 20 requests that `requests:` tells of"},
    {"invocations_of_the_history",
     [](TrafficBuilder& run) {
       run.scenario.expect[0].observer.clear();
       run.scenario.expect[0].tasks.clear();
       run.facts.has_history = true;
       run.facts.history = {record("1", "invoke", 1), record("1", "ok", 2),
                            record("2", "invoke", 9), record("2", "fail", 30),
                            record("3", "invoke", 11)};
       run.fire(10, 40);
       run.given_up(12, 2);
       run.given_up(15, 2);
       run.end(60);
     },
     Outcome::held,
     "1.50: 3 requests on the wire while the fault was on, for 2 invocations of "
     "$CUTPOINT_HISTORY"},
    {"a_history_without_times",
     [](TrafficBuilder& run) {
       run.scenario.expect[0].observer.clear();
       run.facts.has_history = true;
       run.facts.history = {record("1", "invoke", 0)};
       run.fire(10, 40);
       run.end(60);
     },
     Outcome::inconclusive, "the history's lines have no `ns`"},
    {"nothing_to_count_by",
     [](TrafficBuilder& run) {
       run.scenario.expect[0].observer.clear();
       run.fire(10, 40);
       run.end(60);
     },
     Outcome::inconclusive, "nothing says how many requests the application meant to make"},
};

INSTANTIATE_TEST_SUITE_P(Rows, Amplification, ::testing::ValuesIn(amplifications), row_name);

}  // namespace
}  // namespace cutpoint
