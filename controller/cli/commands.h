// SPDX-License-Identifier: Apache-2.0
// One function per command. Each returns the exit code of the process.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "controller/kernel/hooks.h"
#include "controller/scenario/injection.h"
#include "controller/scenario/loader.h"
#include "controller/util/result.h"

namespace cutpoint {

// What `run` and `inject` have in common.
struct RunSettings {
  std::string out;                   // empty: the default
  std::vector<std::string> formats;  // FORMAT[:FILE]; see formats.h
  bool quiet = false;                // of text the summary alone, and no progress
  bool dry_run = false;
  bool yes_really = false;
  bool payloads = false;          // evidence.pcapng has them
  std::optional<HookKind> hooks;  // nullopt: the best that the kernel has
};

struct RunArguments {
  std::string scenario;
  std::vector<std::string> set;      // KEY=VALUE
  std::vector<std::string> command;  // after --
  RunSettings settings;
};

struct InjectArguments {
  Injection injection;
  RunSettings settings;
};

struct TraceArguments {
  std::string view = "events";  // or "slow", "hist", "top"
  Injection whom;               // without `at` and `act`
  std::vector<std::string> moments;
  std::vector<std::string> peers;
  std::optional<std::string> lasts;  // --for
  std::optional<std::string> over;
  std::optional<std::string> every;
  std::optional<std::string> by;       // of the view top: flow, process
  std::optional<std::string> rate;     // N/s
  std::optional<std::string> metrics;  // ADDRESS:PORT
  std::string format = "text";         // or jsonl, perhaps with :FILE
  bool summary = false;
  bool quiet = false;
};

struct ReportArguments {
  std::vector<std::string> directories;  // of recorded runs
  std::vector<std::string> formats;      // FORMAT[:FILE]
  bool quiet = false;
  bool compare = false;  // two runs of the same scenario, side by side
};

// Of the host; and of what these processes say in TLS.
ExitCode check_command(const std::vector<pid_t>& pids);
ExitCode run_command(const RunArguments& arguments);
ExitCode inject_command(const InjectArguments& arguments);
ExitCode trace_command(const TraceArguments& arguments);
// Of one run, or of several as one audit; the exit code is that of the worst. Or of two, compared;
// the exit code is that of the second.
ExitCode report_command(const ReportArguments& arguments);
// Of `what`: "scenario", "report", "audit", "comparison".
ExitCode schema_command(const std::string& what);
ExitCode clear_command();

// The hidden command that the workload's process is: options as JSON from descriptor `fd`.
int workload_command(const std::string& kind, int fd);

// Runs what was loaded and prints the report, or says to stderr why it cannot.
ExitCode run_loaded(const LoadedScenario& loaded, const RunSettings& settings);

std::optional<std::string> from_environment(const std::string& name);

// For commands whose work is what they print: `code`, or usage (2), said to stderr, where stdout
// did not take all of it.
ExitCode printed(ExitCode code);

// Where it is closed or full there is nobody left to tell: fmt::print() would throw.
void print_to_stderr(const std::string& text);

// To stderr: "cutpoint: <message>" and, below, what to do next.
void print_error(const Error& error);
// The same; its code.
ExitCode refused(const Error& error);

}  // namespace cutpoint
