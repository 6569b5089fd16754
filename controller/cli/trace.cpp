// SPDX-License-Identifier: Apache-2.0
#include "controller/run/trace.h"

#include <fmt/format.h>
#include <unistd.h>

#include "controller/cli/commands.h"
#include "controller/run/line_rate.h"
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

TopOptions top_options(const TraceArguments& arguments, const std::optional<Duration>& every) {
  TopOptions top;
  top.by_process = arguments.by == "process";
  if (every) top.every = *every;
  return top;
}

Result<std::optional<std::uint64_t>> line_rate_of(const std::optional<std::string>& text) {
  if (!text) return std::optional<std::uint64_t>();
  const auto rate = parse_line_rate(*text);
  if (rate) return std::optional<std::uint64_t>(*rate);
  return Error{ExitCode::usage,
               fmt::format("--rate {}: it must be lines per second, from 1/s to 1000000/s", *text),
               "write e.g. `--rate 100/s`"};
}

// Options that are of some views alone.
Status expect_in_place(const TraceArguments& arguments) {
  const std::string& view = arguments.view;
  if (arguments.every && view != "hist" && view != "top") {
    return Error{ExitCode::usage, "--every is of the views `hist` and `top`",
                 "write e.g. `cutpoint trace hist --every 1s --service …`"};
  }
  if (arguments.by && view != "top") {
    return Error{ExitCode::usage, "--by is of the view `top`",
                 "write e.g. `cutpoint trace top --by process --service …`"};
  }
  if (arguments.rate && view != "events" && view != "slow") {
    return Error{ExitCode::usage, "--rate is of the views `events` and `slow`, which write lines",
                 "leave it out"};
  }
  return {};
}

Result<ExitCode> trace(const Scenario& whom, const TraceArguments& arguments) {
  TraceOptions options;
  CUTPOINT_TRY_ASSIGN(lasts, duration_of("--for", arguments.lasts));
  CUTPOINT_TRY_ASSIGN(over, duration_of("--over", arguments.over));
  options.lasts = lasts;
  options.over = over;
  CUTPOINT_TRY_ASSIGN(every, duration_of("--every", arguments.every));
  options.histograms = arguments.view == "hist";
  if (arguments.view == "top") options.top.emplace(top_options(arguments, every));
  if (!options.top) options.every = every;
  CUTPOINT_TRY(expect_in_place(arguments));
  CUTPOINT_TRY_ASSIGN(rate, line_rate_of(arguments.rate));
  options.rate = rate;
  if (arguments.metrics) {
    CUTPOINT_TRY_ASSIGN(address, parse_metrics_address(*arguments.metrics));
    options.metrics = address;
  }
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
  CUTPOINT_TRY_ASSIGN(stream, open_stream(arguments.format));
  return run_trace(whom, options, stream);
}

}  // namespace

ExitCode trace_command(const TraceArguments& arguments) {
  const LoadedScenario loaded = load_observation(arguments.whom, from_environment);
  if (!loaded.scenario) {
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
      print_to_stderr(diagnostic.text() + "\n");
    }
    return ExitCode::usage;
  }
  auto code = trace(*loaded.scenario, arguments);
  if (code) return *code;
  print_error(code.error());
  return code.error().code;
}

}  // namespace cutpoint
