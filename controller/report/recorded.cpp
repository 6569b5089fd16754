// SPDX-License-Identifier: Apache-2.0
#include "controller/report/recorded.h"

#include <algorithm>
#include <filesystem>
#include <fmt/core.h>

#include "controller/report/readiness.h"
#include "controller/report/report_schema.h"
#include "controller/report/schema_check.h"
#include "controller/util/file.h"
#include "controller/verify/phrases.h"
#include "controller/verify/verify.h"

namespace cutpoint {
namespace {

using nlohmann::json;

Error no_report(const std::string& file, const std::string& why, const std::string& remedy) {
  return Error{ExitCode::usage, fmt::format("{} is no report: {}", file, why), remedy};
}

// "cutpoint 0.1.0 (1a2b3c4)", as far as the file says it.
std::string writer_of(const json& report) {
  const json writer = report.value("cutpoint", json::object());
  if (!writer.is_object() || !writer.contains("version") || !writer["version"].is_string()) {
    return "the cutpoint that wrote it";
  }
  std::string text = "cutpoint " + writer["version"].get<std::string>();
  if (writer.contains("revision") && writer["revision"].is_string()) {
    text += " (" + writer["revision"].get<std::string>() + ")";
  }
  return text;
}

// What to name instead of a file that is none. One of another name than a run gives it may have
// been met by the shell, among the directories of runs: "runs/*".
std::string what_to_name(const std::filesystem::path& file) {
  if (file.filename() == "report.json") return "name the directory of a run";
  return fmt::format("name the directories of runs alone, e.g. {}",
                     (file.parent_path() / "*" / "").string());
}

Status check_version(const std::string& file, const json& report) {
  if (!report.is_object() || !report.contains("schema_version")) {
    return no_report(file, "it has no `schema_version`", what_to_name(file));
  }
  if (report.contains("runs")) {
    return no_report(file, "it is an audit of several runs", what_to_name(file));
  }
  if (report.contains("before") && report.contains("after")) {
    return no_report(file, "it is a comparison of two runs", what_to_name(file));
  }
  const json& version = report.at("schema_version");
  if (version == report_schema_version) return {};
  return no_report(file,
                   fmt::format("its schema_version is {}, this cutpoint reads {}", version.dump(),
                               report_schema_version),
                   "render it with " + writer_of(report) + ", or run its scenario again");
}

// Why no run has ended so; empty: one may have. exit_code() is the rule.
std::string exit_code_mistake(const json& report) {
  const bool interrupted = report.at("interrupted").get<bool>();
  for (const Outcome outcome : {Outcome::held, Outcome::violated, Outcome::inconclusive}) {
    if (report.at("outcome") != name(outcome)) continue;
    const int code = static_cast<int>(exit_code(outcome, interrupted));
    if (report.at("exit_code") == code) return "";
    return fmt::format(
        "its exit_code is {}, that of a run which {} is {}", report.at("exit_code").dump(),
        interrupted ? "was interrupted" : fmt::format("ended {}", name(outcome)), code);
  }
  return "";
}

bool any_invariant(const json& report, Outcome outcome) {
  const json& all = report.at("invariants");
  return std::any_of(all.begin(), all.end(),
                     [&](const json& one) { return one.at("outcome") == name(outcome); });
}

bool any_severe(const json& report) {
  const json& all = report.at("findings");
  return std::any_of(all.begin(), all.end(), [](const json& one) {
    return is_severe(one.at("severity").get_ref<const std::string&>());
  });
}

// Likewise; verify() is the rule. One that is inconclusive may hold violations: it cannot trust
// them.
std::string outcome_mistake(const json& report) {
  const json& outcome = report.at("outcome");
  if (outcome == name(Outcome::violated)) {
    const bool violated = any_invariant(report, Outcome::violated);
    return violated ? "" : "its outcome is violated, and no invariant is";
  }
  if (outcome != name(Outcome::held)) return "";
  for (const Outcome other : {Outcome::violated, Outcome::inconclusive}) {
    if (!any_invariant(report, other)) continue;
    return fmt::format("its outcome is held, and an invariant is {}", name(other));
  }
  if (report.at("inconclusive_because").empty()) return "";
  return "its outcome is held, and it says why it would be inconclusive";
}

// Likewise; readiness_section() is the rule. Of a run without a severe finding the report alone
// does not tell all that may be missing from a proof.
std::string readiness_mistake(const json& report) {
  const json& verdict = report.at("readiness").at("verdict");
  const bool sound = report.at("outcome") != name(Outcome::inconclusive);
  const bool severe = sound && any_severe(report);
  const auto mistake = [&](const char* because) {
    return fmt::format("its readiness is {}, and {}", verdict.get_ref<const std::string&>(),
                       because);
  };
  if (severe) return verdict == not_ready ? "" : mistake("a finding is critical or high");
  if (verdict == not_ready) {
    return mistake(sound ? "no finding is critical or high" : "the run is inconclusive");
  }
  if (verdict != ready) return "";
  if (!sound) return mistake("the run is inconclusive");
  if (report.at("interrupted").get<bool>()) return mistake("the run was interrupted");
  if (report.at("invariants").empty()) return mistake("nothing was expected of the target");
  const bool judged = !any_invariant(report, Outcome::inconclusive);
  return judged ? "" : mistake("an invariant is inconclusive");
}

// Of what the report says in two places.
std::string contradiction(const json& report) {
  for (const auto& mistake_of : {exit_code_mistake, outcome_mistake, readiness_mistake}) {
    if (std::string mistake = mistake_of(report); !mistake.empty()) return mistake;
  }
  return "";
}

}  // namespace

Result<json> read_recorded(const std::string& path) {
  constexpr const char* remedy =
      "name the directory of a run (`--out`), which holds its report.json";
  if (path.empty()) return Error{ExitCode::usage, "the name of a run is empty", remedy};
  std::error_code error;
  const bool directory = std::filesystem::is_directory(path, error);
  const std::string file =
      directory ? (std::filesystem::path(path) / "report.json").string() : path;
  auto text = read_file(file);
  if (!text) {
    Error unread = std::move(text).error();
    return Error{ExitCode::usage, unread.message, unread.remedy.empty() ? remedy : unread.remedy};
  }
  json report = json::parse(*text, nullptr, false);
  if (report.is_discarded()) {
    return no_report(file, "it is not JSON", what_to_name(file));
  }
  CUTPOINT_TRY(check_version(file, report));
  std::string mistake = first_mistake(report_schema(), report);
  if (mistake.empty()) mistake = contradiction(report);
  if (!mistake.empty()) {
    return no_report(file, mistake,
                     "it was changed, or written by another revision: " + writer_of(report));
  }
  return report;
}

}  // namespace cutpoint
