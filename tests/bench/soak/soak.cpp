// SPDX-License-Identifier: Apache-2.0
// pgbench under random faults, one run of cutpoint after the other, and at the end: do its books
// agree with what its clients were told, is the kernel well, is nothing left?
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "controller/util/clock.h"
#include "controller/util/file.h"
#include "probes/postgres/dsn.h"
#include "tests/bench/bench_main.h"
#include "tests/bench/interruption.h"
#include "tests/bench/private_postgres.h"
#include "tests/bench/soak/clients.h"
#include "tests/bench/soak/kernel_log.h"
#include "tests/bench/soak/random_scenario.h"
#include "tests/bench/temporary_directory.h"
#include "tests/scenarios/host_state.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;
using nlohmann::json;

constexpr std::size_t client_count = 6;

// An end that is reset alone is found out by the other's keepalive.
std::string dsn_of_clients(const std::string& dsn) {
  return require(probes::Dsn::parse(dsn))
      .with("keepalives_idle", "1")
      .with("keepalives_interval", "1")
      .with("keepalives_count", "3")
      .conninfo();
}

bool has_any(const std::string& text, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return text.find(part) != std::string::npos; });
}

// Some COMMIT of the run may have an end that its report does not know, and it says so.
bool is_blind(const std::string& reason) {
  return has_any(reason, {"never came to rest", "of statements prepared before"});
}

// What else may keep a run of random faults from a verdict, and is nobody's mistake.
bool is_chance(const std::string& reason) {
  return has_any(reason, {" never fired", "the target did not end within its timeout",
                          "the target sent no COMMIT", "another rule kept it back",
                          "no segment met it while it was on"});
}

class Soak {
 public:
  struct Options {
    std::uint64_t seconds = 300;
    std::uint64_t seed = 0;
    std::string keep;  // where the files of each run stay; empty: nowhere
  };

  explicit Soak(const Options& options)
      : options_(options),
        netns_(require(NetworkNamespace::current())),
        postgres_(netns_),
        bank_(postgres_.local_dsn()),
        before_(bpf_objects()),
        cgroup_(require(Cgroup::create(require(find_cgroup_mount()), "soak"))) {}

  // Returns the exit code.
  int run();

 private:
  void run_one(std::uint64_t seed);
  void note(const std::string& run, const json& report);
  void complain(const std::string& text);
  [[nodiscard]] json summary(const Balance& balance, const std::vector<Session>& sessions) const;
  std::string write(const char* name, const std::string& text) const;

  Options options_;
  TemporaryDirectory directory_;
  NetworkNamespace netns_;
  PrivatePostgres postgres_;
  Bank bank_;
  KernelLog kernel_;
  BpfObjects before_;
  Cgroup cgroup_;
  std::vector<pid_t> controllers_;
  std::map<std::string, std::size_t> verdicts_;
  std::uint64_t firings_ = 0;
  std::uint64_t reported_in_doubt_ = 0;  // done and not told, or not known
  std::size_t blind_runs_ = 0;
  std::vector<std::string> wrong_;
};

std::string Soak::write(const char* name, const std::string& text) const {
  std::string path = directory_.path() + "/" + name;
  require(write_file_atomically(path, text, 0644));
  return path;
}

void Soak::complain(const std::string& text) {
  fmt::print(stderr, "WRONG: {}\n", text);
  wrong_.push_back(text);
}

void Soak::note(const std::string& run, const json& report) {
  std::set<std::string> reasons = report["problems"];
  for (const json& reason : report["inconclusive_because"]) reasons.insert(reason);
  for (const std::string& reason : reasons) {
    if (!is_blind(reason) && !is_chance(reason)) complain(fmt::format("{}: {}", run, reason));
  }
  if (std::any_of(reasons.begin(), reasons.end(), is_blind)) ++blind_runs_;
  ++verdicts_[report["outcome"]];
  for (const json& fault : report["faults"]) {
    firings_ += fault["fired_count"].get<std::uint64_t>();
  }
  const json& counts = report["belief_vs_truth"];
  reported_in_doubt_ +=
      counts["committed_unacked"].get<std::uint64_t>() + counts["unknown"].get<std::uint64_t>();
}

