// SPDX-License-Identifier: Apache-2.0
// workers.available (2 workers, 5 s) and queue.drains_within (60 s). The fault is on from 10 to 40.
#include <functional>
#include <gtest/gtest.h>

#include "tests/unit/verify/traffic_builder.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::TrafficBuilder;

struct Row {
  const char* name;
  std::function<void(TrafficBuilder&)> happens;
  Outcome outcome;
  std::string says;  // part of what was observed
};

std::string row_name(const ::testing::TestParamInfo<Row>& info) {
  return info.param.name;
}

class WorkersAvailable : public ::testing::TestWithParam<Row> {};

TEST_P(WorkersAvailable, IsJudged) {
  TrafficBuilder run;
  Expectation& expectation = run.expect("workers.available");
  expectation.blocked_at_most = 5s;
  expectation.observer = "workers";
  run.attached();
  run.fire(10, 40);
  GetParam().happens(run);
  run.end(60);
  const InvariantResult result = run.judge("workers.available");
  EXPECT_EQ(result.outcome, GetParam().outcome) << result.observed;
  EXPECT_NE(result.observed.find(GetParam().says), std::string::npos) << result.observed;
}

const std::vector<Row> workers{
    {"one_is_free",
     [](TrafficBuilder& run) {
       run.task("a", 10, 40, "failed");
       run.task("b", 12, 12.5);
     },
     Outcome::held,
     "never were all of them blocked; at most 2 of 2 were busy; 1 task succeeded while the fault "
     "was on"},
    {"both_wait_in_time",
     [](TrafficBuilder& run) {
       run.task("a", 10, 15, "failed");
       run.task("b", 11, 16, "failed");
     },
     Outcome::held, "all 2 were blocked for 4 s at a stretch, 4 s in all; 0 tasks succeeded"},
    {"both_wait_too_long",
     [](TrafficBuilder& run) {
       run.task("a", 10, 40, "failed");
       run.task("b", 11, 41, "failed");
     },
     Outcome::violated, "all 2 were blocked for 29 s at a stretch"},
    {"the_next_two_wait_as_well",
     [](TrafficBuilder& run) {
       run.task("a", 10, 14, "failed");
       run.task("b", 10, 14, "failed");
       run.task("c", 14.1, 18, "failed");
       run.task("d", 14.1, 18, "failed");
     },
     Outcome::violated, "all 2 were blocked for 8 s at a stretch"},
    {"one_by_one_the_next_waits",
     [](TrafficBuilder& run) {
       run.task("a", 10, 14, "failed");
       run.task("b", 12, 16, "failed");
       run.task("c", 14.1, 18, "failed");
       run.task("d", 16.1, 20, "failed");
     },
     Outcome::violated, "all 2 were blocked for 6 s at a stretch"},
    {"another_succeeds_between",
     [](TrafficBuilder& run) {
       run.task("a", 10, 14, "failed");
       run.task("b", 10, 14, "failed");
       run.task("e", 14.01, 14.05, "succeeded", "app.store");
       run.task("c", 14.1, 18, "failed");
       run.task("d", 14.1, 18, "failed");
     },
     Outcome::held, "blocked for 4 s at a stretch, 7.9 s in all"},
    {"busy_with_short_tasks",
     [](TrafficBuilder& run) {
       for (int i = 0; i < 100; ++i) {
         run.task("a" + std::to_string(i), 10 + i * 0.2, 10.19 + i * 0.2, "failed");
         run.task("b" + std::to_string(i), 10 + i * 0.2, 10.19 + i * 0.2, "failed");
       }
     },
     Outcome::held, "never were all of them blocked"},
    {"slow_tasks_that_succeed",
     [](TrafficBuilder& run) {
       for (int i = 0; i < 10; ++i) {
         run.task("a" + std::to_string(i), 10 + i * 3, 12.9 + i * 3);
         run.task("b" + std::to_string(i), 10 + i * 3, 12.9 + i * 3);
       }
     },
     Outcome::held, "blocked for 2.9 s at a stretch"},
    {"still_blocked_at_the_end",
     [](TrafficBuilder& run) {
       run.task("a", 57, 0, "");
       run.task("b", 57, 0, "");
     },
     Outcome::inconclusive, "and still were when the run ended"},
    {"blocked_for_long_at_the_end",
     [](TrafficBuilder& run) {
       run.task("a", 20, 0, "");
       run.task("b", 20, 0, "");
     },
     Outcome::violated, "blocked for 40 s at a stretch and still were when the run ended"},
    {"more_at_once_than_there_are",
     [](TrafficBuilder& run) {
       for (int i = 0; i < 3; ++i) run.task(std::to_string(i), 20, 21);
     },
     Outcome::inconclusive, "3 tasks ran at once, and `workers: 2` says that there are fewer"},
    {"fewer_at_once_while_messages_wait",
     [](TrafficBuilder& run) {
       run.task("a", 20, 50);
       run.depth(21, 3);
       run.depth(22.5, 3);
     },
     Outcome::inconclusive, "messages waited in the queue, but never more than 1 of 2 tasks ran"},
    {"a_message_that_waits_for_a_moment",
     [](TrafficBuilder& run) {
       run.task("a", 20, 21);
       run.depth(19.9, 1);
       run.depth(20.4, 0);
     },
     Outcome::held, "at most 1 of 2 were busy"},
    {"no_task", [](TrafficBuilder&) {}, Outcome::inconclusive, "celery worker -E"},
    {"observer_lost",
     [](TrafficBuilder& run) {
       run.task("a", 20, 21);
       run.note(22, "observer.lost", {{"why", "the broker went away"}});
     },
     Outcome::inconclusive, "the broker went away"},
    {"delivered_again",
     [](TrafficBuilder& run) {
       run.task("a", 10, 0, "");
       run.task("b", 10, 12);
       run.task("a", 13, 13.5);
     },
     Outcome::held, "blocked for 2 s at a stretch"},
};

