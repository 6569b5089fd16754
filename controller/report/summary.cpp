// SPDX-License-Identifier: Apache-2.0
#include "controller/report/summary.h"

#include <algorithm>
#include <cctype>
#include <fmt/core.h>
#include <vector>

#include "controller/report/audit.h"
#include "controller/report/fault_text.h"
#include "controller/report/readiness.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  return object.at(key).get<std::string>();
}

std::string exit_meaning(int code, bool judged) {
  switch (code) {
    case 0:
      return judged ? "all invariants held" : "every fault did its work; nothing was to be judged";
    case 1:
      return "an invariant was violated";
    case 4:
      return "inconclusive: this proves nothing either way";
    case 130:
      return "interrupted; the faults were removed";
    default:
      return "see the README, exit codes";
  }
}

// "the target is not ready for this"
std::string readiness_words(const json& readiness) {
  const std::string verdict = text_of(readiness, "verdict");
  if (verdict == not_proven) return "that the target is ready for this is not proven";
  return fmt::format("the target is {} for this", verdict);
}

void show_exit(Page& page, const json& document, bool judged) {
  const int code = document.at("exit_code").get<int>();
  page.clip(0, fmt::format("exit {}:", code),
            exit_meaning(code, judged) + "; " + readiness_words(document.at("readiness")), 2);
}

// At most `most` of them, a line each where it fits, two where it does not.
void show_worst(Page& page, const json& findings, std::size_t most) {
  std::size_t shown = 0;
  for (const json& finding : findings) {
    if (shown == most) {
      page.clip(2, "", fmt::format("and {} more", findings.size() - shown), 1);
      return;
    }
    ++shown;
    std::string title = text_of(finding, "title");
    if (finding.contains("run")) {
      title = fmt::format("{} (run {}): {}", text_of(finding, "name"), finding.at("run").get<int>(),
                          title);
    }
    const std::string severity = text_of(finding, "severity");
    page.clip(2, fmt::format("[{}]", severity), title, findings.size() > most ? 1 : 2,
              is_severe(severity) ? Colour::red : Colour::yellow);
  }
}

void show_reasons(Page& page, const json& readiness, std::size_t most) {
  if (text_of(readiness, "verdict") != not_proven) return;
  std::size_t shown = 0;
  for (const json& reason : readiness.at("because")) {
    if (shown++ == most) {
      page.clip(2, "", fmt::format("and {} more", readiness.at("because").size() - most), 1);
      return;
    }
    page.clip(2, "-", reason.get<std::string>(), readiness.at("because").size() > most ? 1 : 2);
  }
}

void show_first_action(Page& page, const json& actions) {
  if (!actions.empty()) page.clip(0, "do first:", text_of(actions.front(), "remedy"), 3);
}

void show_fates(Page& page, const json& faults, std::size_t most) {
  std::size_t shown = 0;
  for (const json& fault : faults) {
    if (shown++ == most) {
      page.clip(0, "", fmt::format("and {} more", counted(faults.size() - most, "fault")), 1);
      return;
    }
    page.clip(0, text_of(fault, "name") + ":", fate_of(fault), 1, Colour::dim);
  }
}

void show_files(Page& page, const json& report) {
  if (!report.contains("out")) return;
  std::string files = text_of(report, "out");
  if (report.contains("not_written")) {
    files += "; not written: " + listed(report.at("not_written").get<std::vector<std::string>>());
  }
  page.item(0, "files in", 0, files);
}

std::string violations_text(const json& invariants) {
  const auto violated =
      std::count_if(invariants.begin(), invariants.end(),
                    [](const json& invariant) { return invariant.at("outcome") == "violated"; });
  if (violated == 0) return "";
  return fmt::format(": {} of {} violated", violated, counted(invariants.size(), "invariant"));
}

void show_title_line(Page& page, const std::string& name, const json& document,
                     const std::string& more) {
  const std::string outcome = text_of(document, "outcome");
  const Mark mark = mark_of(outcome);
  page.line(fmt::format("{} {} {} (exit {}){}", page.paint(mark.sign, mark.colour),
                        page.paint(printable(name), Colour::bold),
                        page.paint(upper(outcome), mark.colour),
                        document.at("exit_code").get<int>(), more));
}

// "3 not ready, 1 not proven, 2 ready"
std::string readiness_counts(const json& overview) {
  std::string text;
  for (const char* verdict : {not_ready, not_proven, ready}) {
    const auto count = std::count_if(overview.begin(), overview.end(), [&](const json& run) {
      return run.at("readiness") == verdict;
    });
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, verdict);
  }
  return text;
}

Mark mark_of_readiness(std::string_view verdict) {
  return mark_of(verdict == ready ? "held" : verdict == not_ready ? "violated" : "inconclusive");
}

void show_runs(Page& page, const json& overview, std::size_t most) {
  std::vector<json> worst(overview.begin(), overview.end());
  std::stable_sort(worst.begin(), worst.end(), [](const json& left, const json& right) {
    return badness(left) > badness(right);
  });
  std::size_t shown = 0;
  for (const json& run : worst) {
    if (shown++ == most) {
      page.clip(2, "", fmt::format("and {} more", worst.size() - most), 1);
      return;
    }
    const Mark mark = mark_of_readiness(text_of(run, "readiness"));
    page.clip(2, std::string{mark.sign},
              fmt::format("{} (run {}): {}, {}", text_of(run, "name"), run.at("run").get<int>(),
                          text_of(run, "readiness"),
                          counted(run.at("findings").get<std::size_t>(), "finding")),
              1, mark.colour);
  }
}

}  // namespace

Mark mark_of(std::string_view outcome) {
  if (outcome == "held") return {"✓", Colour::green};
  if (outcome == "violated") return {"✗", Colour::red};
  return {"?", Colour::yellow};
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char character) { return std::toupper(character); });
  return text;
}

void show_headline(Page& page, const json& report) {
  show_title_line(page, text_of(report, "scenario"), report,
                  violations_text(report.at("invariants")));
  if (const auto title = text_of(report, "title"); !title.empty()) page.clip(2, "", title, 2);
}

void show_audit_headline(Page& page, const json& audit) {
  show_title_line(page, "audit of " + counted(audit.at("runs").size(), "run"), audit,
                  ": " + readiness_counts(audit.at("overview")));
}

void show_report_summary(Page& page, const json& report) {
  constexpr std::size_t most_findings = 4;
  constexpr std::size_t most_reasons = 3;
  constexpr std::size_t most_faults = 2;
  show_headline(page, report);
  show_exit(page, report, !report.at("invariants").empty());
  show_worst(page, by_severity(report.at("findings")), most_findings);
  show_reasons(page, report.at("readiness"), most_reasons);
  for (const json& problem : report.at("problems")) {
    if (!report.at("inconclusive_because").empty()) break;  // there it is among the reasons
    page.clip(0, "problem:", problem.get<std::string>(), 1, Colour::yellow);
    break;  // the others are in the sections above
  }
  show_first_action(page, actions_of(report.at("findings")));
  show_fates(page, report.at("faults"), most_faults);
  show_files(page, report);
}

void show_audit_summary(Page& page, const json& audit) {
  constexpr std::size_t most_runs = 6;
  constexpr std::size_t most_findings = 4;
  constexpr std::size_t most_reasons = 2;
  show_audit_headline(page, audit);
  show_exit(page, audit, true);
  show_runs(page, audit.at("overview"), most_runs);
  show_worst(page, audit.at("findings"), most_findings);
  show_reasons(page, audit.at("readiness"), most_reasons);
  show_first_action(page, audit.at("actions"));
}

}  // namespace cutpoint
