// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "controller/cli/commands.h"
#include "controller/cli/formats.h"
#include "controller/report/audit.h"
#include "controller/report/recorded.h"

namespace cutpoint {
namespace {

// Of a run, which may be named by its report.json as well.
std::string directory_of(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return path.string();
  return path.has_parent_path() ? path.parent_path().string() : ".";
}

}  // namespace

ExitCode report_command(const ReportArguments& arguments) {
  std::vector<nlohmann::json> reports;
  std::vector<ReportOfRun> runs;
  for (const std::string& directory : arguments.directories) {
    auto report = read_recorded(directory);
    if (!report) {
      print_error(report.error());
      return report.error().code;
    }
    reports.push_back(*report);
    runs.push_back({std::move(*report), directory_of(directory)});
  }
  auto outputs = Outputs::open(arguments.formats, arguments.quiet);
  if (!outputs) {
    print_error(outputs.error());
    return outputs.error().code;
  }
  const auto code = build_audit(reports).at("exit_code").get<int>();
  return outputs->write(runs, static_cast<ExitCode>(code));
}

}  // namespace cutpoint
