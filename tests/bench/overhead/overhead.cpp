// SPDX-License-Identifier: Apache-2.0
// What cutpoint costs an application that it is attached to and does not cut: pgbench's throughput,
// over that without cutpoint: as it runs by itself, and where client and server have one processor
// to themselves, so that every nanosecond shows. Rounds of a second, in turns of one round of each
// mode in random order; each is compared with the bare round of its turn. Ends when armed over bare
// is known to 1 %, or after --trials turns.
#include <algorithm>
#include <bpf/bpf.h>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <map>
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

constexpr std::size_t default_turns = 200;
constexpr std::size_t fewest_turns = 10;
constexpr std::size_t turns_of_all = 30;  // later ones are bare and armed alone
constexpr double wanted_half_width = 0.01;
constexpr auto round_time = std::chrono::seconds(1);

struct Mode {
  std::string name;
  Attached attached;
  bool through_haproxy = false;
};

const std::vector<Mode>& modes() {
  static const std::vector<Mode> all{{"bare", Attached::nothing},
                                     {"attached", Attached::unarmed},
                                     {"armed", Attached::armed},
                                     {"observe", Attached::observe},
                                     {"haproxy", Attached::nothing, true}};
  return all;
}

std::vector<Mode> modes_of(std::size_t turn) {
  std::vector<Mode> some = modes();
  if (turn >= turns_of_all) {
    std::erase_if(some,
                  [](const Mode& mode) { return mode.name != "bare" && mode.name != "armed"; });
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

struct Row {
  std::string workload;
  bool durable;                                    // commits waited for the disk
  std::map<std::string, std::vector<double>> tps;  // by mode, one per turn, from the first on
  std::map<std::string, Runs> runs;                // of the programs, in one armed round
  double transactions = 0;                         // of that round
  std::uint64_t events = 0;       // of this run's rounds in which every moment is reported
  std::uint64_t events_lost = 0;  // for want of room: their reader is as busy as the rest
  std::string damage;

  [[nodiscard]] std::size_t turns() const {
    const auto bare = tps.find("bare");
    return bare == tps.end() ? 0 : bare->second.size();
  }
  [[nodiscard]] Ratio over_bare(const std::string& mode) const {
    return turns() == 0 ? paired_ratio({}, {}) : paired_ratio(tps.at(mode), tps.at("bare"));
  }
  [[nodiscard]] bool is_known() const {
    return turns() >= fewest_turns && over_bare("armed").half_width() <= wanted_half_width;
  }
};

nlohmann::json as_json(const Row& row) {
  const Ratio armed = row.over_bare("armed");
  nlohmann::json json{{"workload", row.workload},
                      {"durable", row.durable},
                      {"interval95", {armed.low, armed.high}},
                      {"within_1_percent", row.is_known()},
                      {"turns", row.turns()},
                      {"tps", row.tps},
                      {"events", row.events},
                      {"events_lost", row.events_lost},
                      {"damage", row.damage}};
  for (const Mode& mode : modes()) {
    if (mode.name != "bare") json[mode.name + "_over_bare"] = row.over_bare(mode.name).mean;
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
  fmt::print("{:<36} {:>5}", row.workload, row.turns());
  for (const Mode& mode : modes()) {
    if (mode.name == "bare") continue;
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
    haproxy_.emplace(site_.netns(), site_.port(), site_.address());
  }

  // Goes on from the rounds in `earlier`, if that is such a row.
  Row measure(const Workload& workload, std::size_t turns, const nlohmann::json& earlier) {
    Row row{.workload = workload.name,
            .durable = workload.durable,
            .tps = {},
            .runs = {},
            .damage = {}};
    if (earlier.is_object()) {
      if (earlier.value("durable", !row.durable) != row.durable) {
        throw std::runtime_error("--continue: `" + workload.name +
                                 "` is of rounds of another kind");
      }
      row.tps = earlier.at("tps");
    }
    const Pgbench pgbench(workload, site_.postgres(), site_.cgroup(), site_.netns());
    round(pgbench, modes().front(), row);  // warms up
    for (std::size_t turn = 0; turn < turns && !row.is_known(); ++turn) {
      std::vector<Mode> order = modes_of(row.turns());
      std::shuffle(order.begin(), order.end(), random_);
      std::map<std::string, double> tps;
      for (const Mode& mode : order) tps[mode.name] = round(pgbench, mode, row);
      for (const auto& [mode, value] : tps) row.tps[mode].push_back(value);
    }
    count_runs(pgbench, row);
    return row;
  }

 private:
  double round(const Pgbench& pgbench, const Mode& mode, Row& row) {
    Attachment attachment(mode.attached, site_.cgroup(), site_.netns(), site_.service());
    const double tps = mode.through_haproxy
                           ? pgbench.run(round_time, "127.0.0.1", haproxy_->port(), attachment).tps
                           : pgbench.run(round_time, site_.address(), site_.port(), attachment).tps;
    if (mode.attached == Attached::observe) row.events += attachment.events();
    row.events_lost += attachment.events_lost();
    if (const std::string damage = attachment.damage(); !damage.empty()) {
      row.damage += mode.name + ": " + damage;
    }
    return tps;
  }

  // A round of its own: counting costs time.
  void count_runs(const Pgbench& pgbench, Row& row) {
    const UniqueFd counting(bpf_enable_stats(BPF_STATS_RUN_TIME));
    require(static_cast<bool>(counting), "cannot count the programs' runs");
    Attachment attachment(Attached::armed, site_.cgroup(), site_.netns(), site_.service());
    row.transactions = static_cast<double>(
        pgbench.run(round_time, site_.address(), site_.port(), attachment).transactions);
    row.runs = attachment.runs();
  }

  Site site_;
  std::optional<HaProxy> haproxy_;
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
  app.add_option("--only", only, "this workload alone; again for another");
  app.add_option("--continue", earlier, "count the rounds in this file, of --json, too");
  return bench_main(app, {.trials = default_turns, .json_file = {}}, argc, argv,
                    [&](const Options& options) { return measure(options, only, earlier); });
}
