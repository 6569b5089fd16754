// SPDX-License-Identifier: Apache-2.0
#include "controller/report/recorded.h"

#include <filesystem>
#include <fmt/core.h>

#include "controller/report/contradiction.h"
#include "controller/report/report_schema.h"
#include "controller/report/schema_check.h"
#include "controller/util/file.h"

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
