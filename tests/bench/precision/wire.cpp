// SPDX-License-Identifier: Apache-2.0
// How exact cuts are: the rows 3, 5, 7 and 8 of the split-brain table, many times each, between a
// client and a server that the bench itself plays. Exit 1 if a single cut is not exact.
#include <cstdio>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/bench/bench_main.h"
#include "tests/bench/interruption.h"
#include "tests/bench/precision/wire_cuts.h"
#include "tests/bench/rows_file.h"

namespace cutpoint::bench {
namespace {

constexpr std::size_t default_trials = 100;

constexpr WireCase cases[] = {
    {"before commit.request, reset", CUT_PG_COMMIT_REQUEST, CUT_BEFORE, 0, CUT_HEAL_RESET},
    {"after commit.request, release", CUT_PG_COMMIT_REQUEST, CUT_AFTER, 0, CUT_HEAL_RELEASE},
    {"before commit.ack, release", CUT_PG_COMMIT_ACK, CUT_BEFORE, 0, CUT_HEAL_RELEASE},
    {"byte:5 of commit.request, reset", CUT_PG_COMMIT_REQUEST, CUT_BYTE, 5, CUT_HEAL_RESET},
};

void print(const WireRow& row) {
  fmt::print("{:<34} {:>6} {:>6} {:>12} {:>6}  {}\n", row.name, row.trials, row.exact,
             row.leaked_bytes, row.healed, row.damage);
  std::fflush(stdout);
}

nlohmann::json as_json(const WireRow& row) {
  return {{"case", row.name},     {"trials", row.trials},
          {"exact", row.exact},   {"leaked_bytes", row.leaked_bytes},
          {"healed", row.healed}, {"damage", row.damage}};
}

int measure(const Options& options) {
  nlohmann::json rows = nlohmann::json::array();
  bool perfect = true;
  fmt::print("{:<34} {:>6} {:>6} {:>12} {:>6}\n", "case", "trials", "exact", "leaked_bytes",
             "healed");
  for (const WireCase& kind : cases) {
    throw_if_interrupted();
    const WireRow row = measure_wire(kind, options.trials);
    print(row);
    rows.push_back(as_json(row));
    perfect = perfect && row.perfect();
  }
  write_rows(options.json_file, "precision-wire", rows);
  return perfect ? 0 : 1;
}

}  // namespace
}  // namespace cutpoint::bench

// What CLI11 and fmt could throw outside the try block would end the program, as it should.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  using namespace cutpoint::bench;
  CLI::App app("How exact cuts are, between ends that the bench plays", "precision-wire");
  return bench_main(app, {.trials = default_trials, .json_file = {}}, argc, argv, measure);
}
