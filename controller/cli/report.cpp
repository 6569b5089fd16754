// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/commands.h"
#include "controller/cli/formats.h"
#include "controller/report/audit.h"
#include "controller/report/recorded.h"

namespace cutpoint {

ExitCode report_command(const ReportArguments& arguments) {
  std::vector<nlohmann::json> reports;
  for (const std::string& directory : arguments.directories) {
    auto report = read_recorded(directory);
    if (!report) {
      print_error(report.error());
      return report.error().code;
    }
    reports.push_back(std::move(*report));
  }
  auto outputs = Outputs::open(arguments.formats, arguments.quiet);
  if (!outputs) {
    print_error(outputs.error());
    return outputs.error().code;
  }
  const auto code = build_audit(reports).at("exit_code").get<int>();
  return outputs->write(reports, arguments.directories, static_cast<ExitCode>(code));
}

}  // namespace cutpoint
