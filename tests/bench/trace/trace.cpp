// SPDX-License-Identifier: Apache-2.0
// What `cutpoint trace` costs the application that it looks at, and whether it sees everything.
// Throughput of pgbench's TPC-B with `hist`, and with a line per COMMIT, over that without: as it
// runs by itself, and where client and server have one processor to themselves. Over veth two
// pgbenches take turns of 25 ms, one of which is traced; over loopback rounds of a
// second follow each other. (What names the servers of `events` runs at every read and write of the
// host, in the other's turn as well: the ratio has none of it.) And at full speed on all
// processors, where the trace competes with what it looks at: every message of pgbench's is in its
// lines or among those that it says are lost.
#include <algorithm>
#include <bpf/bpf.h>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include "tests/bench/bench_main.h"
#include "tests/bench/overhead/pgbench.h"
#include "tests/bench/overhead/processors.h"
#include "tests/bench/overhead/program_runs.h"
#include "tests/bench/overhead/site.h"
#include "tests/bench/overhead/statistics.h"
#include "tests/bench/rows_file.h"
#include "tests/bench/trace/tracer.h"
#include "tests/scenarios/host_state.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;
using nlohmann::json;
using Words = std::vector<std::string>;

constexpr std::size_t default_trials = 40;
constexpr auto round_time = std::chrono::seconds(1);
constexpr auto time_in_turns = std::chrono::seconds(4);
constexpr auto flood_time = std::chrono::seconds(5);

struct Mode {
  std::string name;
  Words trace;
};

const std::vector<Mode>& modes() {
  static const std::vector<Mode> all{{"hist", {"hist"}}, {"events", {"--moment", "commit.ack"}}};
  return all;
}

const Words tpcb{"--protocol=prepared", "--client=4", "--jobs=4"};
const Words select_only{"--select-only", "--protocol=prepared", "--client=8", "--jobs=8"};

Workload cost_workload(const Setting& setting) {
  return {setting.name_of("tpcb"), 4, tpcb, !setting.alone, !setting.alone};
}

struct Flood {
  Workload workload;
  Words moments;  // all, where it is empty; else such as no message has two of
};

const std::vector<Flood>& floods() {
  static const Words one_a_message{"--moment", "parse",      "--moment", "commit.request",
                                   "--moment", "commit.ack", "--moment", "ready"};
  static const std::vector<Flood> all{
      {{"flood, select-only, every moment", 4, select_only, true}, {}},
      {{"flood, tpcb, every moment", 4, tpcb, true}, {}},
      {{"flood, select-only, a moment a message", 4, select_only, true}, one_a_message},
      {{"flood, tpcb, a moment a message", 4, tpcb, true}, one_a_message}};
  return all;
}

Words names_of_all() {
  Words names;
  for (const Flood& flood : floods()) names.push_back(flood.workload.name);
  for (const Setting& setting : settings()) names.push_back(cost_workload(setting).name);
  return names;
}

struct Row {
  std::map<std::string, Pairs> tps;  // by mode
  std::map<std::string, Runs> runs;  // of the programs, by mode, "hist tc_look"
  std::uint64_t transactions = 0;    // pgbench's, while COMMITs were listed
  std::uint64_t lines = 0;
  std::uint64_t lost = 0;
  std::uint64_t measurable = 0;  // pgbench's, while they were measured
  std::uint64_t measured = 0;
  std::uint64_t passed_over = 0;

  [[nodiscard]] Ratio over_bare(const std::string& mode) const { return tps.at(mode).over_bare(); }
  // Every COMMIT of pgbench's is in a line, or told to be lost; and in the histogram.
  [[nodiscard]] bool is_accounted_for() const {
    return lines + lost == transactions && measured + passed_over == measurable;
  }
};

class Cost {
 public:
  explicit Cost(const Setting& setting)
      : site_(setting.path, !setting.alone),
        workload_(cost_workload(setting)),
        pgbench_(workload_, site_.postgres()) {}

  json measure(std::size_t trials) {
    bare_round();  // warms up
    for (std::size_t trial = 0; trial < trials; ++trial) {
      std::vector<Mode> order = modes();
      std::shuffle(order.begin(), order.end(), random_);
      for (const Mode& mode : order) {
        site_.places().size() > 1 ? take_turns(mode) : follow_each_other(mode);
      }
    }
    for (const Mode& mode : modes()) count_runs(mode);
    return as_json();
  }

