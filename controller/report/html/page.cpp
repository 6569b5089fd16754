// SPDX-License-Identifier: Apache-2.0
// An audit as one page that needs nothing else: no file, no host, no font of anybody's.
#include <algorithm>
#include <fmt/core.h>

#include "controller/report/html/assets.h"
#include "controller/report/html/elements.h"
#include "controller/report/html/run.h"
#include "controller/report/report.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using namespace html;
using nlohmann::json;

std::string name_of(const json& audit) {
  const json& runs = audit.at("runs");
  return runs.size() == 1 ? plain(runs[0].at("scenario"))
                          : fmt::format("Audit of {} runs", runs.size());
}

// 'unsafe-inline' is not needed: the two elements are known by what is in them.
std::string head(const json& audit) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; "
      "script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n"  // else a browser asks the host for one
      "<title>{}: {}</title>\n<style>{}</style>\n</head>\n",
      style_sheet_hash, script_hash, escaped(name_of(audit)), escaped(plain(audit.at("outcome"))),
      style_sheet);
}

std::string figure_of(std::string_view number, std::string_view label) {
  return element("li", "", element("strong", "", number) + " " + element("span", "", label));
}

std::size_t of_severity(const json& findings, const char* severity) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const json& one) { return one.at("severity") == severity; }));
}

// What a reader counts first.
std::string figures(const json& audit) {
  std::uint64_t invariants = 0;
  std::uint64_t violated = 0;
  std::uint64_t open = 0;
  for (const json& run : audit.at("overview")) {
    invariants += run.at("invariants").get<std::uint64_t>();
    violated += run.at("violated").get<std::uint64_t>();
    open += run.at("inconclusive").get<std::uint64_t>();
  }
  const json& findings = audit.at("findings");
  std::string text =
      figure_of(fmt::format("{} of {}", violated, invariants), "invariants violated");
  if (open > 0) text += figure_of(std::to_string(open), "inconclusive");
  text += figure_of(std::to_string(findings.size()), findings.size() == 1 ? "finding" : "findings");
  for (const char* severity : {"critical", "high", "medium", "low"}) {
    const std::size_t count = of_severity(findings, severity);
    if (count > 0) text += figure_of(std::to_string(count), badge(severity));
  }
  return element("ul", "figures", text + figure_of(plain(audit.at("exit_code")), "exit code"));
}

std::string title(const json& audit) {
  const json& runs = audit.at("runs");
  std::string text = fmt::format("<p class=\"kicker\">cutpoint audit {}</p>\n<h1>{}</h1>\n",
                                 badge(plain(audit.at("outcome"))), escaped(name_of(audit)));
  if (runs.size() == 1) text += element("p", "lead", escaped(plain(runs[0].at("title")))) + "\n";
  const json& readiness = audit.at("readiness");
  text += fmt::format(
      "<section class=\"readiness\" aria-label=\"Readiness\">\n<h2>Readiness: {}</h2>\n"
      "{}</section>\n",
      badge(plain(readiness.at("verdict"))), list(readiness.at("because")));
  return element("header", "", "\n" + text + figures(audit)) + "\n";
}

std::string overview(const json& audit) {
  Table table("Runs", {"run", "scenario", "outcome", "readiness", "exit code", "invariants",
                       "violated", "inconclusive", "findings", "files"});
  for (const json& run : audit.at("overview")) {
    const std::string number = plain(run.at("run"));
    table.row({fmt::format("<a href=\"#run-{0}\">{0}</a>", number),
               fmt::format("<a href=\"#run-{}\">{}</a>", number, escaped(plain(run.at("name")))),
               badge(plain(run.at("outcome"))), badge(plain(run.at("readiness"))),
               plain(run.at("exit_code")), plain(run.at("invariants")), plain(run.at("violated")),
               plain(run.at("inconclusive")), plain(run.at("findings")),
               escaped(plain(run.at("out")))});
  }
  return "<section>\n<h2>Runs</h2>\n" + std::move(table).take() + "</section>\n";
}

