// SPDX-License-Identifier: Apache-2.0
#include "controller/run/trace.h"

#include <fmt/format.h>
#include <unistd.h>

#include "controller/cli/commands.h"
#include "controller/run/trace_peers.h"
#include "controller/util/duration.h"

namespace cutpoint {
namespace {

Result<std::optional<Duration>> duration_of(const char* option,
                                            const std::optional<std::string>& text) {
  if (!text) return std::optional<Duration>();
  const auto duration = parse_duration(*text);
  if (duration) return std::optional<Duration>(*duration);
  return Error{ExitCode::usage,
               fmt::format("{} must be a duration: {}", option, explain_duration(*text)), ""};
}

Result<TraceStream> open_stream(const std::string& format) {
  const std::size_t colon = format.find(':');
  const std::string name = format.substr(0, colon);
  const std::string file = colon == std::string::npos ? "" : format.substr(colon + 1);
  const bool no_file = colon != std::string::npos && file.empty();
  if ((name != "text" && name != "jsonl") || no_file) {
    return Error{ExitCode::usage, fmt::format("--format {}: it is none of text, jsonl", format),
                 "write e.g. `--format jsonl` or `--format jsonl:trace.jsonl`"};
  }
  return TraceStream::open(name == "jsonl" ? TraceFormat::jsonl : TraceFormat::text, file);
}

Result<ExitCode> trace(const Scenario& whom, const TraceArguments& arguments) {
  TraceOptions options;
  CUTPOINT_TRY_ASSIGN(lasts, duration_of("--for", arguments.lasts));
  CUTPOINT_TRY_ASSIGN(over, duration_of("--over", arguments.over));
  options.lasts = lasts;
  options.over = over;
  CUTPOINT_TRY_ASSIGN(every, duration_of("--every", arguments.every));
  options.every = every;
  options.histograms = arguments.view == "hist";
  options.moments = arguments.moments;
  CUTPOINT_TRY_ASSIGN(peers, parse_peers(arguments.peers));
  options.peers = peers;
  options.summary = arguments.summary;
  options.quiet = arguments.quiet;
  options.terminal = ::isatty(STDERR_FILENO) == 1;
  if ((arguments.view == "slow") != options.over.has_value()) {
    return Error{ExitCode::usage, "the view `slow` and --over go together",
                 "write e.g. `cutpoint trace slow --over 200ms --service …`"};
  }
  if (options.every && !options.histograms) {
    return Error{ExitCode::usage, "--every is of the view `hist`",
                 "write e.g. `cutpoint trace hist --every 1s --service …`"};
  }
  CUTPOINT_TRY_ASSIGN(stream, open_stream(arguments.format));
  return run_trace(whom, options, stream);
}

}  // namespace

ExitCode trace_command(const TraceArguments& arguments) {
  const LoadedScenario loaded = load_observation(arguments.whom, from_environment);
  if (!loaded.scenario) {
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
      fmt::print(stderr, "{}\n", diagnostic.text());
    }
    return ExitCode::usage;
  }
  auto code = trace(*loaded.scenario, arguments);
  if (code) return *code;
  print_error(code.error());
  return code.error().code;
}

}  // namespace cutpoint
