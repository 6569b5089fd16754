// SPDX-License-Identifier: Apache-2.0
// The terminal's report, asserted whole. CUTPOINT_UPDATE_GOLDEN=1 writes the files anew.
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "tests/unit/report/report_fixture.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::FlowBuilder;
using testing::RunBuilder;

std::string golden(const std::string& name, const std::string& actual) {
  const std::string path = std::string{GOLDEN_DIRECTORY} + "/" + name + ".txt";
  if (std::getenv("CUTPOINT_UPDATE_GOLDEN") != nullptr) std::ofstream{path} << actual;
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

std::string plain(const nlohmann::json& report, int width) {
  return render_text(report, {.width = width});
}

void expect_golden(const std::string& name, const RunBuilder& run) {
  nlohmann::json report = testing::report_of(run);
  report["out"] = "./cutpoint-runs/" + name;
  const std::string text = plain(report, 100);
  EXPECT_EQ(text, golden(name, text));
}

TEST(Text, of_the_default_scenario) {
  RunBuilder run;
  testing::run_split_brain(run);
  expect_golden("split-brain", run);
}

TEST(Text, of_a_run_in_which_everything_held) {
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
  run.rule().segments_swallowed = 1;
  run.rule().bytes_swallowed = 14;
  expect_golden("held", run);
}

TEST(Text, of_a_fault_that_never_fired) {
  RunBuilder run;
  run.connect(1).commit(1).commit(2);
  run.rule().moments = run.rule().matches = 2;
  expect_golden("never-fired", run);
}

TEST(Text, says_how_often_a_fault_was_to_fire) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.fault().every = 3;
  run.fault().probability = 0.25;
  run.fault().once_per_flow = true;
  const std::string text = plain(testing::report_of(run), 200);
  EXPECT_NE(text.find("on db, every 3rd, with probability 0.25, once per flow"), std::string::npos)
      << text;
}

TEST(Text, says_which_files_are_missing) {
  RunBuilder run;
  run.connect(1).commit(1);
  nlohmann::json report = testing::report_of(run);
  report["out"] = "/full";
  report["not_written"] = {"timeline.jsonl", "report.json"};
  const std::string text = plain(report, 200);
  EXPECT_NE(text.find("files in /full; not written: timeline.jsonl and report.json"),
            std::string::npos)
      << text;
}

TEST(Text, wraps_at_the_width) {
  RunBuilder run;
  testing::run_split_brain(run);
  std::istringstream lines(plain(testing::report_of(run), 72));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 76U) << line;
}

TEST(Text, is_the_same_in_colour_but_for_the_colour) {
  RunBuilder run;
  testing::run_split_brain(run);
  const nlohmann::json report = testing::report_of(run);
  std::string coloured = render_text(report, {.colour = true, .width = 100});
  EXPECT_NE(coloured.find("\033[1;31mVIOLATED\033[0m"), std::string::npos);
  std::string uncoloured;
  for (std::size_t at = 0; at < coloured.size(); ++at) {
    if (coloured[at] == '\033')
      at = coloured.find('m', at);
    else
      uncoloured += coloured[at];
  }
  EXPECT_EQ(uncoloured, plain(report, 100));
}

TEST(Text, names_problems_beside_a_violation) {
  RunBuilder run;
  testing::run_split_brain(run);
  run.facts.problems = {"PostgreSQL went away"};
  const std::string text = plain(testing::report_of(run), 100);
  EXPECT_NE(text.find("\nProblems\n  - PostgreSQL went away\n"), std::string::npos);
  EXPECT_NE(text.find("\nproblem: PostgreSQL went away\n"), std::string::npos);
}

TEST(Text, of_an_interrupted_run) {
  RunBuilder run;
  testing::run_split_brain(run);
  run.facts.interrupted = true;
  const std::string text = plain(testing::report_of(run), 100);
  EXPECT_NE(
      text.find(
          "\nexit 130: interrupted; the faults were removed; the target is not ready for this\n"),
      std::string::npos);
}

}  // namespace
}  // namespace cutpoint
