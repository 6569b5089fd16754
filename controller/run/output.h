// SPDX-License-Identifier: Apache-2.0
// The directory that a run leaves behind: report.json, timeline.jsonl, scenario.yaml, and the
// target's stdout, stderr and history. Files are mode 0600.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/scenario/model.h"
#include "controller/timeline/timeline.h"
#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// As report.json is written and printed; with its newline.
std::string indented(const nlohmann::json& json);

class OutputDirectory {
 public:
  // Made with its parents, mode 0700. Error (2) if it cannot be written to.
  static Result<OutputDirectory> create(const std::string& path);

  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;
  OutputDirectory(OutputDirectory&&) noexcept = default;
  OutputDirectory& operator=(OutputDirectory&&) = delete;

  // Nothing was written, for the run ended before it began: what was made is removed again.
  ~OutputDirectory();

  // "./cutpoint-runs/<scenario>-<UTC time>"
  static std::string default_path(const Scenario& scenario);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

  // For the target to write to; -1 as user or group: ours.
  [[nodiscard]] Result<UniqueFd> open_for_target(const std::string& name) const;

  [[nodiscard]] Status write_scenario(const Scenario& scenario) const;
  [[nodiscard]] Status write_timeline(const Timeline& timeline, const Scenario& scenario) const;
  [[nodiscard]] Status write_report(const nlohmann::json& report) const;

 private:
  OutputDirectory(std::string path, std::vector<std::string> made)
      : path_(std::move(path)), made_(std::move(made)) {}

  std::string path_;
  std::vector<std::string> made_;  // by us, innermost first
};

}  // namespace cutpoint
