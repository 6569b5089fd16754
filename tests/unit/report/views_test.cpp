// SPDX-License-Identifier: Apache-2.0
// The views agree with the JSON, field by field: each value of report.json is changed in turn, and
// the new one must show, but for those that a view leaves out on purpose. A new field is either
// shown or named here.
#include <algorithm>
#include <fmt/core.h>
#include <functional>
#include <gtest/gtest.h>

#include "controller/report/audit.h"
#include "controller/report/claims_section.h"
#include "controller/report/fault_text.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using View = std::function<std::string(const json& report)>;

constexpr int number = 987654;
constexpr const char* word = "changed-for-the-test";

struct Leaf {
  json::json_pointer at;
  std::string pattern;  // "/faults/*/name"
};

void collect(const json& value, const json::json_pointer& at, const std::string& pattern,
             std::vector<Leaf>& leaves) {
  if (value.is_object()) {
    for (const auto& [key, part] : value.items())
      collect(part, at / key, pattern + "/" + key, leaves);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      collect(value[i], at / i, pattern + "/*", leaves);
  } else if (!value.is_null()) {
    leaves.push_back({at, pattern});
  }
}

std::vector<Leaf> leaves_of(const json& report) {
  std::vector<Leaf> leaves;
  collect(report, json::json_pointer(), "", leaves);
  return leaves;
}

bool is_one_of(const std::string& text, const std::vector<std::string>& all) {
  return std::find(all.begin(), all.end(), text) != all.end();
}

std::string last_part(const std::string& pattern) {
  return pattern.substr(pattern.rfind('/') + 1);
}

bool is_time(const std::string& pattern) {
  const std::string key = last_part(pattern);
  return key.ends_with("_ms") ||
         is_one_of(key, {"armed", "fired", "healed", "requested", "delivered", "acked",
                         "client_gone", "released", "from", "until"});
}

// Words of a fixed set: another of them.
std::string other_word(const std::string& word_before) {
  const std::vector<std::vector<std::string>> sets = {{"held", "violated", "inconclusive"},
                                                      {"critical", "high", "medium", "low"},
                                                      {"ready", "not ready", "not proven"},
                                                      {"acked", "unacked"},
                                                      {"committed", "aborted", "unknown"}};
  for (const auto& set : sets) {
    const auto found = std::find(set.begin(), set.end(), word_before);
    if (found != set.end()) return found + 1 == set.end() ? set.front() : found[1];
  }
  return word;
}

json changed(const json& value, const std::string& pattern) {
  if (pattern.ends_with("/probability")) return 0.125;
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_string()) return other_word(value.get<std::string>());
  if (value.is_number_integer()) return number;
  return static_cast<double>(number);
}

// Does the view show the new value?
bool shows(const View& view, const json& report, const Leaf& leaf) {
  json after = report;
  after[leaf.at] = changed(report.at(leaf.at), leaf.pattern);
  const std::string text = view(after);
  const json& value = after.at(leaf.at);
  if (value == word) return text.find(word) != std::string::npos;
  if (!value.is_number() || leaf.pattern.ends_with("_unix_ms") || value == 0.125) {
    return text != view(report);
  }
  if (leaf.pattern == "/figures/*/value") {
    return text.find(figure_text(after.at(leaf.at.parent_pointer()))) != std::string::npos;
  }
  const std::string wanted =
      is_time(leaf.pattern) ? milliseconds_text(number) : std::to_string(number);
  return text.find(wanted) != std::string::npos;
}

// `left_out`: patterns, or their beginnings where they end in a slash.
bool is_left_out(const std::string& pattern, const std::vector<std::string>& left_out) {
  return std::any_of(left_out.begin(), left_out.end(), [&](const std::string& one) {
    return one.ends_with('/') ? pattern.starts_with(one) : pattern == one;
  });
}

