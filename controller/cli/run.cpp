// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/format.h>
#include <iterator>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

#include "controller/cli/commands.h"
#include "controller/report/report.h"
#include "controller/run/output.h"
#include "controller/run/sequencer.h"
#include "controller/util/file.h"
#include "probes/amqp/publisher.h"
#include "probes/postgres/orders.h"

namespace cutpoint {
namespace {

constexpr int widest = 100;

// Columns to wrap at: the terminal's, or `widest` where stdout is none.
int columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return widest;
  return std::min<int>(size.ws_col, widest);
}

bool colour_wanted() {
  return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

// A reader that has gone away is no reason to lose the exit code.
void print_to_stdout(const std::string& text) {
  if (auto written = write_all(STDOUT_FILENO, text, "stdout"); !written) {
    print_error(written.error());
  }
}

std::vector<Override> parse_overrides(const std::vector<std::string>& set) {
  std::vector<Override> overrides;
  for (const std::string& text : set) {
    const std::size_t equals = text.find('=');
    overrides.push_back(
        Override{text.substr(0, equals), text.substr(std::min(equals + 1, text.size()))});
  }
  return overrides;
}

}  // namespace

std::optional<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

ExitCode run_command(const RunArguments& arguments) {
  return run_loaded(load_scenario(arguments.scenario, parse_overrides(arguments.set),
                                  arguments.command, from_environment),
                    arguments.settings);
}

ExitCode run_loaded(const LoadedScenario& loaded, const RunSettings& settings) {
  if (!loaded.scenario) {
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
      fmt::print(stderr, "{}\n", diagnostic.text());
    }
    return ExitCode::usage;
  }
  RunOptions options;
  options.out_directory = settings.out;
  options.dry_run = settings.dry_run;
  options.yes_really = settings.yes_really;
  options.hooks = settings.hooks;
  options.terminal = ::isatty(STDERR_FILENO) == 1;
  auto result = run_scenario(*loaded.scenario, options);
  if (!result) {
    print_error(result.error());
    return result.error().code;
  }
  if (result->report.is_null()) return printed(result->exit_code);
  const std::vector<std::string> usual{"text"};
  for (const std::string& format : settings.formats.empty() ? usual : settings.formats) {
    print_to_stdout(format == "json" ? indented(result->report)
                                     : render_text(result->report, colour_wanted(), columns()));
  }
  return result->exit_code;
}

int workload_command(const std::string& kind, int fd) {
  std::string text;
  std::array<char, 4096> part{};
  ssize_t size = 0;
  // Read as handed over: its user could not open it again by name.
  while ((size = ::read(fd, part.data(), part.size())) > 0) {
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  if (kind == "amqp.publish") {
    return probes::run_publisher(probes::publish_options_from_json(text));
  }
  return probes::run_orders(probes::orders_options_from_json(text));
}

}  // namespace cutpoint
