// SPDX-License-Identifier: Apache-2.0
#include "controller/report/audit.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <string>

#include "controller/report/readiness.h"
#include "controller/report/report_schema.h"
#include "controller/report/run_names.h"
#include "controller/verify/phrases.h"
#include "generated/version.h"

namespace cutpoint {
namespace {

using nlohmann::json;

int rank(const json& severity) {
  constexpr auto order = std::array{Severity::critical, Severity::high, Severity::medium};
  const auto found = std::find_if(order.begin(), order.end(), [&](Severity one) {
    return severity.get_ref<const std::string&>() == name(one);
  });
  return static_cast<int>(found - order.begin());
}

void sort_by_severity(json& list) {
  std::stable_sort(list.begin(), list.end(), [](const json& left, const json& right) {
    return rank(left.at("severity")) < rank(right.at("severity"));
  });
}

// Adds it to a list that has each value once.
void add(json& list, const json& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

// The row of `list` that agrees with `row` in these keys; `row` itself, added, if there is none.
json& row_like(json& list, const json& row, std::initializer_list<const char*> keys) {
  for (json& old : list) {
    const bool same = std::all_of(keys.begin(), keys.end(),
                                  [&](const char* key) { return old.at(key) == row.at(key); });
    if (same) return old;
  }
  list.push_back(row);
  return list.back();
}

// An interrupted run says 130, whatever it found before.
ExitCode code_of(const json& report) {
  if (report.at("outcome") == "violated") return ExitCode::violated;
  const bool held = report.at("outcome") == "held" && !report.at("interrupted").get<bool>();
  return held ? ExitCode::held : ExitCode::inconclusive;
}

ExitCode worse(ExitCode left, ExitCode right) {
  if (left == ExitCode::violated || right == ExitCode::violated) return ExitCode::violated;
  return left == ExitCode::held ? right : left;
}

const char* outcome_of(ExitCode code) {
  if (code == ExitCode::violated) return "violated";
  return code == ExitCode::held ? "held" : "inconclusive";
}

std::size_t count_outcome(const json& invariants, const char* outcome) {
  return static_cast<std::size_t>(
      std::count_if(invariants.begin(), invariants.end(),
                    [&](const json& one) { return one.at("outcome") == outcome; }));
}

// By run, in their order: names_of_runs().
using Names = std::vector<std::string>;

json overview_of(const std::vector<json>& reports, const Names& names) {
  json overview = json::array();
  for (const json& report : reports) {
    const json& invariants = report.at("invariants");
    overview.push_back({{"run", overview.size() + 1},
                        {"scenario", report.at("scenario")},
                        {"name", names[overview.size()]},
                        {"title", report.at("title")},
                        {"outcome", report.at("outcome")},
                        {"exit_code", report.at("exit_code")},
                        {"readiness", report.at("readiness").at("verdict")},
                        {"invariants", invariants.size()},
                        {"violated", count_outcome(invariants, "violated")},
                        {"inconclusive", count_outcome(invariants, "inconclusive")},
                        {"findings", report.at("findings").size()},
                        {"out", report.value("out", json(nullptr))}});
  }
  return overview;
}

json findings_of(const std::vector<json>& reports, const Names& names) {
  json findings = json::array();
  for (std::size_t i = 0; i < reports.size(); ++i) {
    for (json finding : reports[i].at("findings")) {
      finding["run"] = i + 1;
      finding["scenario"] = reports[i].at("scenario");
      finding["name"] = names[i];
      findings.push_back(std::move(finding));
    }
  }
  return by_severity(std::move(findings));
}

// A claim is the same where its id and its sentence are.
json claims_of(const std::vector<json>& reports, const Names& names) {
  json claims = json::array();
  for (std::size_t i = 0; i < reports.size(); ++i) {
    for (const json& claim : reports[i].at("claims")) {
      const json fresh = {{"id", claim.at("id")},
                          {"claim", claim.at("claim")},
                          {"source", claim.at("source")},
                          {"runs", json::array()}};
      json& row = row_like(claims, fresh, {"id", "claim"});
      row["runs"].push_back({{"run", i + 1},
                             {"scenario", reports[i].at("scenario")},
                             {"name", names[i]},
                             {"verdict", claim.at("verdict")},
                             {"measured", claim.at("measured")}});
    }
  }
  return claims;
}

json readiness_of(const std::vector<json>& reports, const Names& names) {
  if (reports.size() == 1) return reports.front().at("readiness");
  const auto has = [&](const char* verdict) {
    return std::any_of(reports.begin(), reports.end(), [&](const json& report) {
      return report.at("readiness").at("verdict") == verdict;
    });
  };
  const char* verdict = has(not_ready) ? not_ready : has(not_proven) ? not_proven : ready;
  json because = json::array();
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const json& of = reports[i].at("readiness");
    if (of.at("verdict") != verdict) continue;
    for (const json& reason : of.at("because")) {
      because.push_back(fmt::format("{} (run {}): {}", names[i], i + 1, reason.get<std::string>()));
    }
  }
  return {{"verdict", verdict}, {"because", because}};
}

}  // namespace

json by_severity(json findings) {
  sort_by_severity(findings);
  return findings;
}

json impact_of(const json& findings) {
  json rows = json::array();
  std::size_t number = 0;
  for (const json& finding : findings) {
    ++number;
    const json fresh = {{"severity", finding.at("severity")},
                        {"component", finding.at("component")},
                        {"impact", finding.at("impact")},
                        {"findings", json::array()}};
    json& row = row_like(rows, fresh, {"component", "impact"});
    row["findings"].push_back(number);
    if (rank(finding.at("severity")) < rank(row.at("severity"))) {
      row["severity"] = finding.at("severity");
    }
  }
  sort_by_severity(rows);
  return rows;
}

json actions_of(const json& findings) {
  json actions = json::array();
  std::size_t number = 0;
  for (const json& finding : findings) {
    ++number;
    if (finding.at("remedy").get_ref<const std::string&>().empty()) continue;
    const json fresh = {{"severity", finding.at("severity")},
                        {"remedy", finding.at("remedy")},
                        {"components", json::array()},
                        {"references", json::array()},
                        {"findings", json::array()}};
    json& action = row_like(actions, fresh, {"remedy"});
    action["findings"].push_back(number);
    add(action["components"], finding.at("component"));
    if (!finding.at("reference").is_null()) add(action["references"], finding.at("reference"));
    if (rank(finding.at("severity")) < rank(action.at("severity"))) {
      action["severity"] = finding.at("severity");
    }
  }
  // Of the same severity, what answers more findings goes first.
  std::stable_sort(actions.begin(), actions.end(), [](const json& left, const json& right) {
    return left.at("findings").size() > right.at("findings").size();
  });
  sort_by_severity(actions);
  return actions;
}

int badness(const json& run) {
  if (run.at("readiness") == not_ready) return 2;
  return run.at("readiness") == not_proven ? 1 : 0;
}

ExitCode exit_code_of(const std::vector<json>& reports) {
  ExitCode code = ExitCode::held;
  for (const json& report : reports) code = worse(code, code_of(report));
  return code;
}

json build_audit(const std::vector<json>& reports) {
  const ExitCode code = exit_code_of(reports);
  const Names names = names_of_runs(reports);
  const json findings = findings_of(reports, names);
  return {{"schema_version", report_schema_version},
          {"cutpoint", {{"version", CUTPOINT_VERSION}, {"revision", CUTPOINT_REVISION}}},
          {"outcome", outcome_of(code)},
          {"exit_code", static_cast<int>(code)},
          {"readiness", readiness_of(reports, names)},
          {"overview", overview_of(reports, names)},
          {"findings", findings},
          {"impact", impact_of(findings)},
          {"actions", actions_of(findings)},
          {"claims", claims_of(reports, names)},
          {"runs", reports}};
}

}  // namespace cutpoint
