// SPDX-License-Identifier: Apache-2.0
// JUnit XML as Python's XML parser and check_junit.py read it.
#include <fmt/core.h>
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "controller/report/xml.h"
#include "tests/scenarios/program.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using testing::RunBuilder;

TEST(Xml, TakesAnyText) {
  const std::pair<std::string, std::string> rows[] = {
      {"a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"},
      {"]]>", "]]&gt;"},
      {std::string("nul\0bell\a", 9),
       "nul\xEF\xBF\xBD"
       "bell\xEF\xBF\xBD"},
      {"\033[31m", "\xEF\xBF\xBD[31m"},
      {"line\nnext\ttab", "line\nnext\ttab"},
      {"carriage\r", "carriage&#13;"},
      {"\xff\xfe", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xed\xa0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // a surrogate
      {"\xef\xbf\xbe", "\xEF\xBF\xBD"},                          // U+FFFE
      {"\xc0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},                  // overlong
      {"\xf0\x9f\x98\x80 ✗", "\xf0\x9f\x98\x80 ✗"},
      {"\xe2\x9c", "\xEF\xBF\xBD\xEF\xBF\xBD"},  // cut short
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(xml::content(text), expected);
  EXPECT_EQ(xml::attribute("\"a\"\n\tb"), "&quot;a&quot;&#10;&#9;b");
}

// One line for each test case: "split-brain/postgres.atomic passed", "… failure: MESSAGE".
std::string read(const std::string& xml) {
  std::string name = ::testing::TempDir() + "/cutpoint-junit-XXXXXX";
  const int fd = ::mkstemp(name.data());
  EXPECT_GE(fd, 0);
  ::close(fd);
  std::ofstream(name) << xml;
  const auto valid =
      Program::run({"xmllint", "--noout", "--nonet", "--schema", JUNIT_SCHEMA, name});
  EXPECT_EQ(valid.code, 0) << valid.err << xml;
  const auto ended = Program::run({"/usr/bin/python3", JUNIT_CHECK, name});
  ::unlink(name.c_str());
  EXPECT_EQ(ended.code, 0) << ended.err << xml;
  return ended.out;
}

TEST(JUnit, HasATestCaseForEachInvariant) {
  RunBuilder run;
  testing::run_split_brain(run);
  EXPECT_EQ(read(render_junit({testing::report_of(run)})),
            "split-brain/postgres.atomic passed\n"
            "split-brain/postgres.acked_is_durable passed\n"
            "split-brain/postgres.exactly_once failure: order 20 was committed twice\n"
            "split-brain/postgres.belief_agrees failure: order 20 is committed and its client was "
            "not told (xid 740)\n"
            "split-brain/postgres.recovers_within passed\n"
            "split-brain/postgres.no_orphans passed\n");
}

TEST(JUnit, TellsInAFailureWhatWasExpectedAndObservedAndByWhichEvidence) {
  RunBuilder run;
  testing::run_split_brain(run);
  const std::string text = render_junit({testing::report_of(run)});
  EXPECT_NE(
      text.find("<failure type=\"critical\" message=\"order 20 was committed twice\">severity: "
                "critical\nexpected: every acknowledged id is committed exactly once, no id "
                "twice\nobserved: order 20 was committed twice\nevidence: timeline.jsonl, n = "),
      std::string::npos)
      << text;
}

TEST(JUnit, NamesTheFirstOfVeryManyPiecesOfEvidence) {
  json report = testing::full_report();
  for (int number = 1; number <= 3000; ++number) {
    report["invariants"][2]["evidence"].push_back(1'000'000 + number);
  }
  const std::string text = render_junit({report});
  EXPECT_NE(text.find(" more, in report.json\n"), std::string::npos);
  EXPECT_EQ(text.find("1003000"), std::string::npos);
}

TEST(JUnit, TakesWhatIsInconclusiveForAnError) {
  RunBuilder run;
  run.connect(1).commit(1).commit(2);
  run.rule().moments = run.rule().matches = 2;
  EXPECT_EQ(read(render_junit({testing::report_of(run)})),
            "split-brain/postgres.atomic passed\n"
            "split-brain/postgres.acked_is_durable passed\n"
            "split-brain/postgres.exactly_once passed\n"
            "split-brain/postgres.belief_agrees passed\n"
            "split-brain/postgres.recovers_within error: no fault fired and healed: there was "
            "nothing to recover from\n"
            "split-brain/postgres.no_orphans passed\n"
            "split-brain/fault partition-at-commit error: commit.request was seen twice on db, the "
            "rule waits for the 20th.\n"
            "split-brain/the run proves something error: partition-at-commit never fired\n");
}

TEST(JUnit, NeverPassesWhereTheRunProvesNothing) {
  json report = testing::full_report();
  for (json& invariant : report["invariants"]) invariant["outcome"] = "held";
  report["why_not_fired"] = json::array();
  report["outcome"] = "inconclusive";
  EXPECT_NE(read(render_junit({report})).find("the run proves something error: an event was lost"),
            std::string::npos);
  report["outcome"] = "held";
  report["inconclusive_because"] = json::array();
  report["interrupted"] = true;
  EXPECT_NE(read(render_junit({report})).find("error: the run was interrupted"), std::string::npos);
}

TEST(JUnit, HasASuiteForEachRunAndNoTwoCasesOfOneName) {
  json report = testing::full_report();
  report["invariants"].push_back(report["invariants"][0]);
  const std::string read_back = read(render_junit({report, testing::report_with_traffic()}));
  EXPECT_NE(read_back.find("split-brain/postgres.atomic #2 passed\n"), std::string::npos);
  EXPECT_NE(read_back.find("black-hole/http.bounded_wait failure: "), std::string::npos)
      << read_back;
}

TEST(JUnit, TellsRunsOfOneScenarioApart) {
  json report = testing::full_report();
  json other = report;
  report["out"] = other["out"] = "a/slow consumers";
  const std::string read_back = read(render_junit({report, testing::report_with_traffic(), other}));
  for (const char* wanted :
       {"split-brain in slow consumers (run 1)/postgres.atomic passed\n",
        "split-brain in slow consumers (run 3)/postgres.atomic passed\n", "black-hole/"}) {
    EXPECT_NE(read_back.find(wanted), std::string::npos) << read_back;
  }
  EXPECT_EQ(read_back.find("\nsplit-brain/"), std::string::npos) << read_back;
}

TEST(JUnit, StaysWellFormedWhateverIsObserved) {
  json report = testing::full_report();
  const std::string bad = "<&>\"' ]]> \x01\x1b[0m \xff\n\xed\xa0\x80 ✗";
  for (json& invariant : report["invariants"]) {
    invariant["observed"] = bad;
    invariant["expected"] = bad;
  }
  report["scenario"] = report["title"] = report["out"] = bad;
  report["problems"] = {bad};
  read(render_junit({report}));
}

}  // namespace
}  // namespace cutpoint