  [[nodiscard]] bool is_sound() const { return row_.is_accounted_for() && programs_ran(); }

 private:
  // In a place that is drawn.
  void take_turns(const Mode& mode) {
    const std::size_t which = std::bernoulli_distribution()(random_) ? 1 : 0;
    const Place& place = site_.places()[which];
    Tracer tracer = trace(mode, place);
    const Turns turns = pgbench_.run_in_turns(time_in_turns, {place}, {site_.places()[1 - which]});
    note(mode, turns.transactions, tracer.end());
    row_.tps[mode.name].add(turns.tps, turns.other_tps, turns.ratio);
  }

  void follow_each_other(const Mode& mode) {
    const bool bare_first = std::bernoulli_distribution()(random_);
    double bare = bare_first ? bare_round() : 0;
    const double traced = traced_round(mode);
    if (!bare_first) bare = bare_round();
    row_.tps[mode.name].add(traced, bare, traced / bare);
  }

  double bare_round() { return pgbench_.run(round_time, {site_.place()}).tps; }

  double traced_round(const Mode& mode) {
    Tracer tracer = trace(mode, site_.place());
    const Round round = pgbench_.run(round_time, {site_.place()});
    note(mode, round.transactions, tracer.end());
    return round.tps;
  }

  // A round of its own: counting costs time.
  void count_runs(const Mode& mode) {
    const UniqueFd counting(bpf_enable_stats(BPF_STATS_RUN_TIME));
    require(static_cast<bool>(counting), "cannot count the programs' runs");
    Tracer tracer = trace(mode, site_.place());
    const Round round = pgbench_.run(round_time, {site_.place()});
    for (const auto& [program, runs] : runs_of(held_by(tracer.pid()).programs)) {
      row_.runs[mode.name + " " + program] = runs;
    }
    transactions_[mode.name] = round.transactions;
    note(mode, round.transactions, tracer.end());
  }

  static Tracer trace(const Mode& mode, const Place& place) {
    return {place.netns, fmt::format("{}:{}", place.address, place.port), mode.trace};
  }

  void note(const Mode& mode, std::uint64_t transactions, const Traced& traced) {
    if (mode.name == "hist") {
      row_.measurable += transactions;
      row_.measured += traced.measured;
      row_.passed_over += traced.passed_over;
    } else {
      row_.transactions += transactions;
      row_.lines += traced.all_lines();
      row_.lost += traced.lost;
    }
  }

  [[nodiscard]] bool programs_ran() const {
    return row_.runs.contains("hist tc_look") && row_.runs.contains("events tc_look");
  }

  [[nodiscard]] json as_json() const {
    const Ratio hist = row_.over_bare("hist");
    const Ratio events = row_.over_bare("events");
    json row{
        {"workload", workload_.name},
        {"hist_over_bare", hist.mean},
        {"events_over_bare", events.mean},
        {"interval95", {{"hist", {hist.low, hist.high}}, {"events", {events.low, events.high}}}},
        {"lost", row_.lost},
        {"trials", row_.tps.at("hist").with.size()},
        {"commits", {{"listed", row_.lines}, {"of", row_.transactions}}},
        {"answers",
         {{"measured", row_.measured}, {"passed_over", row_.passed_over}, {"of", row_.measurable}}},
        {"accounted_for", row_.is_accounted_for()},
        {"programs_ran", programs_ran()}};
    for (const auto& [mode, pairs] : row_.tps) {
      row["tps"][mode] = {{"with", pairs.with}, {"bare", pairs.bare}, {"ratio", pairs.ratio}};
    }
    for (const auto& [program, runs] : row_.runs) {
      const std::string mode = program.substr(0, program.find(' '));
      row["runs"][program] = {
          {"count", runs.count},
          {"per_transaction",
           static_cast<double>(runs.count) / static_cast<double>(transactions_.at(mode))},
          {"ns", static_cast<double>(runs.ns) / static_cast<double>(runs.count)}};
    }
    return row;
  }

  Site site_;
  Workload workload_;
  Pgbench pgbench_;
  Row row_;
  std::map<std::string, std::uint64_t> transactions_;  // of the rounds in which runs are counted
  std::mt19937 random_{std::random_device{}()};
};

