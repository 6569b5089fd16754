// SPDX-License-Identifier: Apache-2.0
// The page of HTML: nothing of a report becomes markup, nothing is fetched, what a report may have
// is shown where it has it.
#include <gtest/gtest.h>
#include <regex>

#include "controller/report/audit.h"
#include "controller/report/html/assets.h"
#include "controller/report/html/elements.h"
#include "controller/report/html/run.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

const std::string evil = R"(</script><script>alert("1")</script><!-- & 'x')";

// Every text of it, but for words of a fixed set and times.
void poison(json& value, const std::string& key = "") {
  if (value.is_object() || value.is_array()) {
    for (const auto& [name, part] : value.items()) poison(part, value.is_array() ? key : name);
  } else if (value.is_string() && key != "severity" && key != "outcome" && key != "protocol" &&
             key != "verdict" && key != "kind") {
    value = evil;
  }
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(HtmlPage, ReadsNothingOfAReportAsMarkup) {
  json report = testing::full_report();
  poison(report);
  const json picture = {{"events", 1},
                        {"remarks", {evil}},
                        {"windows", {{{"fault", evil}, {"from", 1.0}, {"until", 2.0}}}},
                        {"cuts", {{{"fault", evil}, {"ms", 1.0}, {"seq", 1}, {"text", evil}}}},
                        {"texts", {evil}}};
  const std::string page = render_html(build_audit({report, report}), {picture, nullptr});
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<!--"), std::string::npos);
  EXPECT_EQ(count(page, "</script>"), 2U) << "the picture's data, and the script";
  EXPECT_EQ(count(page, "alert(&quot;1&quot;)") > 20, true);
}

TEST(HtmlPage, AsksNobodyForAnything) {
  const std::string page = render_html(build_audit({testing::full_report()}), {});
  const std::regex resource(
      R"re((?:\b(?:src|href|srcset|data|action)="|\burl\(|@import)([^"\s>)]*))re");
  for (std::sregex_iterator at(page.begin(), page.end(), resource), end; at != end; ++at) {
    const std::string target = (*at)[1];
    const std::string whole = (*at)[0];
    const bool link = whole.starts_with("href") && target.starts_with("https://");
    EXPECT_TRUE(link || target.starts_with("#") || target == "data:,") << whole;
  }
  const std::string policy = "default-src 'none'; style-src '" +
                             std::string(html::style_sheet_hash) + "'; script-src '" +
                             std::string(html::script_hash) + "'";
  EXPECT_NE(page.find(policy), std::string::npos);
  EXPECT_EQ(page.find("unsafe"), std::string::npos);
  EXPECT_EQ(count(page, " style="), 0U) << "the policy refuses them";
  EXPECT_TRUE(std::regex_match(std::string(html::script_hash), std::regex("sha256-[+/\\w]{43}=")));
}

TEST(HtmlPage, LinksOnlyToWhatLooksLikeALink) {
  EXPECT_EQ(
      html::link("https://example.org/a"),
      "<a href=\"https://example.org/a\" rel=\"noreferrer noopener\">https://example.org/a</a>");
  EXPECT_EQ(html::link("javascript:alert(1)"), "javascript:alert(1)");
  EXPECT_EQ(html::link("https://a\" onclick=\"b").find("\" onclick"), std::string::npos);
}

TEST(HtmlPage, SaysOutcomesAndSeveritiesInWordsAndSigns) {
  EXPECT_NE(html::badge("violated").find("✗"), std::string::npos);
  EXPECT_NE(html::badge("critical").find("</span> critical<"), std::string::npos);
  EXPECT_NE(html::badge("not_tested").find("not tested"), std::string::npos);
  EXPECT_EQ(html::badge("<b>"), "<span class=\"badge\">&lt;b&gt;</span>");
}

TEST(HtmlPage, SetsClaimsBesideMeasurements) {
  json report = testing::full_report();
  report["claims"] = json::array();
  EXPECT_EQ(html::run_section(report, {1, "split-brain"}, nullptr).find("Claims"),
            std::string::npos);
  report["claims"] = {{{"id", "c1"},
                       {"claim", "workers hang indefinitely"},
                       {"source", "https://example.org/claims"},
                       {"given", nullptr},
                       {"true_if", "workers.longest_all_blocked was at least 120 s"},
                       {"verdict", "refuted"},
                       {"measured", "8 s at most"},
                       {"evidence", {4711}}}};
  const std::string text = html::run_section(report, {1, "split-brain"}, nullptr);
  for (const char* part :
       {"Claims and measurements", "✗</span> refuted", "workers hang indefinitely",
        "href=\"https://example.org/claims\"", "8 s at most", "4711"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

TEST(HtmlPage, SaysWhereThereIsNoPicture) {
  EXPECT_NE(html::figure(nullptr, 1).find("no timeline.jsonl"), std::string::npos);
}

}  // namespace
}  // namespace cutpoint