std::string finding_card(const json& finding, std::size_t number) {
  const std::string severity = plain(finding.at("severity"));
  std::string facts;
  const auto fact = [&](const char* label, const std::string& markup) {
    facts += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", label, markup);
  };
  fact("impact", escaped(plain(finding.at("impact"))));
  fact("component", escaped(plain(finding.at("component"))));
  fact("remedy", escaped(plain(finding.at("remedy"))));
  if (!finding.at("reference").is_null()) fact("reference", link(plain(finding.at("reference"))));
  fact("invariant", element("code", "", escaped(plain(finding.at("invariant")))));
  const std::string run = plain(finding.at("run"));
  fact("run",
       fmt::format("<a href=\"#run-{0}\">{0}, {1}</a>", run, escaped(plain(finding.at("name")))));
  fact("evidence", escaped(evidence_text(finding.at("evidence"))));
  return fmt::format(
      "<article class=\"finding {}\" id=\"finding-{}\">\n<h3>{} {}. {}</h3>\n<dl "
      "class=\"pairs\">\n{}</dl>\n"
      "</article>\n",
      escaped(severity), number, badge(severity), number, escaped(plain(finding.at("title"))),
      facts);
}

std::string findings(const json& audit) {
  std::string text;
  std::size_t number = 0;
  for (const json& finding : audit.at("findings")) text += finding_card(finding, ++number);
  return "<section>\n<h2>Findings</h2>\n" + (text.empty() ? "<p>None.</p>\n" : text) +
         "</section>\n";
}

std::string finding_links(const json& numbers) {
  std::string text;
  for (const json& number : numbers) {
    text += fmt::format("{}<a href=\"#finding-{}\">{}</a>", text.empty() ? "" : ", ", plain(number),
                        plain(number));
  }
  return text;
}

std::string impact(const json& audit) {
  if (audit.at("impact").empty()) return "";
  Table table("Impact", {"severity", "component", "impact", "findings"});
  for (const json& row : audit.at("impact")) {
    table.row({badge(plain(row.at("severity"))), escaped(plain(row.at("component"))),
               escaped(plain(row.at("impact"))), finding_links(row.at("findings"))});
  }
  return "<section>\n<h2>Impact</h2>\n" + std::move(table).take() + "</section>\n";
}

std::string actions(const json& audit) {
  std::string items;
  for (const json& action : audit.at("actions")) {
    std::string text = badge(plain(action.at("severity"))) + " " +
                       element("strong", "", escaped(plain(action.at("remedy")))) + "<br>for " +
                       escaped(plain(action.at("components"))) + "; finding " +
                       finding_links(action.at("findings"));
    for (const json& reference : action.at("references")) text += "; " + link(plain(reference));
    items += element("li", "", text) + "\n";
  }
  if (items.empty()) return "";
  return "<section>\n<h2>Actions, in this order</h2>\n" + element("ol", "actions", "\n" + items) +
         "\n</section>\n";
}

// What every run says of each.
std::string claims(const json& audit) {
  if (audit.at("claims").empty()) return "";
  Table table("Claims of all runs", {"claim", "run", "verdict", "measured"});
  for (const json& claim : audit.at("claims")) {
    const std::string statement = element("strong", "", escaped(plain(claim.at("id")))) + " " +
                                  escaped(plain(claim.at("claim")));
    for (const json& run : claim.at("runs")) {
      table.row({statement,
                 fmt::format("<a href=\"#run-{0}\">{0}</a> {1}", plain(run.at("run")),
                             escaped(plain(run.at("name")))),
                 badge(plain(run.at("verdict"))), escaped(plain(run.at("measured")))});
    }
  }
  return "<section>\n<h2>Claims</h2>\n" + std::move(table).take() + "</section>\n";
}

std::string footer(const json& audit) {
  const json& writer = audit.at("cutpoint");
  return fmt::format(
      "<footer>cutpoint {} ({}). report.json is the truth; this page is a view of it. "
      "Evidence names entries of timeline.jsonl by their seq.</footer>\n",
      escaped(plain(writer.at("version"))), escaped(plain(writer.at("revision"))));
}

}  // namespace

std::string render_html(const json& audit, const std::vector<json>& pictures) {
  std::string text = head(audit) + "<body>\n<main>\n" + title(audit);
  if (audit.at("runs").size() > 1) text += overview(audit);
  text += findings(audit) + impact(audit) + actions(audit);
  if (audit.at("runs").size() > 1) text += claims(audit);
  const json no_picture;
  for (std::size_t i = 0; i < audit.at("runs").size(); ++i) {
    text += run_section(audit.at("runs")[i], {i + 1, plain(audit.at("overview")[i].at("name"))},
                        i < pictures.size() ? pictures[i] : no_picture);
  }
  return text + footer(audit) +
         fmt::format("</main>\n<script>{}</script>\n</body>\n</html>\n", script);
}

}  // namespace cutpoint
