// SPDX-License-Identifier: Apache-2.0
#include "controller/report/text_sections.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <string>

#include "controller/report/fault_text.h"
#include "controller/report/run_tables.h"
#include "controller/report/summary.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr std::size_t fault_labels = 10;

std::string cell(const json& counts, const char* key) {
  return fmt::format("{:>11}", counts.at(key).get<int>());
}

// The counts that are rarely anything but 0.
std::string remarkable(const json& counts) {
  constexpr auto remarks = std::array<std::pair<const char*, std::string_view>, 4>{{
      {"unknown", "not known"},
      {"ghost", "executed after the client had gone"},
      {"resolved", "found out afterwards"},
      {"duplicate", "ids committed more than once"},
  }};
  std::string text;
  for (const auto& [key, words] : remarks) {
    const int count = counts.at(key).get<int>();
    if (count > 0) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", words, count);
  }
  return text;
}

// "findings 1, 3 and 4"
std::string numbered(const json& findings) {
  std::vector<std::string> numbers;
  for (const json& number : findings) numbers.push_back(std::to_string(number.get<int>()));
  return (numbers.size() == 1 ? "finding " : "findings ") + listed(numbers, numbers.size());
}

void show_invariant(Page& page, const json& invariant, std::size_t name_width) {
  const auto outcome = invariant.at("outcome").get<std::string>();
  const Mark mark = mark_of(outcome);
  const auto name = invariant.at("name").get<std::string>();
  const std::string label = fmt::format("{} {}", mark.sign, padded(name, name_width + 1));
  page.item(2, label, 0, invariant.at("observed").get<std::string>(), mark.colour);
  if (outcome == "held") return;
  const std::size_t column = name_width + 5;
  page.item(column, "", 0,
            fmt::format("expected: {} ({})", invariant.at("expected").get<std::string>(),
                        invariant.at("severity").get<std::string>()));
}

}  // namespace

void show_inconclusive(Page& page, const json& report) {
  const json& reasons = report.at("inconclusive_because");
  if (reasons.empty()) return;
  page.heading("Inconclusive because");
  for (const json& reason : reasons) page.item(2, "-", 1, reason.get<std::string>());
}

void show_faults(Page& page, const json& report) {
  for (const json& fault : report.at("faults")) {
    page.heading("Fault " + fault.at("name").get<std::string>());
    for (const Line& line : fault_lines(fault, report.at("why_not_fired"))) {
      page.item(2, line.label, fault_labels, line.text, Colour::dim);
    }
  }
}

void show_what_happened(Page& page, const json& report) {
  page.heading("What happened");
  for (const json& line : report.at("summary")) page.paragraph(2, line.get<std::string>());
}

void show_belief_and_truth(Page& page, const json& report) {
  if (!has_postgres(report)) return;
  const json& counts = report.at("belief_vs_truth");
  page.heading("Belief × truth");
  page.line(page.paint("  the client was   committed    aborted   in the database", Colour::dim));
  page.line("  told         " + cell(counts, "committed_acked") + cell(counts, "aborted_acked"));
  page.line("  not told     " + cell(counts, "committed_unacked") +
            cell(counts, "aborted_unacked"));
  if (const std::string others = remarkable(counts); !others.empty()) page.paragraph(2, others);
  const json& latency = report.at("commit_latency");
  if (latency.at("p50_ms").is_null() || latency.at("max_ms").is_null()) return;
  page.paragraph(2, fmt::format("from COMMIT to its answer: median {}, longest {}",
                                milliseconds_text(latency.at("p50_ms").get<double>()),
                                milliseconds_text(latency.at("max_ms").get<double>())));
}

void show_traffic(Page& page, const json& report) {
  const std::vector<Line> lines = traffic_lines(report.at("series"));
  if (lines.empty()) return;
  std::size_t width = 0;
  for (const Line& line : lines) width = std::max(width, display_width(line.label));
  page.heading("Traffic");
  for (const Line& line : lines) page.item(2, line.label, width + 1, line.text, Colour::dim);
}

void show_invariants(Page& page, const json& report) {
  const json& invariants = report.at("invariants");
  if (invariants.empty()) return;
  std::size_t name_width = 0;
  for (const json& invariant : invariants) {
    name_width = std::max(name_width, invariant.at("name").get<std::string>().size());
  }
  page.heading("Invariants");
  for (const json& invariant : invariants) show_invariant(page, invariant, name_width);
}

void show_findings(Page& page, const json& findings) {
  if (findings.empty()) return;
  page.heading("Findings");
  int number = 0;
  for (const json& finding : findings) {
    const std::string severity = finding.at("severity").get<std::string>();
    page.item(2, fmt::format("{}.", ++number), 2,
              fmt::format("[{}] {}", severity, finding.at("title").get<std::string>()));
    if (finding.contains("run")) {
      page.item(5, "scenario", 9,
                fmt::format("{} (run {})", finding.at("name").get<std::string>(),
                            finding.at("run").get<int>()),
                Colour::dim);
    }
    for (const char* part : {"impact", "component", "remedy", "reference"}) {
      const std::string text =
          finding.at(part).is_null() ? "" : finding.at(part).get<std::string>();
      if (!text.empty()) page.item(5, part, 9, text, Colour::dim);
    }
  }
}

void show_problems(Page& page, const json& report) {
  if (report.at("problems").empty()) return;
  page.heading("Problems");
  for (const json& problem : report.at("problems")) {
    page.item(2, "-", 1, problem.get<std::string>());
  }
}

void show_impact(Page& page, const json& impact) {
  if (impact.empty()) return;
  page.heading("Impact");
  for (const json& row : impact) {
    page.item(2, fmt::format("[{}]", row.at("severity").get<std::string>()), 10,
              fmt::format("{}: {} ({})", row.at("component").get<std::string>(),
                          row.at("impact").get<std::string>(), numbered(row.at("findings"))));
  }
}

void show_actions(Page& page, const json& actions) {
  if (actions.empty()) return;
  page.heading("Actions");
  int number = 0;
  for (const json& action : actions) {
    page.item(2, fmt::format("{}.", ++number), 2,
              fmt::format("[{}] {} ({})", action.at("severity").get<std::string>(),
                          action.at("remedy").get<std::string>(), numbered(action.at("findings"))));
  }
}

}  // namespace cutpoint
