// SPDX-License-Identifier: Apache-2.0
// How exact cuts are: the rows 3, 5, 7 and 8 of the split-brain table, many times each, with a
// server that the test itself plays. Exit 1 if a single cut is not exact, 77 if none can be made.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/bench/precision_row.h"
#include "tests/bench/rows_file.h"
#include "tests/socket/datapath/harness/playground.h"

namespace {

using cutpoint::bench::PrecisionCase;
using cutpoint::bench::PrecisionRow;

constexpr int not_possible = 77;  // what ctest counts as skipped
constexpr std::size_t default_trials = 100;

constexpr PrecisionCase cases[] = {
    {"before commit.request, reset", CUT_PG_COMMIT_REQUEST, CUT_BEFORE, 0, CUT_HEAL_RESET},
    {"after commit.request, release", CUT_PG_COMMIT_REQUEST, CUT_AFTER, 0, CUT_HEAL_RELEASE},
    {"before commit.ack, release", CUT_PG_COMMIT_ACK, CUT_BEFORE, 0, CUT_HEAL_RELEASE},
    {"byte:5 of commit.request, reset", CUT_PG_COMMIT_REQUEST, CUT_BYTE, 5, CUT_HEAL_RESET},
};

void print(const PrecisionRow& row) {
  fmt::print("{:<34} {:>6} {:>6} {:>12} {:>6}  {}\n", row.name, row.trials, row.exact,
             row.leaked_bytes, row.healed, row.damage);
  std::fflush(stdout);
}

nlohmann::json as_json(const PrecisionRow& row) {
  return {{"case", row.name},     {"trials", row.trials},
          {"exact", row.exact},   {"leaked_bytes", row.leaked_bytes},
          {"healed", row.healed}, {"damage", row.damage}};
}

int measure(std::size_t trials, const std::string& json_file) {
  nlohmann::json rows = nlohmann::json::array();
  bool perfect = true;
  fmt::print("{:<34} {:>6} {:>6} {:>12} {:>6}\n", "case", "trials", "exact", "leaked_bytes",
             "healed");
  for (const PrecisionCase& kind : cases) {
    const PrecisionRow row = cutpoint::bench::measure_precision(kind, trials);
    print(row);
    rows.push_back(as_json(row));
    perfect = perfect && row.perfect();
  }
  cutpoint::bench::write_rows(json_file, "precision", rows);
  return perfect ? 0 : 1;
}

}  // namespace

// What CLI11 and fmt could throw outside the try block would end the program, as it should.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  CLI::App app("How exact cuts are");
  std::size_t trials = default_trials;
  std::string json_file;
  app.add_option("--trials", trials, "cuts of each kind")->envname("CUTPOINT_TRIALS");
  app.add_option("--json", json_file, "write the rows to this file, too");
  CLI11_PARSE(app, argc, argv);
  if (const auto lack = cutpoint::datapath::playground_lacks()) {
    fmt::print("SKIPPED: {}\n", *lack);
    return not_possible;
  }
  try {
    return measure(trials, json_file);
  } catch (const std::exception& error) {
    fmt::print(stderr, "precision: {}\n", error.what());
    return 1;
  }
}
