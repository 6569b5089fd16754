// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "controller/report/report.h"
#include "controller/report/summary.h"
#include "controller/report/text_sections.h"

namespace cutpoint {
namespace {

using nlohmann::json;

void show_details(Page& page, const json& report) {
  show_headline(page, report);
  show_inconclusive(page, report);
  show_faults(page, report);
  show_what_happened(page, report);
  show_belief_and_truth(page, report);
  show_traffic(page, report);
  show_invariants(page, report);
  show_claims(page, report.at("claims"));
  show_problems(page, report);
}

// "Run 2"; where the headline below it, which has the scenario, does not tell which: "Run 2:
// poison-pill in slow-consumers".
std::string title_of(const json& run) {
  std::string number = fmt::format("Run {}", run.at("run").get<std::size_t>());
  if (run.at("name") == run.at("scenario")) return number;
  return number + ": " + printable(run.at("name").get<std::string>());
}

}  // namespace

std::string render_text(const json& report, const TextStyle& style) {
  Page page(style.colour, style.width);
  if (!style.quiet) {
    show_details(page, report);
    show_findings(page, report.at("findings"));
    page.heading("Summary");
  }
  show_report_summary(page, report);
  return std::move(page).take();
}

std::string render_audit_text(const json& audit, const TextStyle& style) {
  Page page(style.colour, style.width);
  if (!style.quiet) {
    for (std::size_t i = 0; i < audit.at("runs").size(); ++i) {
      const json& report = audit.at("runs")[i];
      page.line(page.paint(title_of(audit.at("overview")[i]), Colour::bold));
      show_details(page, report);
      if (report.contains("out")) {
        page.blank();
        page.item(0, "files in", 0, report.at("out").get<std::string>());
      }
      page.blank();
    }
    page.line(page.paint(fmt::format("All {} runs", audit.at("runs").size()), Colour::bold));
    show_findings(page, audit.at("findings"));
    show_impact(page, audit.at("impact"));
    show_actions(page, audit.at("actions"));
    show_claims_of_runs(page, audit.at("claims"));
    page.heading("Summary");
  }
  show_audit_summary(page, audit);
  return std::move(page).take();
}

}  // namespace cutpoint
