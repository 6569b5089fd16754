// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/run.h"

#include <fmt/core.h>

#include "controller/report/claims_section.h"
#include "controller/report/html/elements.h"

namespace cutpoint::html {
namespace {

using nlohmann::json;

std::string section(std::string_view heading, const std::string& content) {
  if (content.empty()) return "";
  return fmt::format("<section>\n<h3>{}</h3>\n{}</section>\n", escaped(heading), content);
}

// For whoever looks more closely; open on paper.
std::string folded(std::string_view heading, const std::string& content) {
  if (content.empty()) return "";
  return fmt::format("<details>\n<summary><h3>{}</h3></summary>\n{}</details>\n", escaped(heading),
                     content);
}

std::string scrolling(std::string_view name, const std::string& content) {
  if (content.empty()) return "";
  return fmt::format(
      "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n{}</div>\n",
      escaped(name), content);
}

std::string design(const json& report) {
  std::string text;
  for (const json& fault : report.at("faults")) {
    text +=
        element("article", "card",
                element("h4", "", escaped(plain(fault.at("name")))) + pairs(design_table(fault)));
  }
  return text.empty() ? "" : element("div", "cards", text) + "\n";
}

std::string invariants(const json& report) {
  if (report.at("invariants").empty()) return "";
  Table table("Expected and observed",
              {"outcome", "invariant", "severity", "expected", "observed", "evidence"});
  for (const json& one : report.at("invariants")) {
    table.row({badge(plain(one.at("outcome"))), element("code", "", escaped(plain(one.at("name")))),
               badge(plain(one.at("severity"))), escaped(plain(one.at("expected"))),
               escaped(plain(one.at("observed"))), escaped(evidence_text(one.at("evidence")))});
  }
  return std::move(table).take();
}

std::string claims(const json& report) {
  if (report.at("claims").empty()) return "";
  Table table("Claims", {"verdict", "claim", "given", "true if", "measured", "evidence"});
  for (const json& one : report.at("claims")) {
    std::string claim =
        element("strong", "", escaped(plain(one.at("id")))) + " " + escaped(plain(one.at("claim")));
    if (const json& source = one.at("source"); !source.is_null()) {
      claim += element("span", "source", " (" + link(plain(source)) + ")");
    }
    table.row({badge(plain(one.at("verdict"))), claim, escaped(plain(one.at("given"))),
               escaped(plain(one.at("true_if"))), escaped(plain(one.at("measured"))),
               escaped(evidence_text(one.at("evidence")))});
  }
  return std::move(table).take();
}

std::string figures(const json& report) {
  if (report.at("figures").empty()) return "";
  Table table("Figures", {"figure", "of", "value", "not known because", "evidence"});
  for (const json& one : report.at("figures")) {
    table.row({element("code", "", escaped(plain(one.at("name")))), escaped(plain(one.at("of"))),
               escaped(figure_text(one)), escaped(plain(one.at("why"))),
               escaped(evidence_text(one.at("evidence")))});
  }
  return std::move(table).take();
}

std::string effects(const json& report) {
  std::string text;
  for (const json& fault : report.at("faults")) {
    text += element("h4", "", escaped(plain(fault.at("name")))) + "\n" +
            pairs(effect_table(fault, report.at("why_not_fired")));
  }
  return text;
}

std::string belief(const json& report) {
  if (!has_postgres(report)) return "";
  return table("Belief and truth", belief_table(report)) +
         element("p", "", escaped(commit_latency_text(report))) + "\n";
}

}  // namespace

std::string run_section(const json& report, const RunLabel& label, const json& picture) {
  std::string text = fmt::format("<h2>Run {}: {} {}</h2>\n<p class=\"lead\">{}</p>\n", label.number,
                                 escaped(label.name), badge(plain(report.at("outcome"))),
                                 escaped(plain(report.at("title"))));
  text += section("Inconclusive because", list(report.at("inconclusive_because")));
  text += section("Design of the scenario", design(report));
  text += section("Expected and observed", invariants(report));
  text += section("Claims and measurements", scrolling("Claims", claims(report)));
  text += section("Timeline", figure(picture, label.number));
  text += section("What happened", list(report.at("summary")));
  text += section("What the fault did", effects(report));
  text += section("Belief and truth", belief(report));
  text += section("Traffic", pairs(traffic_table(report)));
  text += section("Problems", list(report.at("problems")));
  text += folded("Attempts that did not go as usual",
                 scrolling("Attempts", table("Attempts", attempts_table(report))));
  text += folded("Requests and answers", table("Requests and answers", exchanges_table(report)));
  text += folded("Figures", scrolling("Figures", figures(report)));
  text += folded("Circumstances", pairs(circumstances_table(report)));
  return fmt::format("<section class=\"run\" id=\"run-{}\">\n{}</section>\n", label.number, text);
}

}  // namespace cutpoint::html
