// SPDX-License-Identifier: Apache-2.0
// What cutpoint costs an application that it is attached to and does not cut: pgbench's throughput,
// over that without cutpoint: as it runs by itself, and where client and server have one processor
// to themselves, so that every nanosecond shows. Over veth two pgbenches take turns of 25 ms, one
// with cutpoint and one without; a trial's ratio is the interquartile mean of its turns'. Over
// loopback, where both would be looked at, rounds of a second follow each other. Ends when armed
// over bare is known to 1 %, or after --trials times.
#include <algorithm>
#include <bpf/bpf.h>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <stdexcept>

#include "tests/bench/bench_main.h"
#include "tests/bench/haproxy.h"
#include "tests/bench/interruption.h"
#include "tests/bench/overhead/pgbench.h"
#include "tests/bench/overhead/processors.h"
#include "tests/bench/overhead/site.h"
#include "tests/bench/overhead/statistics.h"
#include "tests/bench/rows_file.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;

constexpr std::size_t default_trials = 200;
constexpr std::size_t fewest_trials = 12;
constexpr std::size_t trials_of_all = 12;  // later ones are armed alone
constexpr double wanted_half_width = 0.01;
constexpr auto round_time = std::chrono::seconds(1);
constexpr auto time_in_turns = std::chrono::seconds(4);

struct Mode {
  std::string name;
  Attached attached;
  bool through_haproxy = false;
};

const std::vector<Mode>& modes() {
  static const std::vector<Mode> all{{"attached", Attached::unarmed},
                                     {"armed", Attached::armed},
                                     {"observe", Attached::observe},
                                     {"haproxy", Attached::nothing, true}};
  return all;
}

std::vector<Mode> modes_of(std::size_t trial) {
  std::vector<Mode> some = modes();
  if (trial >= trials_of_all) {
    std::erase_if(some, [](const Mode& mode) { return mode.name != "armed"; });
  }
  return some;
}

std::vector<Workload> workloads(const Setting& setting) {
  const bool by_itself = !setting.alone;
  return {{setting.name_of("select-only"),
           1,
           {"--select-only", "--protocol=prepared", "--client=8", "--jobs=8"},
           by_itself,
           by_itself},
          {setting.name_of("tpcb"),
           4,
           {"--protocol=prepared", "--client=4", "--jobs=4"},
           by_itself,
           by_itself}};
}

std::vector<std::string> names_of_all() {
  std::vector<std::string> names;
  for (const Setting& setting : settings()) {
    for (const Workload& workload : workloads(setting)) names.push_back(workload.name);
  }
  return names;
}

struct Row {
  std::string workload;
  bool durable;                      // commits waited for the disk
  std::map<std::string, Pairs> tps;  // by mode
  std::map<std::string, Runs> runs;  // of the programs, in one armed round
  double transactions = 0;           // of that round
  std::uint64_t events = 0;          // of this run's rounds in which every moment is reported
  std::uint64_t events_lost = 0;     // for want of room: their reader is as busy as the rest
  std::string damage;

  [[nodiscard]] std::size_t trials() const {
    const auto armed = tps.find("armed");
    return armed == tps.end() ? 0 : armed->second.with.size();
  }
  [[nodiscard]] Ratio over_bare(const std::string& mode) const {
    const auto found = tps.find(mode);
    return (found == tps.end() ? Pairs() : found->second).over_bare();
  }
  [[nodiscard]] bool is_known() const {
    return trials() >= fewest_trials && over_bare("armed").half_width() <= wanted_half_width;
  }
};

