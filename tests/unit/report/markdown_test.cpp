// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <gtest/gtest.h>
#include <sstream>

#include "controller/report/audit.h"
#include "controller/report/markdown_words.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

TEST(Markdown, ShowsTextsAsTheyAre) {
  const std::pair<const char*, const char*> rows[] = {
      {"a | b", R"(a \| b)"},
      {"*bold* `code` [link](x)", R"(\*bold\* \`code\` \[link\](x))"},
      {"committed_acked _x_", R"(committed_acked \_x\_)"},
      {"<script> & co", "&lt;script> &amp; co"},
      {"two\nlines", "two lines"},
      {"C:\\path", R"(C:\\path)"},
      {"~~gone~~", R"(\~\~gone\~\~)"},
      {"# no heading", R"(\# no heading)"},
      {"- no list", R"(\- no list)"},
      {"1. no list", R"(1\. no list)"},
      {"127.0.0.1:80 -> x", "127.0.0.1:80 -> x"},
      {"a\033[31mb", R"(a?\[31mb)"},
      {"", ""},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(markdown::escaped(text), expected);
}

TEST(Markdown, LinksOnlyToWhatLooksLikeALink) {
  EXPECT_EQ(markdown::link("https://example.org/a"), "<https://example.org/a>");
  EXPECT_EQ(markdown::link("javascript:alert(1)"), "javascript:alert(1)");
  EXPECT_EQ(markdown::link("https://a> <b"), "https://a> &lt;b");
}

// Pipes that end a cell: all but escaped ones.
std::size_t cells_of(const std::string& line) {
  std::size_t pipes = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
    } else if (line[at] == '|') {
      ++pipes;
    }
  }
  return pipes;
}

TEST(Markdown, HasAsManyCellsInEveryRowOfATable) {
  json report = testing::full_report();
  for (json& invariant : report["invariants"]) invariant["observed"] = "a | b \\| c\n| d";
  report["scenario"] = "x|y";
  report["faults"][0]["name"] = "p|q`r";
  report["services"][0]["name"] = "|";
  std::istringstream lines(render_markdown(build_audit({report, report})));
  std::size_t wanted = 0;
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("|")) {
      wanted = 0;
      continue;
    }
    if (wanted == 0) wanted = cells_of(line);
    EXPECT_EQ(cells_of(line), wanted) << line;
    ++rows;
  }
  EXPECT_GT(rows, 50U);
}

// A finding may rest on thousands of timeline entries; the HTML page takes the same words.
TEST(Markdown, NamesTheFirstOfVeryManyPiecesOfEvidence) {
  json report = testing::full_report();
  json many = json::array();
  for (int number = 1; number <= 3000; ++number) many.push_back(1'000'000 + number);
  report["invariants"][2]["evidence"] = report["findings"][0]["evidence"] = many;
  report["claims"][0]["evidence"] = report["attempts"][0]["evidence"] = many;
  const std::string shown =
      "1000001, 1000002, 1000003, 1000004, 1000005, 1000006, 1000007, 1000008, 1000009, 1000010 "
      "and "
      "2990 more, in report.json";
  const json audit = build_audit({report});
  for (const std::string& view : {render_markdown(audit), render_html(audit, {})}) {
    EXPECT_EQ(view.find("1000011"), std::string::npos);
    std::size_t times = 0;
    for (std::size_t at = 0; (at = view.find(shown, at)) != std::string::npos; ++at) ++times;
    EXPECT_EQ(times, 4U) << "finding, invariant, claim and attempt";
  }
  EXPECT_EQ(audit.at("findings").at(0).at("evidence").size(), 3000U);
}

TEST(Markdown, OfOneRunBeginsWithItsOutcomeAndReadiness) {
  const std::string text = render_markdown(build_audit({testing::full_report()}));
  EXPECT_TRUE(text.starts_with(
      "# ✗ split-brain: VIOLATED (exit 1)\n\nThe network is severed while PostgreSQL commits\n\n"
      "Readiness: **not ready**\n\n- \\[critical\\] Order 20 was committed twice\n"))
      << text;
}

}  // namespace
}  // namespace cutpoint
