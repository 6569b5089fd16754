// SPDX-License-Identifier: Apache-2.0
// `--format FORMAT[:FILE]` of `run`, `inject` and `report`.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controller/cli/views.h"
#include "controller/report/report.h"
#include "controller/util/replaced_file.h"
#include "controller/util/result.h"

namespace cutpoint {

// "text, md, html, json, junit, trace"
std::string format_names();
std::vector<std::string> all_formats();

// Why it is none; empty: it is one.
std::string format_mistake(const std::string& argument);

// Whether two runs side by side can be printed as `argument` says.
bool is_format_of_comparison(const std::string& argument);

// What is to be printed where. Files are looked at before a run begins: it must not end in a report
// that has no place to go. Each keeps what it held until all of the new is there.
class Outputs {
 public:
  // `formats`: none of them has a format_mistake(); none at all means text on stdout. Error (2)
  // where a file cannot be written, or is one that a run has recorded: `runs` are the names of
  // those that are read, or of the one that will be written.
  static Result<Outputs> open(const std::vector<std::string>& formats, bool quiet,
                              const std::vector<std::string>& runs);

  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;
  Outputs(Outputs&&) noexcept = default;
  Outputs& operator=(Outputs&&) = delete;
  ~Outputs() = default;

  // One report as it is, several merged into an audit. false: one of them could not be rendered or
  // written, said to stderr; the others are. A pipe whose reader had enough has all it wants.
  [[nodiscard]] bool write(const std::vector<RecordedRun>& runs);
  // Likewise two runs side by side: of build_comparison(), in a format of comparisons.
  [[nodiscard]] bool write_comparison(const nlohmann::json& comparison);

 private:
  struct Output {
    std::string format;
    std::string file;                 // empty: stdout
    std::optional<ReplacedFile> way;  // to the file
    bool reader_gone = false;         // of stdout, before it had all of it
  };

  explicit Outputs(bool quiet) : quiet_(quiet) {}

  using Render = std::function<Status(const std::string& format, const TextStyle& style,
                                      const TextSink& sink)>;

  bool write_each(const Render& render);
  [[nodiscard]] bool is_taken(const Output& newest) const;  // by another
  static Status open_file(Output& output, const std::vector<std::string>& runs);
  Status write_to(Output& output, const Render& render) const;

  bool quiet_;
  std::vector<Output> outputs_;
};

}  // namespace cutpoint
