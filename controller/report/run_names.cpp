// SPDX-License-Identifier: Apache-2.0
#include "controller/report/run_names.h"

#include <algorithm>
#include <filesystem>
#include <fmt/core.h>

namespace cutpoint {
namespace {

using nlohmann::json;

bool is_unique(const std::vector<json>& reports, const json& scenario) {
  return std::count_if(reports.begin(), reports.end(),
                       [&](const json& other) { return other.at("scenario") == scenario; }) == 1;
}

// "slow-consumers" of "runs/slow-consumers/", and of "." where that is it; empty: the run left no
// files.
std::string directory_name(const json& report) {
  std::filesystem::path path = report.value("out", "");
  if (path.empty()) return "";
  std::error_code none;  // without a working directory "." stays what it is
  const auto whole = std::filesystem::absolute(path, none);
  path = (none ? path : whole).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

}  // namespace

std::vector<std::string> names_of_runs(const std::vector<json>& reports) {
  std::vector<std::string> names;
  for (const json& report : reports) {
    std::string name = report.at("scenario").get<std::string>();
    const std::string directory = directory_name(report);
    if (!is_unique(reports, report.at("scenario")) && !directory.empty()) {
      name += " in " + directory;
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> unique_names_of_runs(const std::vector<json>& reports) {
  std::vector<std::string> names = names_of_runs(reports);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (!is_unique(reports, reports[i].at("scenario"))) names[i] += fmt::format(" (run {})", i + 1);
  }
  return names;
}

}  // namespace cutpoint