void Soak::run_one(std::uint64_t seed) {
  const RandomScenario made = random_scenario(seed, cgroup_.path());
  const std::string out =
      (options_.keep.empty() ? directory_.path() : options_.keep) + fmt::format("/run-{}", seed);
  Program::Options options;
  options.environment = {{"CUTPOINT_PG_DSN", postgres_.dsn()},
                         {"CUTPOINT_STATE_DIR", directory_.path() + "/state"}};
  const std::int64_t started_ns = now_ns();
  Program program({CUTPOINT_BENCH_PROGRAM, "run", write("scenario.yaml", made.yaml), "--out", out},
                  options);
  controllers_.push_back(program.pid());
  const auto ended = program.wait();
  const std::string run = fmt::format("run {} ({})", seed, made.faults);
  const auto report = read_file(out + "/report.json");
  const std::size_t wrong_before = wrong_.size();
  if (!report || (ended.code != 0 && ended.code != 1 && ended.code != 4)) {
    complain(fmt::format("{}: exit code {}\n{}", run, ended.code, ended.err));
  } else {
    note(run, json::parse(*report));
  }
  if (wrong_.size() > wrong_before) {
    fmt::print(stderr, "{}\n{}\n{}\n", made.yaml, ended.err, ended.out);
  }
  fmt::print(stderr, "{}: exit {}, {:.1f} s\n", run, ended.code,
             static_cast<double>(now_ns() - started_ns) / 1e9);
}

json Soak::summary(const Balance& balance, const std::vector<Session>& sessions) const {
  const auto ended = [&](Session::End end) {
    return std::count_if(sessions.begin(), sessions.end(),
                         [end](const Session& session) { return session.end == end; });
  };
  return {{"seed", options_.seed},
          {"seconds", options_.seconds},
          {"runs", controllers_.size()},
          {"verdicts", verdicts_},
          {"firings", firings_},
          {"sessions",
           {{"complete", ended(Session::End::complete)},
            {"aborted", ended(Session::End::aborted)},
            {"killed", ended(Session::End::silent)}}},
          {"transactions",
           {{"rows", balance.rows},
            {"told", balance.told},
            {"in_doubt", balance.in_doubt},
            {"of_killed", balance.silent}}},
          {"reported_in_doubt", reported_in_doubt_},
          {"blind_runs", blind_runs_},
          {"wrong", wrong_}};
}

int Soak::run() {
  const std::string script = write("tpcb.sql", Bank::script());
  Clients clients(cgroup_, dsn_of_clients(postgres_.dsn()), script, client_count, options_.seed);
  const Deadline deadline{std::chrono::seconds(options_.seconds)};
  for (std::uint64_t i = 0; !deadline.passed(); ++i) {
    throw_if_interrupted();
    run_one(options_.seed * 10'000 + i);
  }
  const std::vector<Session> sessions = clients.finish();
  const Balance balance = bank_.balance(sessions);
  for (const std::string& line : balance.wrong) complain(line);
  if (balance.told == 0) complain("no transaction was done");
  if (blind_runs_ == 0 && balance.in_doubt > reported_in_doubt_) {
    complain(fmt::format("{} transactions were in doubt, {} were reported", balance.in_doubt,
                         reported_in_doubt_));
  }
  for (const std::string& line : left_behind(directory_.path() + "/state", controllers_, before_)) {
    complain("left behind: " + line);
  }
  for (const std::string& line : kernel_.complaints()) complain("the kernel: " + line);
  fmt::print("{}\n", summary(balance, sessions).dump());
  if (wrong_.empty()) return 0;
  fmt::print(stderr, "again: scripts/soak --seed {}\n", options_.seed);
  return 1;
}

}  // namespace
}  // namespace cutpoint::bench

// What CLI11 and fmt could throw outside the try block would end the program, as it should.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  using namespace cutpoint::bench;
  CLI::App app("pgbench under random faults", "soak");
  Soak::Options options;
  options.seed = std::random_device{}() % 100'000;
  app.add_option("--seconds", options.seconds, "how long")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "of the faults");
  app.add_option("--keep", options.keep, "directory in which the files of each run stay")
      ->check(CLI::ExistingDirectory);
  return bench_main(app, argc, argv, [&] {
    app.name(fmt::format("soak --seed {}", options.seed));  // as an error is told
    return Soak(options).run();
  });
}
