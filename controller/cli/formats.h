// SPDX-License-Identifier: Apache-2.0
// `--format FORMAT[:FILE]` of `run`, `inject` and `report`.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/cli/views.h"
#include "controller/report/report.h"
#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// "text, md, html, json, junit, trace"
std::string format_names();
std::vector<std::string> all_formats();

// Why it is none; empty: it is one.
std::string format_mistake(const std::string& argument);

// Whether two runs side by side can be printed as `argument` says.
bool is_format_of_comparison(const std::string& argument);

// What is to be printed where. Files are opened before a run begins: it must not end in a report
// that has no place to go.
class Outputs {
 public:
  // `formats`: none of them has a format_mistake(); none at all means text on stdout. Error (2)
  // where a file cannot be written.
  static Result<Outputs> open(const std::vector<std::string>& formats, bool quiet);

  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;
  Outputs(Outputs&&) noexcept = default;
  Outputs& operator=(Outputs&&) = delete;
  ~Outputs();  // removes files that it made and that nothing was written to

  // One report as it is, several merged into an audit. `code`, or usage (2), said to stderr, where
  // `code` is held and something could not be rendered or written: but for a pipe whose reader had
  // enough.
  ExitCode write(const std::vector<RecordedRun>& runs, ExitCode code);
  // Likewise two runs side by side: of build_comparison(), in a format of comparisons.
  ExitCode write_comparison(const nlohmann::json& comparison, ExitCode code);

 private:
  struct Output {
    std::string format;
    std::string file;  // empty: stdout
    UniqueFd fd;
    bool made = false;  // by us
    bool written = false;
    bool reader_gone = false;  // of stdout, before it had all of it
  };

  explicit Outputs(bool quiet) : quiet_(quiet) {}

  using Render = std::function<Status(const std::string& format, const TextStyle& style,
                                      const TextSink& sink)>;

  ExitCode write_each(const Render& render, ExitCode code);
  [[nodiscard]] bool is_taken(const std::string& file) const;  // by more than one
  static Status open_file(Output& output);
  static Result<int> ready(Output& output);  // the descriptor to write to, of an empty file
  Status write_to(Output& output, const Render& render) const;

  bool quiet_;
  std::vector<Output> outputs_;
};

}  // namespace cutpoint