nlohmann::json as_json(const Row& row) {
  const Ratio armed = row.over_bare("armed");
  nlohmann::json json{{"workload", row.workload},
                      {"durable", row.durable},
                      {"interval95", {armed.low, armed.high}},
                      {"within_1_percent", row.is_known()},
                      {"trials", row.trials()},
                      {"events", row.events},
                      {"events_lost", row.events_lost},
                      {"damage", row.damage}};
  for (const Mode& mode : modes()) json[mode.name + "_over_bare"] = row.over_bare(mode.name).mean;
  for (const auto& [mode, pairs] : row.tps) {
    json["tps"][mode] = {{"with", pairs.with}, {"bare", pairs.bare}, {"ratio", pairs.ratio}};
    json[mode + "_over_bare_with_disturbances"] = pairs.over_bare_with_disturbances().mean;
  }
  for (const auto& [program, runs] : row.runs) {
    json["runs"][program] = {
        {"count", runs.count},
        {"per_transaction", static_cast<double>(runs.count) / row.transactions},
        {"ns", static_cast<double>(runs.ns) / static_cast<double>(runs.count)}};
  }
  return json;
}

void print(const Row& row) {
  fmt::print("{:<36} {:>5}", row.workload, row.trials());
  for (const Mode& mode : modes()) {
    const Ratio ratio = row.over_bare(mode.name);
    fmt::print("  {:<8} {:.3f} ({:.3f} to {:.3f})", mode.name, ratio.mean, ratio.low, ratio.high);
  }
  fmt::print("{}\n", row.is_known() ? "" : "  armed not known to 1 % yet");
  for (const auto& [program, runs] : row.runs) {
    fmt::print("  {:<15} {:>8} runs in an armed round, {:.2f} per transaction, {:.0f} ns each\n",
               program, runs.count, static_cast<double>(runs.count) / row.transactions,
               static_cast<double>(runs.ns) / static_cast<double>(runs.count));
  }
  fmt::print("  {} events read while observing, {} lost\n", row.events, row.events_lost);
  if (!row.damage.empty()) fmt::print("  {}\n", row.damage);
  std::fflush(stdout);
}

class Bench {
 public:
  explicit Bench(const Setting& setting) : site_(setting.path, !setting.alone) {
    std::optional<OnLastProcessor> pinned;
    if (setting.alone) pinned.emplace();
    for (const Place& place : site_.places()) {
      haproxies_.push_back(std::make_unique<HaProxy>(place.netns, place.port, place.address));
    }
  }

  // Goes on from the trials in `earlier`, if that is such a row.
  Row measure(const Workload& workload, std::size_t trials, const nlohmann::json& earlier) {
    Row row{.workload = workload.name,
            .durable = workload.durable,
            .tps = {},
            .runs = {},
            .damage = {}};
    if (earlier.is_object()) {
      if (earlier.value("durable", !row.durable) != row.durable || !earlier.contains("trials")) {
        throw std::runtime_error("--continue: `" + workload.name +
                                 "` is of trials of another kind");
      }
      for (const auto& [mode, pairs] : earlier.at("tps").items()) {
        row.tps[mode] = {pairs.at("with"), pairs.at("bare"), pairs.at("ratio")};
      }
    }
    const Pgbench pgbench(workload, site_.postgres());
    round(pgbench, bare_, row);  // warms up
    for (std::size_t trial = 0; trial < trials && !row.is_known(); ++trial) {
      std::vector<Mode> order = modes_of(row.trials());
      std::shuffle(order.begin(), order.end(), random_);
      site_.places().size() > 1 ? take_turns(pgbench, order, row)
                                : follow_each_other(pgbench, order, row);
    }
    count_runs(pgbench, row);
    return row;
  }

 private:
  // Each mode beside a bare one, in a place that is drawn.
  void take_turns(const Pgbench& pgbench, const std::vector<Mode>& modes, Row& row) {
    for (const Mode& mode : modes) {
      const std::size_t which = std::bernoulli_distribution()(random_) ? 1 : 0;
      const Place& place = site_.places()[which];
      Attachment attachment(mode.attached, place.cgroup, place.netns, place.service());
      const Turns turns = pgbench.run_in_turns(time_in_turns, way_from(which, mode),
                                               {site_.places()[1 - which]}, &attachment);
      note(mode, attachment, row);
      row.tps[mode.name].add(turns.tps, turns.other_tps, turns.ratio);
    }
  }