INSTANTIATE_TEST_SUITE_P(Rows, WorkersAvailable, ::testing::ValuesIn(workers), row_name);

class QueueDrains : public ::testing::TestWithParam<Row> {};

TEST_P(QueueDrains, IsJudged) {
  TrafficBuilder run;
  Expectation& expectation = run.expect("queue.drains_within");
  expectation.time = 60s;
  expectation.observer = "workers";
  run.attached();
  run.fire(10, 40);
  GetParam().happens(run);
  const InvariantResult result = run.judge("queue.drains_within");
  EXPECT_EQ(result.outcome, GetParam().outcome) << result.observed;
  EXPECT_NE(result.observed.find(GetParam().says), std::string::npos) << result.observed;
}

const std::vector<Row> queues{
    {"drained",
     [](TrafficBuilder& run) {
       run.depth(9, 5);
       run.depth(39, 90);
       run.depth(41, 95);
       run.depth(60, 5);
     },
     Outcome::held,
     "5 messages before the fault, at most 95 since; down again 20 s after the heal"},
    // The level is from before the target began: what is there since says nothing of it.
    {"fault_at_the_start",
     [](TrafficBuilder& run) {
       run.note(8, "queue.depth", {{"depth", 5}, {"consumers", 0}});
       run.timeline.add(testing::ns(9), Note{"target", "target.started", {}});
       run.note(39, "queue.depth", {{"depth", 90}, {"consumers", 4}});
       run.note(60, "queue.depth", {{"depth", 5}, {"consumers", 4}});
     },
     Outcome::held, "5 messages before the fault, at most 90 since"},
    {"never_grew",
     [](TrafficBuilder& run) {
       run.depth(9, 0);
       run.depth(30, 0);
       run.depth(40.5, 0);
     },
     Outcome::held, "0 messages before the fault, at most 0 since"},
    {"too_late",
     [](TrafficBuilder& run) {
       run.depth(9, 0);
       run.depth(39, 90);
       run.depth(101, 0);
     },
     Outcome::violated, "down again 61 s after the heal"},
    {"never",
     [](TrafficBuilder& run) {
       run.depth(9, 0);
       run.depth(39, 90);
       run.depth(120, 70);
     },
     Outcome::violated, "70 still wait 80 s after the heal"},
    {"run_ended_before",
     [](TrafficBuilder& run) {
       run.depth(9, 0);
       run.depth(50, 70);
     },
     Outcome::inconclusive, "70 still wait 10 s after the heal, when the run ended"},
    {"not_asked_before", [](TrafficBuilder& run) { run.depth(11, 0); }, Outcome::inconclusive,
     "the queue was not asked for its depth before the fault began"},
    {"observer_lost",
     [](TrafficBuilder& run) {
       run.depth(9, 0);
       run.note(22, "observer.lost", {{"why", "the broker went away"}});
     },
     Outcome::inconclusive, "the broker went away"},
};

INSTANTIATE_TEST_SUITE_P(Rows, QueueDrains, ::testing::ValuesIn(queues), row_name);

TEST(QueueDrainsWithoutAFault, IsInconclusive) {
  TrafficBuilder run;
  Expectation& expectation = run.expect("queue.drains_within");
  expectation.time = 60s;
  expectation.observer = "workers";
  run.attached();
  run.depth(9, 0);
  EXPECT_EQ(run.judge("queue.drains_within").observed, "no fault fired");
}

}  // namespace
}  // namespace cutpoint