// `sometimes`: what shows of some items of a list alone.
void expect_shows_all(const View& view, const std::vector<std::string>& left_out,
                      const std::vector<std::string>& sometimes = {}) {
  const json report = testing::full_report();
  for (const Leaf& leaf : leaves_of(report)) {
    if (is_left_out(leaf.pattern, sometimes)) continue;
    const bool shown = shows(view, report, leaf);
    EXPECT_NE(shown, is_left_out(leaf.pattern, left_out))
        << leaf.pattern << " at " << leaf.at << (shown ? " is shown" : " is not shown");
  }
}

std::string markdown(const json& report) {
  return render_markdown(build_audit({report}));
}

const std::vector<std::string> curves = {"/series/services/*/in_flight/*",
                                         "/series/services/*/requests_per_s/*",
                                         "/series/services/*/answers_per_s/*",
                                         "/series/observers/*/queue_depth/*",
                                         "/series/observers/*/workers_busy/*",
                                         "/series/begin",
                                         "/series/step_ms"};

// Said by another field in the same place, or what goes without saying.
const std::vector<std::string> implied = {
    "/schema_version",   "/host/clock",    "/faults/*/do/directions", "/faults/*/do/mode",
    "/faults/*/do/acks", "/attempts/*/id", "/attempts/*/attempt",     "/why_not_fired/*/fault",
    "/figures/*/unit"};

std::vector<std::string> together(std::vector<std::string> left,
                                  const std::vector<std::string>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

TEST(Views, MarkdownShowsAllButTheCurves) {
  expect_shows_all(markdown, together(curves, implied));
}

TEST(Views, HtmlShowsAllButTheCurves) {
  const auto html = [](const json& report) { return render_html(build_audit({report}), {}); };
  expect_shows_all(html, together(curves, implied));
}

// For whoever looks into a run more closely: Markdown shows it.
const std::vector<std::string> details = {"/attempts/",
                                          "/claims/*/evidence/*",
                                          "/claims/*/given",
                                          "/claims/*/true_if",
                                          "/commit_latency/count",
                                          "/events/",
                                          "/evidence/",
                                          "/exchanges/",
                                          "/faults/*/armed",
                                          "/faults/*/at/moment",
                                          "/faults/*/at/service",
                                          "/faults/*/at/position",
                                          "/faults/*/at/nth",
                                          "/faults/*/at/every",
                                          "/faults/*/at/probability",
                                          "/faults/*/copies",
                                          "/faults/*/cut/direction",
                                          "/faults/*/cut/evidence",
                                          "/faults/*/dsacks",
                                          "/faults/*/matches",
                                          "/faults/*/moments_seen",
                                          "/faults/*/resets_unconfirmed",
                                          "/faults/*/signalled_late",
                                          "/faults/*/unreachable",
                                          "/faults/*/untold",
                                          "/faults/*/would_fire",
                                          "/figures/",
                                          "/findings/*/invariant",
                                          "/held/",
                                          "/host/hooks/*",
                                          "/host/start_to_armed_ms",
                                          "/readiness/because/*",
                                          "/series/faults/",
                                          "/services/",
                                          "/target/"};

TEST(Views, TextShowsWhatAPersonLooksForFirst) {
  const auto text = [](const json& report) { return render_text(report, {.width = 100000}); };
  const std::vector<std::string> circumstances = {"/cutpoint/",
                                                  "/host/kernel",
                                                  "/host/started_unix_ms",
                                                  "/host/finished_unix_ms",
                                                  "/findings/*/evidence/*",
                                                  "/invariants/*/evidence/*",
                                                  "/interrupted",
                                                  "/seed"};
  expect_shows_all(text, together(together(curves, implied), together(details, circumstances)),
                   {"/invariants/*/expected", "/invariants/*/severity", "/attempts/*/id"});
}

TEST(Views, JUnitShowsThatAndTheEvidence) {
  // In lines of the text that are broken, a value may be as well.
  const auto junit = [](const json& report) {
    std::string text = render_junit({report});
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  };
  expect_shows_all(junit, together(together(curves, implied), details),
                   {"/invariants/*/expected", "/invariants/*/severity", "/invariants/*/evidence/*",
                    "/findings/*/evidence/*", "/findings/*/invariant", "/why_not_fired/*/fault"});
}

}  // namespace
}  // namespace cutpoint
