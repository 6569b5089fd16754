// SPDX-License-Identifier: Apache-2.0
// What fits a terminal: 80 columns, 24 rows, the last of them for the prompt.
#include "controller/report/summary.h"

#include <gtest/gtest.h>
#include <sstream>

#include "controller/report/audit.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr TextStyle quiet{.width = 80, .quiet = true};
constexpr std::size_t most_lines = 23;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void expect_fits(const std::string& text) {
  const auto lines = lines_of(text);
  EXPECT_LE(lines.size(), most_lines) << text;
  for (const std::string& line : lines) EXPECT_LE(display_width(line), 80U) << line;
}

// As bad as it gets: everything there is, many times over, in long words.
json bad_report() {
  json report = testing::full_report();
  const std::string endless(300, 'x');
  report["title"] = endless + " " + endless + " " + endless;
  for (int i = 0; i < 30; ++i) {
    report["findings"].push_back(report["findings"][0]);
    report["findings"].back()["title"] = endless + " is wrong " + endless;
    report["findings"].back()["remedy"] = endless + " do it " + endless + " again " + endless;
    report["faults"].push_back(report["faults"][0]);
    report["problems"].push_back(endless);
    report["readiness"]["because"].push_back(endless + " and " + endless);
  }
  report["inconclusive_because"] = json::array();
  return report;
}

TEST(Summary, FitsATerminalHoweverMuchThereIsToSay) {
  json report = bad_report();
  expect_fits(render_text(report, quiet));
  report["readiness"]["verdict"] = "not proven";
  expect_fits(render_text(report, quiet));
  const json audit = build_audit(std::vector<json>(20, report));
  expect_fits(render_audit_text(audit, quiet));
  report["readiness"]["verdict"] = "not ready";
  expect_fits(render_audit_text(build_audit(std::vector<json>(20, report)), quiet));
}

TEST(Summary, BeginsWithWhatMattersMost) {
  json report = testing::full_report();
  report["findings"][0]["severity"] = "low";
  const auto lines = lines_of(render_text(report, quiet));
  ASSERT_GT(lines.size(), 5U);
  EXPECT_EQ(lines[0], "✗ split-brain VIOLATED (exit 1): 2 of 6 invariants violated");
  EXPECT_EQ(lines[2], "exit 1: an invariant was violated; the target is not ready for this");
  EXPECT_EQ(lines[3],
            "  [high] In-doubt COMMIT: order 20 was committed, and the client was not told");
  EXPECT_EQ(lines[4], "  [low] Order 20 was committed twice");
}

TEST(Summary, EndsTheText) {
  const json report = testing::full_report();
  const std::string whole = render_text(report, {.width = 80});
  EXPECT_TRUE(whole.ends_with("\nSummary\n" + render_text(report, quiet)));
}

TEST(Summary, DoesNotLetATextCommandTheTerminal) {
  json report = testing::full_report();
  report["scenario"] = "a\033[2Jb";
  report["faults"][0]["name"] = "c\033[2Jd";
  report["invariants"][0]["name"] = "e\033[2Jf";
  report["out"] = "/g\033[2Jh";
  EXPECT_EQ(render_text(report, {.width = 80}).find('\033'), std::string::npos);
  EXPECT_EQ(render_audit_text(build_audit({report, report}), {.width = 80}).find('\033'),
            std::string::npos);
}

}  // namespace
}  // namespace cutpoint
