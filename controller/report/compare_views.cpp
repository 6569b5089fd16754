// SPDX-License-Identifier: Apache-2.0
// A comparison on a terminal and in Markdown.
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/core.h>

#include "controller/report/claims_section.h"
#include "controller/report/compare.h"
#include "controller/report/layout.h"
#include "controller/report/markdown_words.h"
#include "controller/report/summary.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

struct Kind {
  const char* key;
  const char* heading;
};
constexpr auto kinds_of_findings = std::array<Kind, 4>{{
    {"gone", "Findings that went"},
    {"came", "Findings that came"},
    {"stayed", "Findings that stayed"},
    {"not_judged", "Findings that the other run did not judge"},
}};

std::string text_or_dash(const json& value) {
  return value.is_null() ? "–" : value.get<std::string>();
}

std::string verdict_or_dash(const json& verdict) {
  return verdict.is_null() ? "–" : verdict_words(verdict);
}

// "violated → held"
std::string arrow(const std::string& before, const std::string& after) {
  return fmt::format("{} → {}", before, after);
}

std::string counted_findings(const json& comparison) {
  const json& findings = comparison.at("findings");
  std::string text =
      fmt::format("{} gone, {} came, {} stayed", counted(findings.at("gone").size(), "finding"),
                  findings.at("came").size(), findings.at("stayed").size());
  const std::size_t alone = findings.at("not_judged").size();
  if (alone > 0) text += fmt::format(", {} not judged by the other run", alone);
  return text;
}

std::string side_text(const json& side) {
  return fmt::format("{} (exit {}), {}, {}{}", upper(side.at("outcome").get<std::string>()),
                     side.at("exit_code").get<int>(), side.at("readiness").get<std::string>(),
                     counted(side.at("findings").get<std::size_t>(), "finding"),
                     side.at("out").is_null() ? "" : ": " + side.at("out").get<std::string>());
}

void show_findings(Page& page, const json& comparison) {
  for (const Kind& kind : kinds_of_findings) {
    const json& list = comparison.at("findings").at(kind.key);
    if (list.empty()) continue;
    page.heading(kind.heading);
    for (const json& one : list) {
      const std::string when = one.at("after").is_null() ? "before" : "after";
      const auto severity = one.at("severity_" + when).get<std::string>();
      const bool judged = kind.key != std::string_view{"not_judged"};
      page.item(
          2, "-", 1,
          fmt::format("[{}] {}{}: {}", severity, one.at("invariant").get<std::string>(),
                      judged ? "" : fmt::format(" ({})", when), one.at(when).get<std::string>()));
      if (kind.key != std::string_view{"stayed"}) continue;
      page.item(4, "before:", 1,
                fmt::format("[{}] {}", one.at("severity_before").get<std::string>(),
                            one.at("before").get<std::string>()),
                Colour::dim);
    }
  }
}

std::string figure_name(const json& figure) {
  const auto name = figure.at("name").get<std::string>();
  return figure.at("of").is_null() ? name : name + " of " + figure.at("of").get<std::string>();
}

// "+3", "-30 s"; "–": it is not known.
std::string difference_text(const json& figure) {
  const json& difference = figure.at("difference");
  if (difference.is_null() || difference == 0) return figure_text(figure, "difference");
  json size = figure;
  size["difference"] = std::abs(difference.get<double>());
  return (difference > 0 ? "+" : "-") + figure_text(size, "difference");
}

void show_figures(Page& page, const json& figures) {
  if (figures.empty()) return;
  std::size_t width = 0;
  for (const json& figure : figures) width = std::max(width, display_width(figure_name(figure)));
  page.heading("Figures");
  for (const json& figure : figures) {
    std::string text = arrow(figure_text(figure, "before"), figure_text(figure, "after"));
    if (!figure.at("difference").is_null() && figure.at("difference") != 0) {
      text += fmt::format(" ({})", difference_text(figure));
    }
    page.item(2, figure_name(figure), width + 1, text, Colour::dim);
  }
}

void show_both(Page& page, const json& one, const char* part) {
  for (const char* when : {"before", "after"}) {
    const json& text = one.at(fmt::format("{}_{}", part, when));
    if (!text.is_null()) page.item(4, when, 7, text.get<std::string>(), Colour::dim);
  }
}

void show_invariants(Page& page, const json& invariants) {
  if (invariants.empty()) return;
  page.heading("Invariants");
  for (const json& one : invariants) {
    page.item(2, one.at("name").get<std::string>() + ":", 1,
              arrow(text_or_dash(one.at("before")), text_or_dash(one.at("after"))));
    show_both(page, one, "observed");
  }
}

void show_claims(Page& page, const json& claims) {
  if (claims.empty()) return;
  page.heading("Claims");
  for (const json& one : claims) {
    page.item(2, one.at("id").get<std::string>(), 1, one.at("claim").get<std::string>(),
              Colour::bold);
    page.item(4, arrow(verdict_or_dash(one.at("before")), verdict_or_dash(one.at("after"))), 1, "");
    show_both(page, one, "measured");
  }
}

