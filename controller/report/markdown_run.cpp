// SPDX-License-Identifier: Apache-2.0
#include "controller/report/markdown_run.h"

#include <fmt/core.h>

#include "controller/report/claims_section.h"
#include "controller/report/fault_text.h"
#include "controller/report/markdown_words.h"
#include "controller/report/run_tables.h"
#include "controller/report/summary.h"

namespace cutpoint::markdown {
namespace {

using nlohmann::json;

std::string list(const json& items) {
  std::string text;
  for (const json& item : items) text += "- " + shown(item) + "\n";
  return text;
}

std::string invariants(const json& report) {
  if (report.at("invariants").empty()) return "";
  Table table({"", "invariant", "severity", "expected", "observed", "evidence"});
  for (const json& one : report.at("invariants")) {
    table.row({fmt::format("{} {}", mark_of(one.at("outcome").get<std::string>()).sign,
                           shown(one.at("outcome"))),
               code(one.at("name").get<std::string>()), shown(one.at("severity")),
               shown(one.at("expected")), shown(one.at("observed")),
               evidence_text(one.at("evidence"))});
  }
  return std::move(table).take();
}

std::string claims(const json& report) {
  if (report.at("claims").empty()) return "";
  Table table({"id", "claim", "source", "given", "true if", "verdict", "measured", "evidence"});
  for (const json& one : report.at("claims")) {
    table.row({shown(one.at("id")), shown(one.at("claim")), shown(one.at("source")),
               shown(one.at("given")), shown(one.at("true_if")), verdict_words(one.at("verdict")),
               shown(one.at("measured")), evidence_text(one.at("evidence"))});
  }
  return std::move(table).take();
}

std::string figures(const json& report) {
  if (report.at("figures").empty()) return "";
  Table table({"figure", "of", "value", "not known because", "evidence"});
  for (const json& one : report.at("figures")) {
    table.row({code(one.at("name").get<std::string>()), shown(one.at("of")), figure_text(one),
               shown(one.at("why")), evidence_text(one.at("evidence"))});
  }
  return std::move(table).take();
}

std::string grid(const PlainTable& plain) {
  if (plain.rows.empty()) return "";
  Table table(plain.head);
  for (const auto& row : plain.rows) {
    std::vector<std::string> cells;
    cells.reserve(row.size());
    for (const std::string& cell : row) cells.push_back(escaped(cell));
    table.row(cells);
  }
  return std::move(table).take();
}

std::string fault(const json& fault, const json& why_not_fired) {
  PlainTable table = effect_table(fault, why_not_fired);
  table.head = {"", code(fault.at("name").get<std::string>())};
  table.rows.insert(table.rows.begin(), {"trigger", trigger_text(fault)});
  return grid(table);
}

std::string belief_and_truth(const json& report) {
  return grid(belief_table(report)) + "\n" + escaped(commit_latency_text(report)) + "\n";
}

std::string traffic(const json& report) {
  std::string text;
  for (const auto& row : traffic_table(report).rows) {
    text += fmt::format("- {}: {}\n", code(row.at(0)), escaped(row.at(1)));
  }
  return text;
}

}  // namespace

std::string run_section(const json& report, std::size_t depth) {
  std::string text;
  const auto section = [&](const char* heading, const std::string& content) {
    if (content.empty()) return;
    text += fmt::format("\n{} {}\n\n{}", std::string(depth, '#'), heading, content);
  };
  section("Inconclusive because", list(report.at("inconclusive_because")));
  section("Expected and observed", invariants(report));
  std::string faults;
  for (const json& one : report.at("faults")) {
    faults += (faults.empty() ? "" : "\n") + fault(one, report.at("why_not_fired"));
  }
  section("Claims", claims(report));
  section("Faults", faults);
  section("What happened", list(report.at("summary")));
  if (has_postgres(report)) section("Belief and truth", belief_and_truth(report));
  section("Attempts that did not go as usual", grid(attempts_table(report)));
  section("Traffic", traffic(report));
  section("Requests and answers", grid(exchanges_table(report)));
  section("Figures", figures(report));
  section("Problems", list(report.at("problems")));
  section("Circumstances", grid(circumstances_table(report)));
  return text;
}

}  // namespace cutpoint::markdown