  void follow_each_other(const Pgbench& pgbench, std::vector<Mode> modes, Row& row) {
    modes.push_back(bare_);
    std::shuffle(modes.begin(), modes.end(), random_);
    std::map<std::string, double> tps;
    for (const Mode& mode : modes) tps[mode.name] = round(pgbench, mode, row);
    for (const auto& [mode, value] : tps) {
      if (mode == bare_.name) continue;
      row.tps[mode].add(value, tps.at(bare_.name), value / tps.at(bare_.name));
    }
  }

  double round(const Pgbench& pgbench, const Mode& mode, Row& row) {
    const Place& place = site_.place();
    Attachment attachment(mode.attached, place.cgroup, place.netns, place.service());
    const double tps = pgbench.run(round_time, way_from(0, mode), &attachment).tps;
    note(mode, attachment, row);
    return tps;
  }

  [[nodiscard]] Way way_from(std::size_t which, const Mode& mode) const {
    if (mode.through_haproxy)
      return {site_.places()[which], "127.0.0.1", haproxies_[which]->port()};
    return {site_.places()[which]};
  }

  static void note(const Mode& mode, const Attachment& attachment, Row& row) {
    if (mode.attached == Attached::observe) row.events += attachment.events();
    row.events_lost += attachment.events_lost();
    if (const std::string damage = attachment.damage(); !damage.empty()) {
      row.damage += mode.name + ": " + damage;
    }
  }

  // A round of its own: counting costs time.
  void count_runs(const Pgbench& pgbench, Row& row) {
    const UniqueFd counting(bpf_enable_stats(BPF_STATS_RUN_TIME));
    require(static_cast<bool>(counting), "cannot count the programs' runs");
    const Place& place = site_.place();
    Attachment attachment(Attached::armed, place.cgroup, place.netns, place.service());
    row.transactions =
        static_cast<double>(pgbench.run(round_time, {place}, &attachment).transactions);
    row.runs = attachment.runs();
  }

  const Mode bare_{"bare", Attached::nothing};
  Site site_;
  std::vector<std::unique_ptr<HaProxy>> haproxies_;  // one per place
  std::mt19937 random_{std::random_device{}()};
};

nlohmann::json rows_of(const std::string& file) {
  if (file.empty()) return nlohmann::json::array();
  std::ifstream input(file);
  if (!input) throw std::runtime_error("cannot read " + file);
  return nlohmann::json::parse(input).at("rows");
}

int measure(const Options& options, const std::vector<std::string>& only,
            const std::string& earlier_file) {
  const nlohmann::json earlier = rows_of(earlier_file);
  nlohmann::json rows = nlohmann::json::array();
  bool sound = true;
  for (const Setting& setting : settings()) {
    if (setting.alone) leave_last_processor();
    std::optional<Bench> bench;
    for (const Workload& workload : workloads(setting)) {
      const auto before = std::find_if(earlier.begin(), earlier.end(), [&](const auto& row) {
        return row.at("workload") == workload.name;
      });
      if (!only.empty() && std::find(only.begin(), only.end(), workload.name) == only.end()) {
        if (before != earlier.end()) rows.push_back(*before);
        continue;
      }
      if (!bench) bench.emplace(setting);
      const Row row = bench->measure(workload, options.trials,
                                     before != earlier.end() ? *before : nlohmann::json());
      print(row);
      rows.push_back(as_json(row));
      sound = sound && row.damage.empty() && !row.runs.empty();
    }
  }
  write_rows(options.json_file, "overhead", rows);
  return sound ? 0 : 1;
}

}  // namespace
}  // namespace cutpoint::bench

// What CLI11 and fmt could throw outside the try block would end the program, as it should.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  using namespace cutpoint::bench;
  CLI::App app("What cutpoint costs an application that it does not cut", "overhead");
  std::vector<std::string> only;
  std::string earlier;
  app.add_option("--only", only, "this workload alone; again for another")
      ->check(CLI::IsMember(names_of_all()));
  app.add_option("--continue", earlier, "count the trials in this file, of --json, too");
  return bench_main(app, {.trials = default_trials, .json_file = {}}, argc, argv,
                    [&](const Options& options) { return measure(options, only, earlier); });
}
