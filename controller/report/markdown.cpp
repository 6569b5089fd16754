// SPDX-License-Identifier: Apache-2.0
// An audit in GitHub-flavoured Markdown: what was found, what it means, what to do; then the runs.
#include <fmt/core.h>

#include "controller/report/claims_section.h"
#include "controller/report/markdown_run.h"
#include "controller/report/markdown_words.h"
#include "controller/report/report.h"
#include "controller/report/run_tables.h"
#include "controller/report/summary.h"

namespace cutpoint {
namespace {

using namespace markdown;
using nlohmann::json;

std::string plain(const json& object, const char* key) {
  return object.at(key).get<std::string>();
}

std::string title(const json& audit) {
  const bool single = audit.at("runs").size() == 1;
  const std::string name = single ? escaped(plain(audit.at("runs")[0], "scenario"))
                                  : fmt::format("Audit of {} runs", audit.at("runs").size());
  std::string text =
      fmt::format("# {} {}: {} (exit {})\n", mark_of(plain(audit, "outcome")).sign, name,
                  upper(plain(audit, "outcome")), shown(audit.at("exit_code")));
  if (single) text += "\n" + shown(audit.at("runs")[0].at("title")) + "\n";
  text += fmt::format("\nReadiness: **{}**\n\n", plain(audit.at("readiness"), "verdict"));
  for (const json& reason : audit.at("readiness").at("because")) {
    text += "- " + shown(reason) + "\n";
  }
  return text;
}

std::string overview(const json& audit) {
  Table table({"run", "scenario", "outcome", "exit code", "readiness", "invariants", "violated",
               "inconclusive", "findings", "files"});
  for (const json& run : audit.at("overview")) {
    table.row({shown(run.at("run")), shown(run.at("name")),
               fmt::format("{} {}", mark_of(plain(run, "outcome")).sign, plain(run, "outcome")),
               shown(run.at("exit_code")), shown(run.at("readiness")), shown(run.at("invariants")),
               shown(run.at("violated")), shown(run.at("inconclusive")), shown(run.at("findings")),
               shown(run.at("out"))});
  }
  return "\n## Runs\n\n" + std::move(table).take();
}

std::string finding_text(const json& finding, std::size_t number) {
  std::string text = fmt::format("\n### {}. [{}] {}\n\n", number, plain(finding, "severity"),
                                 shown(finding.at("title")));
  text += fmt::format("- run: {}, {}\n", shown(finding.at("run")), shown(finding.at("name")));
  text += fmt::format("- invariant: {}\n", code(plain(finding, "invariant")));
  for (const char* part : {"component", "impact", "remedy"}) {
    text += fmt::format("- {}: {}\n", part, shown(finding.at(part)));
  }
  if (!finding.at("reference").is_null()) {
    text += fmt::format("- reference: {}\n", link(plain(finding, "reference")));
  }
  return text + fmt::format("- evidence: {}\n", evidence_text(finding.at("evidence")));
}

std::string findings(const json& audit) {
  if (audit.at("findings").empty()) return "\n## Findings\n\nNone.\n";
  std::string text = "\n## Findings\n";
  std::size_t number = 0;
  for (const json& finding : audit.at("findings")) text += finding_text(finding, ++number);
  return text;
}

std::string impact(const json& audit) {
  if (audit.at("impact").empty()) return "";
  Table table({"severity", "component", "impact", "findings"});
  for (const json& row : audit.at("impact")) {
    table.row({shown(row.at("severity")), shown(row.at("component")), shown(row.at("impact")),
               shown(row.at("findings"))});
  }
  return "\n## Impact\n\n" + std::move(table).take();
}

std::string actions(const json& audit) {
  if (audit.at("actions").empty()) return "";
  std::string text = "\n## Actions\n\n";
  std::size_t number = 0;
  for (const json& action : audit.at("actions")) {
    text += fmt::format("{}. [{}] {} (for {}; finding {}", ++number, plain(action, "severity"),
                        shown(action.at("remedy")), shown(action.at("components")),
                        shown(action.at("findings")));
    for (const json& reference : action.at("references")) {
      text += "; " + link(reference.get<std::string>());
    }
    text += ")\n";
  }
  return text;
}

// What every run has to say about each.
std::string claims(const json& audit) {
  if (audit.at("claims").empty()) return "";
  Table table({"id", "claim", "source", "run", "scenario", "verdict", "measured"});
  for (const json& one : audit.at("claims")) {
    for (const json& run : one.at("runs")) {
      table.row({shown(one.at("id")), shown(one.at("claim")), shown(one.at("source")),
                 shown(run.at("run")), shown(run.at("name")), verdict_words(run.at("verdict")),
                 shown(run.at("measured"))});
    }
  }
  return "\n## Claims\n\n" + std::move(table).take();
}

std::string runs(const json& audit) {
  if (audit.at("runs").size() == 1) return run_section(audit.at("runs")[0], 2);
  std::string text;
  std::size_t number = 0;
  for (const json& report : audit.at("runs")) {
    const json& name = audit.at("overview").at(number).at("name");
    text +=
        fmt::format("\n## Run {}: {}\n\n{}\n", ++number, shown(name), shown(report.at("title")));
    text += run_section(report, 3);
  }
  return text;
}

}  // namespace

std::string render_markdown(const json& audit) {
  std::string text = title(audit);
  if (audit.at("runs").size() > 1) text += overview(audit);
  text += findings(audit) + impact(audit) + actions(audit);
  if (audit.at("runs").size() > 1) text += claims(audit);
  return text + runs(audit);
}

}  // namespace cutpoint
