// SPDX-License-Identifier: Apache-2.0
// What the main() of every bench does: its arguments, a host that cannot, signals, errors.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <string>

namespace cutpoint::bench {

struct Options {
  std::size_t trials = 0;
  std::string json_file;  // empty: none is wanted
};

// Takes the arguments, runs, and returns the exit code: what `run` says, 77 (ctest's skip) where
// this host cannot, 130 where it was interrupted, 1 with a message for every exception.
int bench_main(CLI::App& app, int argc, char** argv, const std::function<int()>& run);

// The same with --trials and --json beside the app's own options; `defaults`: where they are not
// given.
int bench_main(CLI::App& app, Options defaults, int argc, char** argv,
               const std::function<int(const Options&)>& measure);

}  // namespace cutpoint::bench
