// SPDX-License-Identifier: Apache-2.0
#include "controller/report/series.h"

#include <gtest/gtest.h>

#include "controller/report/fault_text.h"
#include "tests/unit/report/report_fixture.h"
#include "tests/unit/verify/traffic_builder.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::TrafficBuilder;

// From 0 to 20 s: two requests at once that are given up, and two workers of which both wait.
void run_black_hole(TrafficBuilder& run) {
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
}

TEST(Series, AreSampledEvenly) {
  TrafficBuilder run;
  run_black_hole(run);
  const auto series = series_section(run.facts, testing::ns(0));
  EXPECT_EQ(series.at("begin"), 0.0);
  EXPECT_EQ(series.at("step_ms"), 100);
  const auto& service = series.at("services").at(0);
  EXPECT_EQ(service.at("service"), "llm");
  for (const char* list : {"in_flight", "requests_per_s", "answers_per_s"}) {
    EXPECT_EQ(service.at(list).size(), 201U) << list;
  }
  EXPECT_EQ(service.at("in_flight").at(0), 0);
  EXPECT_EQ(service.at("in_flight").at(10), 1);
  EXPECT_EQ(service.at("in_flight").at(27), 2);
  EXPECT_EQ(service.at("in_flight").at(40), 1);
  EXPECT_EQ(service.at("in_flight").at(70), 0);
  EXPECT_EQ(service.at("requests_per_s").at(10), 10.0);
  EXPECT_EQ(service.at("answers_per_s").at(11), 10.0);
  const auto& observer = series.at("observers").at(0);
  EXPECT_EQ(observer.at("queue_depth").at(0), nullptr);
  EXPECT_EQ(observer.at("queue_depth").at(20), 0);
  EXPECT_EQ(observer.at("queue_depth").at(60), 7);
  EXPECT_EQ(observer.at("queue_depth").at(200), 0);
  EXPECT_EQ(observer.at("workers_busy").at(30), 2);
  EXPECT_EQ(observer.at("workers_busy").at(85), 1);
}

TEST(Series, ShowWhenTheFaultWasOn) {
  TrafficBuilder run;
  run_black_hole(run);
  const auto faults = series_section(run.facts, testing::ns(0)).at("faults");
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults.at(0).at("fault"), "black-hole");
  EXPECT_EQ(faults.at(0).at("from"), 2000.0);
  EXPECT_EQ(faults.at(0).at("until"), 12000.0);
}

TEST(Series, HaveNumbersOfTheirOwn) {
  TrafficBuilder run;
  run_black_hole(run);
  const auto series = series_section(run.facts, testing::ns(0));
  const auto& service = series.at("services").at(0).at("numbers");
  EXPECT_EQ(service.at("requests"), 4);
  EXPECT_EQ(service.at("answered"), 2);
  EXPECT_EQ(service.at("most_in_flight"), 2);
  EXPECT_EQ(service.at("longest_wait_ms"), 4000.0);
  EXPECT_EQ(service.at("requests_per_s").at("before"), 1.0);
  EXPECT_EQ(service.at("requests_per_s").at("during"), 0.2);
  EXPECT_EQ(service.at("requests_per_s").at("after"), 0.5);
  const auto& workers = series.at("observers").at(0).at("numbers");
  EXPECT_EQ(workers.at("succeeded"), 1);
  EXPECT_EQ(workers.at("failed"), 2);
  EXPECT_EQ(workers.at("deepest_queue"), 7);
  EXPECT_EQ(workers.at("longest_all_blocked_ms"), 5500.0);
}

TEST(Series, OfALongRunAreCoarser) {
  TrafficBuilder run;
  run.answered(0);
  run.end(3600);
  const auto series = series_section(run.facts, testing::ns(0));
  EXPECT_EQ(series.at("step_ms"), 10000);
  EXPECT_EQ(series.at("services").at(0).at("in_flight").size(), 361U);
}

TEST(Series, AreNotThereWithoutHttpAndObservers) {
  testing::RunBuilder run;
  EXPECT_TRUE(series_section(run.facts, 0).is_null());
}

TEST(TrafficText, IsALineForEach) {
  TrafficBuilder run;
  run_black_hole(run);
  run.expect("http.bounded_wait").within = 3s;
  HostFacts host = testing::host();
  host.started_ns = testing::ns(0);
  const std::string text = render_text(build_report(run.facts, run.verify(), host), {.width = 200});
  EXPECT_NE(
      text.find("Traffic\n"
                "  llm      4 requests, 2 answered, at most 2 at once, the longest wait 4 s; "
                "per second 1.0 before, 0.2 during and 0.5 after the fault\n"
                "  workers  1 task succeeded, 2 failed; at most 7 messages in the queue; all 2 "
                "workers blocked for 5.5 s at a stretch, 5.5 s in all\n"),
      std::string::npos)
      << text;
  EXPECT_EQ(text.find("Belief"), std::string::npos) << text;
}

json numbers_of_service(int requests, int answered) {
  return {{"requests", requests},
          {"connections_without_request", 0},
          {"answered", answered},
          {"most_in_flight", requests},
          {"longest_wait_ms", 4000},
          {"requests_per_s", {{"before", nullptr}, {"during", nullptr}, {"after", nullptr}}},
          {"not_known", json::array()}};
}

// Where there was nothing, that is said, and not that there were 0 of it.
TEST(Traffic, IsWordedForWhatWasNotThere) {
  const json workers = {{"succeeded", 0},
                        {"failed", 0},
                        {"retried", 0},
                        {"open", 0},
                        {"workers", 1},
                        {"deepest_queue", 0},
                        {"longest_all_blocked_ms", 0},
                        {"all_blocked_ms", 0},
                        {"lost", nullptr}};
  json blocked = workers;
  blocked["longest_all_blocked_ms"] = blocked["all_blocked_ms"] = 4000;
  const json queue = {{"deepest_queue", 0}, {"dead_letters", 0}, {"lost", nullptr}};
  const auto lines = traffic_lines({{"services",
                                     {{{"service", "none"}, {"numbers", numbers_of_service(0, 0)}},
                                      {{"service", "one"}, {"numbers", numbers_of_service(1, 0)}}}},
                                    {"observers",
                                     {{{"observer", "idle"}, {"numbers", workers}},
                                      {{"observer", "blocked"}, {"numbers", blocked}},
                                      {{"observer", "queue"}, {"numbers", queue}}}}});
  std::vector<std::string> texts;
  texts.reserve(lines.size());
  for (const Line& line : lines) texts.push_back(line.text);
  EXPECT_EQ(
      texts,
      (std::vector<std::string>{
          "no request", "1 request, none answered, at most 1 at once, the longest wait 4 s",
          "no task succeeded; never a message in the queue; the only worker never blocked",
          "no task succeeded; never a message in the queue; the only worker blocked for 4 s at "
          "a stretch, 4 s in all",
          "never a message in the queue; no dead letter"}));
}

}  // namespace
}  // namespace cutpoint
