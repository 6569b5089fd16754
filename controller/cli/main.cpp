// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fmt/format.h>

#include "controller/cli/command_line.h"
#include "controller/cli/completion.h"
#include "controller/cli/manual.h"
#include "controller/util/file.h"
#include "generated/version.h"

namespace cutpoint {

void print_to_stderr(const std::string& text) {
  std::fputs(text.c_str(), stderr);
}

void print_error(const Error& error) {
  print_to_stderr(fmt::format("cutpoint: {}\n", error.message));
  if (!error.remedy.empty()) print_to_stderr(fmt::format("  → {}\n", error.remedy));
}

ExitCode refused(const Error& error) {
  print_error(error);
  return error.code;
}

ExitCode printed(ExitCode code) {
  errno = std::ferror(stdout) != 0 ? errno : 0;  // it may have failed before
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  print_error(
      {ExitCode::usage,
       fmt::format("cannot write to stdout: {}", errno != 0 ? std::strerror(errno) : "lost"),
       "make room, or send it elsewhere"});
  return code == ExitCode::held ? ExitCode::usage : code;
}

namespace {

constexpr const char* description =
    "Injects faults into live TCP traffic at exact protocol moments, inside the kernel, and "
    "proves\n"
    "what the application and its services did about it.";

constexpr const char* footer =
    "Examples:\n"
    "  cutpoint check\n"
    "  cutpoint run scripts/scenarios/split-brain.yaml\n"
    "  cutpoint run split-brain.yaml --set faults.partition-at-commit.do.for=3s --out /tmp/run\n"
    "  cutpoint run checkout.yaml -- python3 checkout.py --orders 50\n"
    "  cutpoint inject --service db=postgres@127.0.0.1:5432 --at commit.request:after \\\n"
    "                  --do 'blackhole both 30s' --pid 4711\n"
    "  cutpoint trace --service db=postgres@127.0.0.1:5432 --for 30s --summary\n"
    "  cutpoint report cutpoint-runs/* --format md:audit.md --format junit:junit.xml\n"
    "  cutpoint schema > scenario.schema.json\n"
    "  cutpoint clear\n"
    "\n"
    "Exit codes: 0 all invariants held, 1 one was violated, 2 bad usage or scenario file, 3 this "
    "host\n"
    "or service cannot run it, 4 inconclusive, 130 interrupted (faults removed).";

// `-- COMMAND…` is taken out first: CLI11 would read the command's own options as ours.
std::vector<std::string> command_after_dashes(int& argc, char** argv) {
  std::vector<std::string> command;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--") continue;
    command.assign(argv + i + 1, argv + argc);
    argc = i;
    break;
  }
  return command;
}

// CLI11 would only say that a subcommand is required.
bool names_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const std::string_view first = argv[1];
  const auto is_first = [first](const CLI::App* command) { return command->get_name() == first; };
  if (!app.get_subcommands(is_first).empty()) return false;
  print_error(
      {ExitCode::usage, fmt::format("unknown command '{}'", argv[1]),
       "the commands are check, run, inject, trace, report, schema, completion, man and clear; "
       "see cutpoint --help"});
  return true;
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto commands = app.get_subcommands();
  const std::string command = commands.empty() ? "" : " " + commands.front()->get_name();
  std::string message = error.what();
  std::replace(message.begin(), message.end(), '\n', ' ');
  return {ExitCode::usage, message, "see cutpoint" + command + " --help"};
}

// For printed(), which finds out whether stdout took it: fmt::print() would throw.
void print_text(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}

ExitCode completion_command(const CLI::App& app, const std::string& shell) {
  const ProgramWords words = words_of(app);
  print_text(shell == "bash"  ? bash_completion(words)
             : shell == "zsh" ? zsh_completion(words)
                              : fish_completion(words));
  return ExitCode::held;
}

ExitCode manual_command(const CLI::App& app) {
  print_text(manual_page(words_of(app)));
  return ExitCode::held;
}

int run_main(int argc, char** argv) {
  RunArguments run;
  InjectArguments inject;
  run.command = command_after_dashes(argc, argv);
  inject.injection.command = run.command;
  TraceArguments trace;
  trace.whom.command = run.command;
  CLI::App app(description, "cutpoint");
  app.footer(footer);
  app.set_version_flag("--version",
                       fmt::format("cutpoint {} ({})", CUTPOINT_VERSION, CUTPOINT_REVISION));
  app.require_subcommand(1);
  CLI::App* check = app.add_subcommand("check", "what this host can do, and what to change");
  std::vector<pid_t> pids;
  check->add_option("--pid", pids, "also: can what this process says in TLS be read (repeatable)")
      ->type_name("PID")
      ->allow_extra_args(false)
      ->check(CLI::PositiveNumber);
  CLI::App* clear = app.add_subcommand("clear", "remove whatever a dead run left on this host");
  std::string schema_of;
  CLI::App* schema = add_schema(app, schema_of);
  std::string shell;
  CLI::App* completion = add_completion(app, shell);
  CLI::App* manual = app.add_subcommand("man", "the manual page, for man -l");
  ReportArguments report;
  CLI::App* reports = add_report(app, report);
  add_run(app, run);
  CLI::App* injects = add_inject(app, inject);
  CLI::App* traces = add_trace(app, trace);
  int settings_fd = -1;
  std::string workload_kind;
  CLI::App* workload = app.add_subcommand("workload", "")->group("");
  workload->add_option("KIND", workload_kind)->required();
  workload->add_option("FD", settings_fd)->required();
  if (names_unknown_command(app, argc, argv)) return static_cast<int>(ExitCode::usage);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // the help, or the version
    print_error(usage_error(app, error));
    return static_cast<int>(ExitCode::usage);
  }
  if (*workload) return workload_command(workload_kind, settings_fd);
  if (*check) return static_cast<int>(printed(check_command(pids)));
  if (*clear) return static_cast<int>(printed(clear_command()));
  if (*schema) return static_cast<int>(printed(schema_command(schema_of)));
  if (*completion) return static_cast<int>(printed(completion_command(app, shell)));
  if (*manual) return static_cast<int>(printed(manual_command(app)));
  if (*reports) return static_cast<int>(report_command(report));
  if (*traces) return static_cast<int>(trace_command(trace));
  if (*injects) return static_cast<int>(inject_command(inject));
  return static_cast<int>(run_command(run));
}

}  // namespace
}  // namespace cutpoint

int main(int argc, char** argv) {
  cutpoint::open_missing_standard_files();
  try {
    return cutpoint::run_main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cutpoint: internal error: %s\n", error.what());
    return static_cast<int>(cutpoint::ExitCode::unavailable);
  }
}
