// SPDX-License-Identifier: Apache-2.0
// Claims and figures, on a terminal and in Markdown.
#include <algorithm>
#include <fmt/core.h>

#include "controller/report/claims_section.h"
#include "controller/report/markdown_run.h"
#include "controller/report/markdown_words.h"
#include "controller/report/text_sections.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// Neither is better than the other: a claim that is refuted is no fault of the target's.
Colour colour_of(const json& verdict) {
  return verdict == "not_tested" ? Colour::dim : Colour::bold;
}

std::string text_of(const json& object, const char* key) {
  return object.at(key).get<std::string>();
}

// "… (says the runbook)"
std::string with_source(const json& claim) {
  const std::string text = text_of(claim, "claim");
  return claim.at("source").is_null() ? text
                                      : fmt::format("{} ({})", text, text_of(claim, "source"));
}

std::size_t widest_id(const json& claims) {
  std::size_t width = 0;
  for (const json& claim : claims) width = std::max(width, display_width(text_of(claim, "id")));
  return width + 1;
}

}  // namespace

void show_claims(Page& page, const json& claims) {
  if (claims.empty()) return;
  const std::size_t width = widest_id(claims);
  page.heading("Claims");
  for (const json& claim : claims) {
    page.item(2, text_of(claim, "id"), width, with_source(claim), Colour::bold);
    page.item(3 + width, verdict_words(claim.at("verdict")), 10, text_of(claim, "measured"),
              colour_of(claim.at("verdict")));
  }
}

void show_claims_of_runs(Page& page, const json& claims) {
  if (claims.empty()) return;
  const std::size_t width = widest_id(claims);
  page.heading("Claims");
  for (const json& claim : claims) {
    page.item(2, text_of(claim, "id"), width, with_source(claim), Colour::bold);
    for (const json& run : claim.at("runs")) {
      page.item(3 + width, verdict_words(run.at("verdict")), 10,
                fmt::format("{} (run {}): {}", text_of(run, "scenario"), run.at("run").get<int>(),
                            text_of(run, "measured")),
                colour_of(run.at("verdict")));
    }
  }
}

namespace markdown {

std::string claims(const json& report) {
  if (report.at("claims").empty()) return "";
  Table table({"id", "claim", "source", "given", "true if", "verdict", "measured", "evidence"});
  for (const json& one : report.at("claims")) {
    table.row({shown(one.at("id")), shown(one.at("claim")), shown(one.at("source")),
               shown(one.at("given")), shown(one.at("true_if")), verdict_words(one.at("verdict")),
               shown(one.at("measured")), shown(one.at("evidence"))});
  }
  return std::move(table).take();
}

std::string claims_of_all(const json& audit) {
  if (audit.at("claims").empty()) return "";
  Table table({"id", "claim", "source", "run", "scenario", "verdict", "measured"});
  for (const json& one : audit.at("claims")) {
    for (const json& run : one.at("runs")) {
      table.row({shown(one.at("id")), shown(one.at("claim")), shown(one.at("source")),
                 shown(run.at("run")), shown(run.at("scenario")), verdict_words(run.at("verdict")),
                 shown(run.at("measured"))});
    }
  }
  return "\n## Claims\n\n" + std::move(table).take();
}

std::string figures(const json& report) {
  if (report.at("figures").empty()) return "";
  Table table({"figure", "of", "value", "not known because", "evidence"});
  for (const json& one : report.at("figures")) {
    table.row({code(text_of(one, "name")), shown(one.at("of")), figure_text(one),
               shown(one.at("why")), shown(one.at("evidence"))});
  }
  return std::move(table).take();
}

}  // namespace markdown
}  // namespace cutpoint
