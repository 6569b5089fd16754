// SPDX-License-Identifier: Apache-2.0
// How long the real program takes from its start to armed rules; and how long after the heal, with
// release, the first byte passes again: TCP has backed off meanwhile, longer after a longer cut.
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "controller/util/child.h"
#include "controller/util/clock.h"
#include "tests/bench/bench_main.h"
#include "tests/bench/interruption.h"
#include "tests/bench/private_postgres.h"
#include "tests/bench/rows_file.h"
#include "tests/bench/temporary_directory.h"
#include "tests/bench/transcript.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;
using nlohmann::json;

constexpr const char* scenario = CUTPOINT_SOURCE_DIR "/scripts/scenarios/split-brain.yaml";
constexpr std::size_t default_trials = 10;
constexpr auto look_for_signals = std::chrono::milliseconds(100);

// Milliseconds.
struct Times {
  double start_to_armed = 0;
  double heal_to_first_byte = 0;
};

// To its end; an interruption is passed on, so that it takes its faults away.
void run(const SpawnOptions& options, const Transcript& said) {
  Child child = require(Child::spawn(options));
  try {
    while (!require(child.wait_for(look_for_signals))) throw_if_interrupted();
  } catch (const Interrupted&) {
    require(child.signal(SIGINT));
    require(child.wait());
    throw;
  }
  const ExitStatus status = require(child.wait());
  if (!status.success()) {
    throw std::runtime_error("cutpoint, " + status.describe() + ":\n" + said.text());
  }
}

// CLOCK_MONOTONIC, of the first entry that says so.
double ns_of(const std::string& timeline, const std::string& what) {
  std::ifstream file(timeline);
  for (std::string line; std::getline(file, line);) {
    const json entry = json::parse(line);
    if (entry.at("what") == what) return entry.at("ns");
  }
  throw std::runtime_error("the timeline has no " + what);
}

// The shipped scenario: its second COMMIT is held, by a client that waits.
Times measure_one(const PrivatePostgres& postgres, std::chrono::milliseconds cut) {
  const TemporaryDirectory directory;
  const std::string out = directory.path() + "/out";
  const std::string fault = "faults.partition-at-commit.";
  const Transcript said;
  SpawnOptions options;
  options.command = {CUTPOINT_BENCH_PROGRAM, "run", scenario, "--out", out};
  for (const std::string& set :
       {std::string("workload.orders=3"), std::string("workload.patience=never"),
        fault + "at.nth=2", fault + "at.position=before",
        fault + "do.for=" + std::to_string(cut.count()) + "ms"}) {
    options.command.emplace_back("--set");
    options.command.push_back(set);
  }
  options.environment = {{"CUTPOINT_PG_DSN", postgres.dsn()},
                         {"CUTPOINT_STATE_DIR", directory.path() + "/state"}};
  options.stdout_fd = said.fd();
  options.stderr_fd = said.fd();
  const auto started = static_cast<double>(monotonic_ns());
  run(options, said);
  constexpr double ns_per_ms = 1e6;
  const std::string timeline = out + "/timeline.jsonl";
  return {(ns_of(timeline, "armed") - started) / ns_per_ms,
          (ns_of(timeline, "released") - ns_of(timeline, "healed")) / ns_per_ms};
}

json row(const std::string& what, std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  const double median = (ms[(ms.size() - 1) / 2] + ms[ms.size() / 2]) / 2;
  fmt::print("{:<34} {:>6} {:>8.0f} {:>8.0f} {:>8.0f}\n", what, ms.size(), ms.front(), median,
             ms.back());
  std::fflush(stdout);
  return {{"what", what},
          {"trials", ms.size()},
          {"min_ms", ms.front()},
          {"median_ms", median},
          {"max_ms", ms.back()}};
}

// On this host's own network, where TCP's time-outs are as they are everywhere.
int measure(const Options& options, const std::vector<int>& cuts_ms) {
  const NetworkNamespace netns = require(NetworkNamespace::current());
  const PrivatePostgres postgres(netns);
  json rows = json::array();
  std::vector<double> armed;
  fmt::print("{:<34} {:>6} {:>8} {:>8} {:>8}\n", "ms", "trials", "min", "median", "max");
  for (const int cut_ms : cuts_ms) {
    std::vector<double> first_byte;
    for (std::size_t trial = 0; trial < options.trials; ++trial) {
      const Times times = measure_one(postgres, std::chrono::milliseconds(cut_ms));
      armed.push_back(times.start_to_armed);
      first_byte.push_back(times.heal_to_first_byte);
    }
    rows.push_back(row(fmt::format("heal to first byte, cut of {} ms", cut_ms), first_byte));
    rows.back()["cut_ms"] = cut_ms;
  }
  rows.push_back(row("start to armed", armed));
  write_rows(options.json_file, "start", rows);
  return 0;
}

}  // namespace
}  // namespace cutpoint::bench

// What CLI11 and fmt could throw outside the try block would end the program, as it should.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  using namespace cutpoint::bench;
  CLI::App app("From start to armed, from heal to the first byte", "start");
  std::vector<int> cuts_ms{1000, 3000, 10000};
  app.add_option("--cut", cuts_ms, "length of the cut in milliseconds, may be given again")
      ->check(CLI::PositiveNumber);
  return bench_main(app, {.trials = default_trials, .json_file = {}}, argc, argv,
                    [&](const Options& options) { return measure(options, cuts_ms); });
}
