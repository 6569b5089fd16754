// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/bench_main.h"

#include <exception>
#include <fmt/format.h>

#include "tests/bench/interruption.h"
#include "tests/socket/datapath/harness/playground.h"

namespace cutpoint::bench {
namespace {

constexpr int not_possible = 77;  // what ctest counts as skipped
constexpr int interrupted = 130;

}  // namespace

int bench_main(CLI::App& app, int argc, char** argv, const std::function<int()>& run) {
  CLI11_PARSE(app, argc, argv);
  if (const auto lack = datapath::playground_lacks()) {
    fmt::print("SKIPPED: {}\n", *lack);
    return not_possible;
  }
  catch_interruption();
  try {
    return run();
  } catch (const Interrupted&) {
    fmt::print(stderr, "{}: interrupted\n", app.get_name());
    return interrupted;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", app.get_name(), error.what());
    return 1;
  }
}

int bench_main(CLI::App& app, Options defaults, int argc, char** argv,
               const std::function<int(const Options&)>& measure) {
  Options options = std::move(defaults);
  app.add_option("--trials", options.trials, "how often")
      ->envname("CUTPOINT_TRIALS")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--json", options.json_file, "write the rows to this file, too");
  return bench_main(app, argc, argv, [&] { return measure(options); });
}

}  // namespace cutpoint::bench