void show_head(Page& page, const json& comparison) {
  page.line(fmt::format(
      "{}: {}", page.paint(printable(comparison.at("scenario").get<std::string>()), Colour::bold),
      counted_findings(comparison)));
  for (const char* when : {"before", "after"}) {
    page.item(2, when, 7, side_text(comparison.at(when)));
  }
}

std::string table_of_sides(const json& comparison) {
  using namespace markdown;
  Table table({"", "before", "after"});
  const json& before = comparison.at("before");
  const json& after = comparison.at("after");
  for (const auto& [key, label] :
       std::array<std::pair<const char*, const char*>, 6>{{{"outcome", "outcome"},
                                                           {"exit_code", "exit code"},
                                                           {"readiness", "readiness"},
                                                           {"findings", "findings"},
                                                           {"kernel", "kernel"},
                                                           {"out", "files"}}}) {
    table.row({label, shown(before.at(key)), shown(after.at(key))});
  }
  return std::move(table).take();
}

std::string markdown_findings(const json& comparison) {
  using namespace markdown;
  std::string text;
  for (const Kind& kind : kinds_of_findings) {
    const json& list = comparison.at("findings").at(kind.key);
    text += fmt::format("\n## {}\n\n", kind.heading);
    if (list.empty()) {
      text += "None.\n";
      continue;
    }
    Table table({"invariant", "severity before", "severity after", "before", "after"});
    for (const json& one : list) {
      table.row({code(one.at("invariant").get<std::string>()), shown(one.at("severity_before")),
                 shown(one.at("severity_after")), shown(one.at("before")), shown(one.at("after"))});
    }
    text += std::move(table).take();
  }
  return text;
}

std::string markdown_invariants(const json& invariants) {
  using namespace markdown;
  if (invariants.empty()) return "";
  Table table({"invariant", "before", "after", "observed before", "observed after"});
  for (const json& one : invariants) {
    table.row({code(one.at("name").get<std::string>()), shown(one.at("before")),
               shown(one.at("after")), shown(one.at("observed_before")),
               shown(one.at("observed_after"))});
  }
  return "\n## Invariants\n\n" + std::move(table).take();
}

std::string markdown_figures(const json& figures) {
  using namespace markdown;
  if (figures.empty()) return "";
  Table table({"figure", "of", "before", "after", "difference"});
  for (const json& one : figures) {
    table.row({code(one.at("name").get<std::string>()), shown(one.at("of")),
               figure_text(one, "before"), figure_text(one, "after"), difference_text(one)});
  }
  return "\n## Figures\n\n" + std::move(table).take();
}

std::string markdown_claims(const json& claims) {
  using namespace markdown;
  if (claims.empty()) return "";
  Table table({"id", "claim", "source", "before", "after", "measured before", "measured after"});
  for (const json& one : claims) {
    table.row({shown(one.at("id")), shown(one.at("claim")), shown(one.at("source")),
               verdict_or_dash(one.at("before")), verdict_or_dash(one.at("after")),
               shown(one.at("measured_before")), shown(one.at("measured_after"))});
  }
  return "\n## Claims\n\n" + std::move(table).take();
}

std::string markdown_differing(const json& differing) {
  using namespace markdown;
  if (differing.empty()) return "";
  Table table({"not the same", "before", "after"});
  for (const json& one : differing) {
    table.row({shown(one.at("what")), shown(one.at("before")), shown(one.at("after"))});
  }
  return "\n## Done otherwise\n\n" + std::move(table).take();
}

}  // namespace

std::string render_comparison_text(const json& comparison, const TextStyle& style) {
  Page page(style.colour, style.width);
  show_head(page, comparison);
  if (!comparison.at("differing").empty()) page.heading("Done otherwise");
  for (const json& one : comparison.at("differing")) {
    page.item(2, one.at("what").get<std::string>() + ":", 1,
              arrow(one.at("before").get<std::string>(), one.at("after").get<std::string>()));
  }
  show_findings(page, comparison);
  if (style.quiet) return std::move(page).take();
  show_invariants(page, comparison.at("invariants"));
  show_figures(page, comparison.at("figures"));
  show_claims(page, comparison.at("claims"));
  return std::move(page).take();
}

std::string render_comparison_markdown(const json& comparison) {
  std::string text = fmt::format("# {}: {}\n\n", markdown::shown(comparison.at("scenario")),
                                 counted_findings(comparison));
  if (const auto title = comparison.at("title").get<std::string>(); !title.empty()) {
    text += markdown::escaped(title) + "\n\n";
  }
  return text + table_of_sides(comparison) + markdown_differing(comparison.at("differing")) +
         markdown_findings(comparison) + markdown_invariants(comparison.at("invariants")) +
         markdown_figures(comparison.at("figures")) + markdown_claims(comparison.at("claims"));
}

}  // namespace cutpoint
