// SPDX-License-Identifier: Apache-2.0
// The directory that a run leaves behind: report.json, timeline.jsonl, trace.json, scenario.yaml,
// and the target's stdout, stderr and history. Files are new ones of mode 0600, in a directory that
// nobody else may write to: no name in it can lead root to another file.
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

// The paths of what a run records in `directory`, there or not: all but trace.json, which is a view
// of it.
std::vector<std::string> recorded_files(const std::string& directory);

class OutputDirectory {
 public:
  // Made with its parents, mode 0700. Error (2) if it cannot be written to, or others may write to
  // it, or its name is that of a symbolic link.
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

  // A new file, open, for who writes it bit by bit: the target, or write_trace().
  [[nodiscard]] Result<UniqueFd> new_file(const std::string& name) const;

  [[nodiscard]] Status write_scenario(const Scenario& scenario) const;
  [[nodiscard]] Status write_timeline(const Timeline& timeline, const Scenario& scenario) const;
  // The timeline once more, as a picture; see report/trace.h.
  [[nodiscard]] Status write_trace(const Timeline& timeline, const Scenario& scenario,
                                   const nlohmann::json& report) const;
  [[nodiscard]] Status write_history(const std::string& lines) const;
  [[nodiscard]] Status write_evidence(const std::string& packets) const;
  [[nodiscard]] Status write_report(const nlohmann::json& report) const;

 private:
  OutputDirectory(std::string path, std::vector<std::string> made)
      : path_(std::move(path)), made_(std::move(made)) {}

  Status open();
  [[nodiscard]] Status write(const std::string& name, std::string_view content) const;

  std::string path_;
  std::vector<std::string> made_;  // by us, innermost first
  UniqueFd fd_;
};

}  // namespace cutpoint
