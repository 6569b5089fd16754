// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/formats.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

#include "controller/cli/commands.h"
#include "controller/cli/output_files.h"
#include "controller/util/errno_error.h"
#include "controller/util/file.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr auto names =
    std::array<std::string_view, 6>{"text", "md", "html", "json", "junit", "trace"};
constexpr int widest = 100;

// Columns to wrap at: the terminal's, or `widest` where stdout is none.
int columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return widest;
  return std::min<int>(size.ws_col, widest);
}

// https://no-color.org: set and not empty. A terminal that is "dumb" shows the sequences as text.
bool colour_wanted() {
  const char* none = std::getenv("NO_COLOR");
  if (none != nullptr && *none != '\0') return false;
  const char* kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

Error cannot_write_to_stdout(int number) {
  return errno_error("cannot write to stdout", number, "make room, or send it elsewhere");
}

std::string format_of(const std::string& argument) {
  return argument.substr(0, argument.find(':'));
}

std::string file_of(const std::string& argument) {
  const std::size_t colon = argument.find(':');
  return colon == std::string::npos ? "" : argument.substr(colon + 1);
}

}  // namespace

std::string format_names() {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> all_formats() {
  return {names.begin(), names.end()};
}

std::string format_mistake(const std::string& argument) {
  const std::string format = format_of(argument);
  if (std::find(names.begin(), names.end(), format) == names.end()) {
    return fmt::format("{} is none of {}", format, format_names());
  }
  const bool no_file = argument.size() > format.size() && file_of(argument).empty();
  return no_file ? "a file's name is missing behind the colon" : "";
}

bool is_format_of_comparison(const std::string& argument) {
  const std::string format = format_of(argument);
  return format == "text" || format == "md" || format == "json";
}

Status Outputs::open_file(Output& output, const std::vector<std::string>& runs) {
  const auto refused_as = [&output](Error error) {
    error.remedy = "choose another file behind `--format " + output.format + ":`";
    return error;
  };
  if (auto checked = check_spares_runs(output.file, runs); !checked) {
    return refused_as(std::move(checked).error());
  }
  auto file = ReplacedFile::open(output.file);
  if (!file) return refused_as(std::move(file).error());
  output.way.emplace(*std::move(file));
  return {};
}

Result<Outputs> Outputs::open(const std::vector<std::string>& formats, bool quiet,
                              const std::vector<std::string>& runs) {
  Outputs all(quiet);
  for (const std::string& argument : formats) {
    all.outputs_.push_back({format_of(argument), file_of(argument), std::nullopt});
    if (all.outputs_.back().file.empty()) continue;
    CUTPOINT_TRY(open_file(all.outputs_.back(), runs));
    if (all.is_taken(all.outputs_.back())) {
      return Error{ExitCode::usage,
                   "--format: two of them would be written to " + file_of(argument),
                   "name another file for one of them"};
    }
  }
  if (formats.empty()) all.outputs_.push_back({"text", "", std::nullopt});
  return all;
}

// Under two names, too, unless it takes one behind the other.
bool Outputs::is_taken(const Output& newest) const {
  return std::any_of(outputs_.begin(), outputs_.end(), [&](const Output& other) {
    if (&other == &newest || other.file.empty()) return false;
    return other.file == newest.file ||
           (newest.way->is_replaced() && is_same_file(other.file, newest.file));
  });
}

bool Outputs::write(const std::vector<RecordedRun>& runs) {
  const auto render = [&runs](const std::string& format, const TextStyle& style,
                              const TextSink& sink) {
    return render_runs(format, runs, style, sink);
  };
  return write_each(render);
}

bool Outputs::write_comparison(const json& comparison) {
  const auto render = [&comparison](const std::string& format, const TextStyle& style,
                                    const TextSink& sink) {
    return render_comparison(format, comparison, style, sink);
  };
  return write_each(render);
}

Status Outputs::write_to(Output& output, const Render& render) const {
  if (output.way) {
    const TextStyle style{false, widest, quiet_};
    return output.way->write(
        [&](const TextSink& sink) { return render(output.format, style, sink); });
  }
  const TextStyle style{colour_wanted(), columns(), quiet_};
  return render(output.format, style, [&output](std::string_view text) -> Status {
    const int number = error_of_writing(STDOUT_FILENO, text);
    output.reader_gone = number == EPIPE;
    return number == 0 ? Status() : cannot_write_to_stdout(number);
  });
}

bool Outputs::write_each(const Render& render) {
  bool all = true;
  for (Output& output : outputs_) {
    const Status written = write_to(output, render);
    if (written || output.reader_gone) continue;
    print_error(written.error());
    all = false;
  }
  return all;
}

}  // namespace cutpoint