// Where each event is a line, lines and losses add up to what the kernel has counted, but for
// events that are no moment: a connection has eight of them at most.
json measure_flood(const Flood& flood, const Site& site) {
  constexpr std::uint64_t events_of_connection = 8;
  const Pgbench pgbench(flood.workload, site.postgres());
  Words words = flood.moments;
  words.emplace_back("--summary");
  Tracer tracer(site.place().netns, fmt::format("{}:{}", site.place().address, site.place().port),
                words);
  const Round round = pgbench.run(flood_time, {site.place()});
  const Traced traced = tracer.end();
  const std::uint64_t lines = traced.all_lines();
  const std::uint64_t counted = traced.counted();
  const std::uint64_t lost = traced.summary.at("lost");
  const std::uint64_t connections = traced.summary.at("flows").at("opened");
  const bool exact = lost == 0 || !flood.moments.empty();
  const bool accounted = exact ? counted <= lines + lost &&
                                     lines + lost <= counted + events_of_connection * connections &&
                                     (lost != 0 || lines == counted)
                               : lines < counted;
  return {{"workload", flood.workload.name},
          {"tps", round.tps},
          {"transactions", round.transactions},
          {"lines", lines},
          {"counted_by_kernel", counted},
          {"lost", lost},
          {"accounted_for", accounted && traced.lost == lost},
          {"programs_ran", counted > 0}};
}

void print_cost(const json& row) {
  const auto interval = [&](const char* mode) {
    const json& ends = row.at("interval95").at(mode);
    return fmt::format("{:.3f} to {:.3f}", ends.at(0).get<double>(), ends.at(1).get<double>());
  };
  fmt::print("{:<29} {:>3} trials  hist {:.3f} ({})  events {:.3f} ({})  {} events lost{}\n",
             row.at("workload").get<std::string>(), row.at("trials").get<std::size_t>(),
             row.at("hist_over_bare").get<double>(), interval("hist"),
             row.at("events_over_bare").get<double>(), interval("events"),
             row.at("lost").get<std::uint64_t>(),
             row.at("accounted_for").get<bool>() ? "" : "  NOT ACCOUNTED FOR");
  if (!row.contains("runs")) return;
  for (const auto& [program, runs] : row.at("runs").items()) {
    fmt::print("  {:<22} {:>8} runs, {:.2f} per transaction, {:.0f} ns each\n", program,
               runs.at("count").get<std::uint64_t>(), runs.at("per_transaction").get<double>(),
               runs.at("ns").get<double>());
  }
}

void print_flood(const json& row) {
  fmt::print("{:<40} {:>7.0f} tps, {} lines of {}, {} lost{}\n",
             row.at("workload").get<std::string>(), row.at("tps").get<double>(),
             row.at("lines").get<std::uint64_t>(), row.at("counted_by_kernel").get<std::uint64_t>(),
             row.at("lost").get<std::uint64_t>(),
             row.at("accounted_for").get<bool>() ? "" : "  NOT ACCOUNTED FOR");
}

int measure(const Options& options, const Words& only) {
  json rows = json::array();
  bool sound = true;
  const auto wanted = [&](const std::string& name) {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  };
  std::optional<Site> spread;
  for (const Flood& flood : floods()) {  // first: the bench itself may be on any processor
    if (!wanted(flood.workload.name)) continue;
    if (!spread) spread.emplace(Path::loopback, true);
    rows.push_back(measure_flood(flood, *spread));
    print_flood(rows.back());
    std::fflush(stdout);
    sound = sound && rows.back().at("accounted_for") && rows.back().at("programs_ran");
  }
  spread.reset();
  for (const Setting& setting : settings()) {
    if (setting.alone) leave_last_processor();
    if (!wanted(cost_workload(setting).name)) continue;
    Cost cost(setting);
    rows.push_back(cost.measure(options.trials));
    print_cost(rows.back());
    std::fflush(stdout);
    sound = sound && cost.is_sound();
  }
  write_rows(options.json_file, "trace", rows);
  return sound ? 0 : 1;
}

}  // namespace
}  // namespace cutpoint::bench

// What CLI11 and fmt could throw outside the try block would end the program, as it should.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  using namespace cutpoint::bench;
  CLI::App app("What a trace costs, and whether it sees everything", "trace");
  Words only;
  app.add_option("--only", only, "this workload alone; again for another")
      ->check(CLI::IsMember(names_of_all()));
  return bench_main(app, {.trials = default_trials, .json_file = {}}, argc, argv,
                    [&](const Options& options) { return measure(options, only); });
}
