// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "controller/cli/commands.h"
#include "controller/cli/formats.h"
#include "controller/cli/output_files.h"
#include "controller/report/audit.h"
#include "controller/report/compare.h"
#include "controller/report/recorded.h"

namespace cutpoint {
namespace {

// Error (2) where a comparison is asked for that has no meaning.
Status check_comparison(const ReportArguments& arguments) {
  if (arguments.directories.size() != 2) {
    return Error{ExitCode::usage,
                 fmt::format("--compare takes two runs, not {}", arguments.directories.size()),
                 "name the run before the change, then the one after it"};
  }
  for (const std::string& format : arguments.formats) {
    if (is_format_of_comparison(format)) continue;
    return Error{ExitCode::usage, fmt::format("a comparison is not written as {}", format),
                 "use text, md or json; without --compare the two become one audit"};
  }
  return {};
}

ExitCode compare(const std::vector<RecordedRun>& runs, Outputs& outputs) {
  const std::vector<nlohmann::json> reports = reports_of(runs);
  const auto comparison = build_comparison(reports.front(), reports.back());
  if (!comparison) return refused(comparison.error());
  if (!outputs.write_comparison(*comparison)) return ExitCode::usage;
  return exit_code_of({reports.back()});
}

// Error (2) where two names lead to the same report: it would be counted twice, or compared with
// itself.
Status check_distinct(const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = i + 1; j < names.size(); ++j) {
      if (!is_same_file(report_file_of(names[i]), report_file_of(names[j]))) continue;
      return Error{ExitCode::usage, fmt::format("{} and {} are the same run", names[i], names[j]),
                   "name each run once"};
    }
  }
  return {};
}

}  // namespace

ExitCode report_command(const ReportArguments& arguments) {
  // One reader that has had enough must not keep the other formats from being written.
  ::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): cannot fail for SIGPIPE
  if (arguments.compare) {
    if (const Status checked = check_comparison(arguments); !checked) {
      return refused(checked.error());
    }
  }
  std::vector<RecordedRun> runs;
  for (const std::string& directory : arguments.directories) {
    auto report = read_recorded(directory);
    if (!report) return refused(report.error());
    runs.push_back({std::move(*report), directory_of(directory)});
  }
  if (const Status checked = check_distinct(arguments.directories); !checked) {
    return refused(checked.error());
  }
  auto outputs = Outputs::open(arguments.formats, arguments.quiet, arguments.directories);
  if (!outputs) return refused(outputs.error());
  if (arguments.compare) return compare(runs, *outputs);
  // It is run for what it prints: without that, whatever the runs say, nobody has been told.
  if (!outputs->write(runs)) return ExitCode::usage;
  return exit_code_of(reports_of(runs));
}

}  // namespace cutpoint
