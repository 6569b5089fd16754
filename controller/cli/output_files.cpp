// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/output_files.h"

#include <filesystem>
#include <fmt/core.h>

#include "controller/run/output.h"

namespace cutpoint {

namespace {

// Also of a file that is not there yet; empty where that cannot be told.
std::filesystem::path whole(const std::string& name) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(name, error);
  if (error) return {};
  auto path = std::filesystem::weakly_canonical(absolute, error);
  return error ? std::filesystem::path() : path;
}

}  // namespace

bool is_same_file(const std::string& left, const std::string& right) {
  std::error_code error;
  if (std::filesystem::equivalent(left, right, error)) return true;
  const auto path = whole(left);
  return !path.empty() && path == whole(right);
}

std::string report_file_of(const std::string& run) {
  std::error_code error;
  const std::filesystem::path path(run);
  return std::filesystem::is_directory(path, error) ? (path / "report.json").string() : run;
}

std::string directory_of(const std::string& run) {
  std::error_code error;
  const std::filesystem::path path(run);
  if (std::filesystem::is_directory(path, error)) {
    return (path.has_filename() ? path : path.parent_path()).string();
  }
  return path.has_parent_path() ? path.parent_path().string() : ".";
}

Status check_spares_runs(const std::string& file, const std::vector<std::string>& runs) {
  for (const std::string& run : runs) {
    std::vector<std::string> kept = recorded_files(directory_of(run));
    kept.push_back(report_file_of(run));
    for (const std::string& recorded : kept) {
      if (!is_same_file(file, recorded)) continue;
      return Error{ExitCode::usage,
                   fmt::format("{} is what the run {} has recorded: a report would destroy it",
                               file, directory_of(run)),
                   ""};
    }
  }
  return {};
}

}  // namespace cutpoint
