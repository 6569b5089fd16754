// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/formats.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/cli/commands.h"
#include "controller/report/audit.h"
#include "controller/report/html/picture.h"
#include "controller/report/report.h"
#include "controller/run/output.h"
#include "controller/util/file.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr auto names = std::array<std::string_view, 5>{"text", "md", "html", "json", "junit"};
constexpr int widest = 100;

// Columns to wrap at: the terminal's, or `widest` where stdout is none.
int columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return widest;
  return std::min<int>(size.ws_col, widest);
}

// https://no-color.org: set and not empty.
bool colour_wanted() {
  const char* none = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (none == nullptr || *none == '\0');
}

std::string format_of(const std::string& argument) {
  return argument.substr(0, argument.find(':'));
}

std::string file_of(const std::string& argument) {
  const std::size_t colon = argument.find(':');
  return colon == std::string::npos ? "" : argument.substr(colon + 1);
}

// Of each run, what its timeline looks like; null where its directory is not known or has none.
std::vector<json> pictures_of(const std::vector<json>& reports,
                              const std::vector<std::string>& directories) {
  std::vector<json> pictures;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    pictures.push_back(directories[i].empty() ? json(nullptr)
                                              : html::picture_beside(reports[i], directories[i]));
  }
  return pictures;
}

std::string rendered(const std::string& format, const std::vector<json>& reports,
                     const std::vector<std::string>& directories, const TextStyle& style) {
  const bool single = reports.size() == 1;
  if (format == "junit") return render_junit(reports);
  if (format == "md") return render_markdown(build_audit(reports));
  if (format == "html") {
    return render_html(build_audit(reports), pictures_of(reports, directories));
  }
  if (format == "json") return indented(single ? reports.front() : build_audit(reports));
  return single ? render_text(reports.front(), style)
                : render_audit_text(build_audit(reports), style);
}

}  // namespace

std::string format_names() {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string format_mistake(const std::string& argument) {
  const std::string format = format_of(argument);
  if (std::find(names.begin(), names.end(), format) == names.end()) {
    return fmt::format("{} is none of {}", format, format_names());
  }
  const bool no_file = argument.size() > format.size() && file_of(argument).empty();
  return no_file ? "a file's name is missing behind the colon" : "";
}

Status Outputs::open_file(Output& output) {
  const char* file = output.file.c_str();
  constexpr int way = O_WRONLY | O_CLOEXEC;
  constexpr mode_t everybody = 0666;  // less the umask: a pipeline's next step may be another user
  output.fd.reset(::open(file, way | O_CREAT | O_EXCL, everybody));
  output.made = static_cast<bool>(output.fd);
  if (!output.fd && errno == EEXIST) output.fd.reset(::open(file, way));
  if (output.fd) return {};
  return Error{ExitCode::usage,
               fmt::format("cannot write to {}: {}", output.file, std::strerror(errno)),
               "choose another file behind `--format " + output.format + ":`"};
}

Result<Outputs> Outputs::open(const std::vector<std::string>& formats, bool quiet) {
  Outputs all(quiet);
  for (const std::string& argument : formats) {
    all.outputs_.push_back({format_of(argument), file_of(argument), UniqueFd(), false, false});
    if (all.outputs_.back().file.empty()) continue;
    if (auto opened = open_file(all.outputs_.back()); !opened) return std::move(opened).error();
  }
  if (formats.empty()) all.outputs_.push_back({"text", "", UniqueFd(), false, false});
  return all;
}

Outputs::~Outputs() {
  for (const Output& output : outputs_) {
    if (output.made && !output.written) ::unlink(output.file.c_str());
  }
}

Status Outputs::write_to(Output& output, const std::string& text) {
  output.written = true;
  if (output.file.empty()) return write_all(STDOUT_FILENO, text, "stdout");
  struct stat self {};
  const bool regular = ::fstat(output.fd.get(), &self) == 0 && S_ISREG(self.st_mode);
  if (regular && ::ftruncate(output.fd.get(), 0) != 0) {
    return Error{ExitCode::usage,
                 fmt::format("cannot write to {}: {}", output.file, std::strerror(errno)), ""};
  }
  return write_all(output.fd.get(), text, output.file);
}

ExitCode Outputs::write(const std::vector<json>& reports,
                        const std::vector<std::string>& directories, ExitCode code) {
  for (Output& output : outputs_) {
    const bool to_stdout = output.file.empty();
    const TextStyle style{to_stdout && colour_wanted(), to_stdout ? columns() : widest, quiet_};
    const Status written = write_to(output, rendered(output.format, reports, directories, style));
    if (written) continue;
    print_error(written.error());
    // A reader of stdout that has gone away is no reason to lose the exit code.
    if (!to_stdout && code == ExitCode::held) code = ExitCode::usage;
  }
  return code;
}

}  // namespace cutpoint
