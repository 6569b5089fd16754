// SPDX-License-Identifier: Apache-2.0
// How exact cuts are, of real clients to a real PostgreSQL, and how often a commit is left in
// doubt, by cutpoint and by what people use today. Exit 1 if a single cut of a client is not exact.
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/bench/bench_main.h"
#include "tests/bench/interruption.h"
#include "tests/bench/precision/client_cuts.h"
#include "tests/bench/precision/in_doubt.h"
#include "tests/bench/private_postgres.h"
#include "tests/bench/rows_file.h"
#include "tests/socket/datapath/harness/playground.h"

namespace cutpoint::bench {
namespace {

constexpr std::size_t default_trials = 1000;
// Of the client that is severed: nothing but orders, and as applications are.
constexpr std::chrono::milliseconds other_work[] = {std::chrono::milliseconds(0),
                                                    std::chrono::milliseconds(20)};

// Of Debian, with Debian's drivers: another python3 may come first in PATH.
std::vector<std::string> python(const std::string& driver) {
  return {"/usr/bin/python3", CUTPOINT_BENCH_CLIENTS "/commits.py", driver};
}

std::vector<Client> clients() {
  return {{"psql", {CUTPOINT_BENCH_CLIENTS "/psql_commits.sh"}},
          {"libpqxx", {CUTPOINT_BENCH_DIR "/pqxx_commits"}},
          {"psycopg2", python("psycopg2")},
          {"psycopg 3", python("psycopg3")},
          {"asyncpg", python("asyncpg")}};
}

void print(const ClientRow& row) {
  fmt::print("{:<12} {:>6} {:>6} {:>12} {:>9} {:>6} {:>6} {:>15} {:>8.1f}  {}\n", row.client,
             row.trials, row.exact, row.leaked_bytes, row.not_fired, row.reset, row.truth,
             row.retransmissions, row.ms_per_trial, row.damage);
  std::fflush(stdout);
}

nlohmann::json as_json(const ClientRow& row) {
  nlohmann::json at;
  for (std::size_t i = 0; i < positions.size(); ++i) at[positions[i].name] = row.at[i];
  return {{"client", row.client},
          {"trials", row.trials},
          {"exact", row.exact},
          {"leaked_bytes", row.leaked_bytes},
          {"not_fired", row.not_fired},
          {"reset", row.reset},
          {"truth", row.truth},
          {"retransmissions", row.retransmissions},
          {"ms_per_trial", row.ms_per_trial},
          {"positions", at},
          {"damage", row.damage}};
}

void print(const InDoubtRow& row) {
  fmt::print("{:<34} {:>7} {:>6} {:>6} {:>7.3f} {:>7.3f} {:>8}\n", row.way, row.work.count(),
             row.trials, row.hits, row.share(), row.window(), row.went_on);
  std::fflush(stdout);
}

nlohmann::json as_json(const InDoubtRow& row) {
  return {{"way", row.way},        {"work_ms", row.work.count()}, {"trials", row.trials},
          {"hits", row.hits},      {"share", row.share()},        {"window", row.window()},
          {"went_on", row.went_on}};
}

struct Wanted {
  std::string only;           // the row of this name; empty: all
  std::size_t of_ways = 200;  // trials of each way
  bool tls = false;           // clients over TLS, and no ways

  [[nodiscard]] bool has(const std::string& name) const { return only.empty() || name == only; }
};

class Bench {
 public:
  Bench(std::size_t trials, Wanted wanted) : trials_(trials), wanted_(std::move(wanted)) {}

  nlohmann::json measure() {
    fmt::print("cuts before commit.request, after 5 bytes of it, and after it, in turn\n");
    fmt::print("{:<12} {:>6} {:>6} {:>12} {:>9} {:>6} {:>6} {:>15} {:>8}\n", "client", "trials",
               "exact", "leaked_bytes", "not_fired", "reset", "truth", "retransmissions",
               "ms/trial");
    for (const Client& client : clients()) measure(client);
    if (wanted_.tls) return rows_;
    fmt::print("\nin doubt: committed, and the client was not told\n");
    fmt::print("{:<34} {:>7} {:>6} {:>6} {:>7} {:>7} {:>8}\n", "way", "work ms", "trials", "hits",
               "share", "window", "went_on");
    for (const std::chrono::milliseconds work : other_work) {
      for (const NamedWay& way : all_ways()) measure(way, work);
    }
    return rows_;
  }
  [[nodiscard]] bool perfect() const { return perfect_; }

 private:
  void measure(const Client& client) {
    if (!wanted_.has(client.name)) return;
    throw_if_interrupted();
    const ClientRow row = measure_client(client, postgres_, netns_, trials_, wanted_.tls);
    print(row);
    rows_.push_back(as_json(row));
    perfect_ = perfect_ && row.perfect();
  }

  void measure(const NamedWay& way, std::chrono::milliseconds work) {
    if (!wanted_.has(way.name)) return;
    throw_if_interrupted();
    const InDoubtRow row = measure_in_doubt(way, work, postgres_, netns_, wanted_.of_ways);
    print(row);
    rows_.push_back(as_json(row));
  }

  std::size_t trials_;
  Wanted wanted_;
  NetworkNamespace netns_ = datapath::make_netns();
  PrivatePostgres postgres_{netns_, {}, wanted_.tls};
  nlohmann::json rows_ = nlohmann::json::array();
  bool perfect_ = true;
};

}  // namespace
}  // namespace cutpoint::bench

// What CLI11 and fmt could throw outside the try block would end the program, as it should.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  using namespace cutpoint::bench;
  CLI::App app("How exact cuts are, of real clients to a real PostgreSQL", "precision");
  Wanted wanted;
  app.add_option("--only", wanted.only, "this client or way alone");
  app.add_flag("--tls", wanted.tls, "clients over TLS (sslmode=require), and no ways to sever");
  app.add_option("--ways", wanted.of_ways, "trials of each way to sever")->capture_default_str();
  return bench_main(app, {.trials = default_trials, .json_file = {}}, argc, argv,
                    [&](const Options& options) {
                      Bench bench(options.trials, wanted);
                      write_rows(options.json_file, app.get_name(), bench.measure());
                      return bench.perfect() ? 0 : 1;
                    });
}
