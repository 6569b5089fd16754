// SPDX-License-Identifier: Apache-2.0
// The commands that take options: what these are called, and their help.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controller/cli/commands.h"

namespace cutpoint {

CLI::App* add_run(CLI::App& app, RunArguments& arguments);
CLI::App* add_report(CLI::App& app, ReportArguments& arguments);
CLI::App* add_schema(CLI::App& app, std::string& what);
CLI::App* add_completion(CLI::App& app, std::string& shell);
CLI::App* add_inject(CLI::App& app, InjectArguments& arguments);
CLI::App* add_trace(CLI::App& app, TraceArguments& arguments);

// Options with one value, and such that may be given several times.
void add_single(CLI::App& command, const char* option, std::optional<std::string>& into,
                const char* meaning, const char* type);
void add_repeatable(CLI::App& command, const char* option, std::vector<std::string>& into,
                    const char* meaning, const char* type);
// Those that name a target without a scenario.
void add_target(CLI::App& command, Injection& whom, const char* pid_meaning);

// Every fault with its value, keys and meaning, every moment with its filters: the end of
// `inject --help`.
std::string inject_footer();

}  // namespace cutpoint
