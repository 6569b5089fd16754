// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/command_line.h"

namespace cutpoint {
namespace {

constexpr const char* footer =
    "Without a target it looks at every connection that begins or ends in the network namespace "
    "of\n"
    "cutpoint, once: at the end that connects if that is there, else at the one that accepts. It\n"
    "ends with --for, with the command after `--`, or with Ctrl-C, always with exit code 0: it\n"
    "judges nothing. No packet is altered, no process is moved; only a command gets a cgroup of "
    "its\n"
    "own, and is ended where the trace ends first. Its output goes to stderr where the trace goes "
    "to\n"
    "stdout. Events that were lost are told at once, in the trace and on stderr.\n"
    "\n"
    "Examples:\n"
    "  cutpoint trace --service db=postgres@127.0.0.1:5432 --for 30s --summary\n"
    "  cutpoint trace --service db=postgres@127.0.0.1:5432 --moment commit.ack \\\n"
    "                 --format jsonl:commits.jsonl -- ./checkout\n"
    "  cutpoint trace slow --over 200ms --service db=postgres@127.0.0.1:5432 --pid 4711\n"
    "  cutpoint trace top --by process --service db=postgres@127.0.0.1:5432\n"
    "  cutpoint trace hist --metrics 127.0.0.1:9464 --service db=postgres@127.0.0.1:5432";

}  // namespace

CLI::App* add_trace(CLI::App& app, TraceArguments& arguments) {
  CLI::App* command = app.add_subcommand("trace", "what is said to services, as it is said");
  command
      ->add_option(
          "VIEW", arguments.view,
          "events (default): a line per moment; slow: answers that took longer than --over; "
          "hist: how long answers took, counted in the kernel; "
          "top: who waits for answers, a table that goes on")
      ->check(CLI::IsMember({"events", "slow", "hist", "top"}));
  Injection& whom = arguments.whom;
  add_repeatable(*command, "--service", whom.services,
                 "NAME=PROTOCOL@HOST:PORT[,KEY=VALUE]..., KEY is server_name or tls (repeatable)",
                 "SERVICE");
  add_repeatable(*command, "--moment", arguments.moments,
                 "show these alone (repeatable; default all of the protocol)", "MOMENT");
  add_repeatable(
      *command, "--peer", arguments.peers,
      "show only connections of which this is the client or the service (repeatable): an "
      "address, a prefix such as 10.0.0.0/8, a name, with :PORT or :PORT alone",
      "HOST[:PORT]");
  add_target(*command, whom, "target: a running process, without its children");
  add_single(*command, "--for", arguments.lasts, "how long", "DURATION");
  add_single(*command, "--over", arguments.over,
             "of the view slow: answers that took at least that long", "DURATION");
  add_single(*command, "--every", arguments.every,
             "of the view hist: show it then, too, and not at the end alone; of top: how often "
             "(default 1s)",
             "DURATION");
  command->add_option("--by", arguments.by, "of the view top: a row per flow (default) or process")
      ->check(CLI::IsMember({"flow", "process"}));
  add_single(*command, "--rate", arguments.rate,
             "lines of the views events and slow, at most; how many are left out is said", "N/s");
  add_single(
      *command, "--metrics", arguments.metrics,
      "numbers for Prometheus, at http://ADDRESS:PORT/metrics; port 0: one that is free, which "
      "stderr tells",
      "ADDRESS:PORT");
  command
      ->add_option("--format", arguments.format,
                   "text (default) or jsonl; to stdout, or with :FILE to a file")
      ->type_name("FORMAT[:FILE]");
  command->add_flag("--summary", arguments.summary,
                    "at the end: moments by name, flows, how long answers took");
  command->add_flag("--quiet,-q", arguments.quiet, "on stderr only what was not seen");
  command->footer(footer);
  return command;
}

}  // namespace cutpoint
