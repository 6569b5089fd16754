// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "controller/cli/commands.h"
#include "controller/cli/formats.h"
#include "controller/run/sequencer.h"
#include "controller/scenario/registry.h"
#include "probes/amqp/publisher.h"
#include "probes/postgres/orders.h"

namespace cutpoint {
namespace {

std::vector<Override> parse_overrides(const std::vector<std::string>& set) {
  std::vector<Override> overrides;
  for (const std::string& text : set) {
    const std::size_t equals = text.find('=');
    overrides.push_back(
        Override{text.substr(0, equals), text.substr(std::min(equals + 1, text.size()))});
  }
  return overrides;
}

// What is in the directory that this run will write to, if it is there already.
std::vector<std::string> earlier_run(const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) return {};
  return {directory};
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
      print_to_stderr(diagnostic.text() + "\n");
    }
    return ExitCode::usage;
  }
  RunOptions options;
  options.out_directory = settings.out;
  options.dry_run = settings.dry_run;
  options.yes_really = settings.yes_really;
  options.hooks = settings.hooks;
  options.terminal = ::isatty(STDERR_FILENO) == 1;
  options.quiet = settings.quiet;
  options.payloads = settings.payloads;
  auto outputs = Outputs::open(settings.dry_run ? std::vector<std::string>{} : settings.formats,
                               settings.quiet, earlier_run(settings.out));
  if (!outputs) return refused(outputs.error());
  auto result = run_scenario(*loaded.scenario, options);
  if (!result) return refused(result.error());
  if (result->report.is_null()) return printed(result->exit_code);
  const auto directory = result->report.at("out").get<std::string>();
  const bool written = outputs->write({{result->report, directory}});
  // What the run has found out is not hidden by a report that is missing.
  return !written && result->exit_code == ExitCode::held ? ExitCode::usage : result->exit_code;
}

int workload_command(const std::string& kind, int fd) {
  std::string text;
  std::array<char, 4096> part{};
  ssize_t size = 0;
  // Read as handed over: its user could not open it again by name.
  while ((size = ::read(fd, part.data(), part.size())) > 0) {
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  if (kind == publish_workload) {
    return probes::run_publisher(probes::publish_options_from_json(text));
  }
  return probes::run_orders(probes::orders_options_from_json(text));
}

}  // namespace cutpoint
