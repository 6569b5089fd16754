// SPDX-License-Identifier: Apache-2.0
// One function per command. Each returns the exit code of the process.
#pragma once

#include <string>
#include <vector>

#include "controller/scenario/loader.h"
#include "controller/util/result.h"

namespace cutpoint {

struct RunArguments {
  std::string scenario;
  std::vector<std::string> set;      // KEY=VALUE
  std::string out;                   // empty: the default
  std::vector<std::string> formats;  // text, json
  std::vector<std::string> command;  // after --
  bool dry_run = false;
  bool yes_really = false;
};

ExitCode check_command();
ExitCode run_command(const RunArguments& arguments);
ExitCode clear_command();

// The hidden command that the workload's process is: options as JSON from descriptor `fd`.
int workload_orders_command(int fd);

// For commands whose work is what they print: `code`, or usage (2), said to stderr, where stdout
// did not take all of it.
ExitCode printed(ExitCode code);

// To stderr: "cutpoint: <message>" and, below, what to do next.
void print_error(const Error& error);

}  // namespace cutpoint
