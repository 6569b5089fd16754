// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/command_line.h"

#include "controller/cli/formats.h"

namespace cutpoint {
namespace {

// Hidden: a kernel that has tcx links does what one without them does.
void add_hooks(CLI::App& command, std::optional<HookKind>& hooks) {
  const auto choose = [&hooks](const std::string& name) {
    hooks = name == name_of(HookKind::tcx) ? HookKind::tcx : HookKind::clsact;
  };
  command.add_option_function<std::string>("--hooks", choose)
      ->check(CLI::IsMember({name_of(HookKind::tcx), name_of(HookKind::clsact)}))
      ->group("");
}

void add_outputs(CLI::App& command, std::vector<std::string>& formats, bool& quiet,
                 const char* quiet_means) {
  command
      .add_option("--format", formats,
                  "what to print: " + format_names() +
                      "; to stdout, or with :FILE to a file (repeatable; default text)")
      ->type_name("FORMAT[:FILE]")
      ->allow_extra_args(false)
      ->check(format_mistake);
  command.add_flag("--quiet,-q", quiet, quiet_means);
}

void add_settings(CLI::App& command, RunSettings& settings, const char* guard_rails) {
  command.add_option("--out", settings.out, "output directory (default cutpoint-runs/NAME-TIME)")
      ->type_name("DIR");
  add_outputs(command, settings.formats, settings.quiet,
              "no progress on stderr, and of the text only the summary");
  command.add_flag("--dry-run", settings.dry_run,
                   "print rules, hooks, interfaces, processes and live flows that would be hit");
  command.add_flag("--payloads", settings.payloads,
                   "record what was said with the segments around each cut (evidence.pcapng): "
                   "slower, and it may be secret");
  command.add_flag("--yes-really", settings.yes_really, guard_rails);
  add_hooks(command, settings.hooks);
}

constexpr const char* guard_rails =
    "lift the guard rails: the root cgroup, a fault of more than 10 min, a service at any host";

}  // namespace

CLI::App* add_run(CLI::App& app, RunArguments& arguments) {
  CLI::App* command = app.add_subcommand("run", "run a scenario and judge what happened");
  command->add_option("SCENARIO", arguments.scenario, "scenario file (YAML)")->required();
  command
      ->add_option("--set", arguments.set,
                   "override a value: KEY=VALUE, e.g. faults.NAME.do.for=3s (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        const std::size_t equals = text.find('=');
        return equals == std::string::npos || equals == 0 ? "expected KEY=VALUE" : std::string();
      });
  add_settings(*command, arguments.settings, guard_rails);
  command->footer("A command after `--` replaces the scenario's target.");
  return command;
}

CLI::App* add_report(CLI::App& app, ReportArguments& arguments) {
  CLI::App* command = app.add_subcommand("report", "render a recorded run, or merge several");
  command
      ->add_option("DIR", arguments.directories,
                   "the directory of a run (`--out`); several become one audit")
      ->required();
  add_outputs(*command, arguments.formats, arguments.quiet, "of the text only the summary");
  command->add_flag("--compare", arguments.compare,
                    "two runs of the same scenario side by side, before and after a change (text, "
                    "md or json)");
  command->footer(
      "The exit code is that of the worst run: 1 before 4 before 0 (an interrupted one: 4, or 1 "
      "where\nit proved a violation). Of a comparison it is that of the second run.");
  return command;
}

CLI::App* add_schema(CLI::App& app, std::string& what) {
  CLI::App* command =
      app.add_subcommand("schema", "the JSON Schema of scenario files, or of what is reported");
  command
      ->add_option(
          "WHAT", what,
          "scenario (default), report (report.json), audit (several runs merged), or comparison "
          "(of two)")
      ->check(CLI::IsMember({"scenario", "report", "audit", "comparison"}));
  return command;
}

CLI::App* add_completion(CLI::App& app, std::string& shell) {
  CLI::App* command = app.add_subcommand("completion", "what a shell needs to complete cutpoint");
  command->add_option("SHELL", shell, "whose script is printed")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "bash: cutpoint completion bash > ~/.local/share/bash-completion/completions/cutpoint\n"
      "zsh:  cutpoint completion zsh > DIR/_cutpoint, where DIR is in $fpath\n"
      "fish: cutpoint completion fish > ~/.config/fish/completions/cutpoint.fish");
  return command;
}

void add_single(CLI::App& command, const char* option, std::optional<std::string>& into,
                const char* meaning, const char* type) {
  command.add_option(option, into, meaning)->type_name(type);
}

void add_repeatable(CLI::App& command, const char* option, std::vector<std::string>& into,
                    const char* meaning, const char* type) {
  command.add_option(option, into, meaning)->type_name(type)->allow_extra_args(false);
}

void add_target(CLI::App& command, Injection& whom, const char* pid_meaning) {
  add_single(command, "--pid", whom.pid, pid_meaning, "N");
  add_single(command, "--cgroup", whom.cgroup, "target: the processes of a cgroup v2", "PATH");
  add_single(command, "--unit", whom.unit, "target: the processes of a systemd unit", "NAME");
  add_single(command, "--container", whom.container,
             "target: the processes of a container, by 12 digits of its id or more", "ID");
  add_single(command, "--user", whom.user, "who runs the command after `--`", "USER");
}

CLI::App* add_inject(CLI::App& app, InjectArguments& arguments) {
  Injection& injection = arguments.injection;
  CLI::App* command = app.add_subcommand("inject", "one fault at one moment, without a scenario");
  add_repeatable(
      *command, "--service", injection.services,
      "NAME=PROTOCOL@HOST:PORT[,KEY=VALUE]...: heard on the wire alone, KEY is server_name or "
      "tls; NAME=PROTOCOL:DSN: asked as well (repeatable)",
      "SERVICE");
  add_repeatable(
      *command, "--at", injection.at,
      "[SERVICE/]MOMENT[:POSITION][,KEY=VALUE]...; POSITION is before, byte:N or after; KEY "
      "is a filter, or direction (up, down: of first_byte, bytes:N, close), nth, every, times, "
      "probability, once_per, mode, or name, and after or while of another's name (repeatable, "
      "each with its --do)",
      "WHERE");
  add_repeatable(*command, "--do", injection.act,
                 "FAULT VALUE [DURATION] [KEY=VALUE]... (repeatable)", "WHAT");
  add_target(*command, injection, "target: a running process");
  add_single(*command, "--timeout", injection.timeout,
             "how long the target may take (default 10m and twice each fault)", "DURATION");
  add_single(*command, "--seed", injection.seed, "of probabilities and jitter (default 1)", "N");
  add_settings(*command, arguments.settings, guard_rails);
  command->footer(inject_footer());
  return command;
}

}  // namespace cutpoint
