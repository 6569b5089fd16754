// SPDX-License-Identifier: Apache-2.0
// A trace of the whole host for as long as it takes, while short connections pass by the hundred
// thousand beside a few that stay: is every one of them in it, does its memory stay where it is,
// are its maps empty when nobody is connected any more, is nothing left?
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <thread>

#include "controller/util/child.h"
#include "controller/util/clock.h"
#include "probes/postgres/dsn.h"
#include "tests/bench/bench_main.h"
#include "tests/bench/interruption.h"
#include "tests/bench/private_postgres.h"
#include "tests/bench/soak/kernel_log.h"
#include "tests/bench/trace/kernel_maps.h"
#include "tests/bench/trace/memory.h"
#include "tests/bench/trace/tracer.h"
#include "tests/scenarios/host_state.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;
using nlohmann::json;

constexpr std::uint64_t mib = 1024 * 1024;
// The event buffer, which is mapped twice, becomes resident as it is first used; after that only
// the lines that wait to be written come and go.
constexpr std::uint64_t warm_connections = 5000;
constexpr std::uint64_t most_growth = 2 * mib;  // over all the time after that
constexpr auto look_every = std::chrono::seconds(1);
constexpr std::uint64_t most_seconds = 30;  // of one pgbench

class Soak {
 public:
  struct Options {
    std::uint64_t seconds = 600;
    std::uint64_t connections = 0;
  };

  explicit Soak(const Options& options)
      : options_(options), netns_(require(NetworkNamespace::current())), postgres_(netns_) {
    const auto made =
        Program::run({"pgbench", "--initialize", "--quiet", "--scale=1", postgres_.local_dsn()});
    if (made.code != 0) throw std::runtime_error("pgbench: " + made.err);
    spare_passwords();
  }

  // Returns the exit code.
  int run();

 private:
  static void spare_passwords();
  [[nodiscard]] Child pgbench(std::vector<std::string> options) const;
  [[nodiscard]] std::uint64_t count(const std::string& sql) const;
  [[nodiscard]] std::uint64_t sessions() const;
  void await_departure() const;
  void work(const Tracer& tracer, const KernelMaps& maps);
  void look(const Tracer& tracer, const KernelMaps& maps);
  void await_empty(const KernelMaps& maps);
  void judge(const Traced& traced, std::uint64_t served);
  void complain(const std::string& text);

  Options options_;
  NetworkNamespace netns_;
  PrivatePostgres postgres_;
  KernelLog kernel_;
  BpfObjects before_ = bpf_objects();
  std::int64_t started_ns_ = now_ns();
  std::uint64_t served_before_ = 0;
  std::vector<Sample> samples_;  // after the warm-up
  std::uint64_t first_bytes_ = 0;
  std::map<std::string, std::uint64_t> at_first_;  // entries, by map
  std::map<std::string, std::uint64_t> fullest_;   // likewise, at most
  std::map<std::string, std::uint64_t> bounds_;
  std::vector<std::string> wrong_;
};

void Soak::complain(const std::string& text) {
  fmt::print(stderr, "WRONG: {}\n", text);
  wrong_.push_back(text);
}

// A password costs either end more than the rest of a connection (RFC 5802: 4,096 rounds).
void Soak::spare_passwords() {
  const std::string data = CUTPOINT_BENCH_LAB_DIR "/postgres/data/";
  std::ofstream(data + "pg_hba.conf") << "local all all scram-sha-256\n"
                                         "host all all 127.0.0.1/32 trust\n";
  pid_t postmaster = 0;
  std::ifstream(data + "postmaster.pid") >> postmaster;
  require(postmaster > 0 && ::kill(postmaster, SIGHUP) == 0, "cannot make PostgreSQL reload");
}

// It ends by itself, and every connection of its as it should.
Child Soak::pgbench(std::vector<std::string> options) const {
  SpawnOptions spawn;
  spawn.command = {"pgbench", "--no-vacuum", "--select-only",
                   fmt::format("--time={}", std::min(options_.seconds, most_seconds))};
  spawn.command.insert(spawn.command.end(), options.begin(), options.end());
  spawn.command.push_back(postgres_.dsn());
  return require(Child::spawn(spawn));
}

// The observer is in another database, and comes in by the socket directory.
std::uint64_t Soak::count(const std::string& sql) const {
  pqxx::connection connection(
      require(probes::Dsn::parse(postgres_.local_dsn())).with("dbname", "postgres").conninfo());
  pqxx::nontransaction session(connection);
  return session.exec(sql)[0][0].as<std::uint64_t>();
}

std::uint64_t Soak::sessions() const {
  return count("SELECT sessions FROM pg_stat_database WHERE datname = 'cutpoint'");
}

// A backend hands in what it has counted before it goes.
void Soak::await_departure() const {
  const Deadline deadline(Program::longest);
  while (count("SELECT count(*) FROM pg_stat_activity WHERE datname = 'cutpoint'") != 0) {
    if (deadline.passed()) throw std::runtime_error("backends stay, of clients that have gone");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void Soak::look(const Tracer& tracer, const KernelMaps& maps) {
  const std::uint64_t bytes = resident_bytes(tracer.pid());
  if (first_bytes_ == 0) first_bytes_ = bytes;
  const double seconds = static_cast<double>(now_ns() - started_ns_) / 1e9;
  const std::uint64_t served = sessions() - served_before_;
  if (served >= std::min(warm_connections, options_.connections / 2)) {
    samples_.push_back({seconds, bytes});
  }
  for (const auto& [name, count] : maps.entries()) {
    fullest_[name] = std::max(fullest_[name], count);
  }
  if (static_cast<std::uint64_t>(seconds) % 30 == 0) {
    fmt::print(stderr, "{:.0f} s: {} connections, {} KiB\n", seconds, served, bytes / 1024);
  }
}

// Until the time is over, and as many have come as are wanted.
void Soak::work(const Tracer& tracer, const KernelMaps& maps) {
  const Deadline deadline{std::chrono::seconds(options_.seconds)};
  while (!deadline.passed() || sessions() - served_before_ < options_.connections) {
    Child short_ones = pgbench({"--connect", "--client=4", "--jobs=2"});
    Child steady = pgbench({"--client=2", "--rate=200", "--protocol=prepared"});
    while (!require(short_ones.wait_for(look_every))) {
      throw_if_interrupted();
      look(tracer, maps);
    }
    if (!require(short_ones.wait()).success() || !require(steady.wait()).success()) {
      throw std::runtime_error("pgbench failed");
    }
  }
}

// The maps are as they were before anybody had connected.
void Soak::await_empty(const KernelMaps& maps) {
  const Deadline deadline(std::chrono::seconds(10));
  while (maps.entries() != at_first_) {
    if (deadline.passed()) {
      complain("nobody is connected, and there are entries in maps: " +
               json(maps.entries()).dump() + ", at first " + json(at_first_).dump());
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

void Soak::judge(const Traced& traced, std::uint64_t served) {
  const json& summary = traced.summary;
  const std::uint64_t opened = summary.at("flows").at("opened");
  const std::uint64_t lost = summary.at("lost");
  if (lost != 0) complain(fmt::format("{} events were lost", lost));
  if (lost != traced.lost) complain("not every loss was told of as it happened");
  if (summary.at("not_seen") != json::object())
    complain("not seen: " + summary.at("not_seen").dump());
  if (traced.lines.at("auth.ok") != served) {
    complain(fmt::format("the server has counted {} sessions, the trace {}", served,
                         traced.lines.at("auth.ok")));
  }
  for (const auto& [moment, lines] : traced.lines) {
    const std::uint64_t counted = summary.at("moments").at("db").at(moment);
    if (lines != counted) complain(fmt::format("{}: {} lines of {}", moment, lines, counted));
  }
  if (opened < served) complain(fmt::format("{} flows were opened", opened));
  if (served < options_.connections) complain(fmt::format("{} connections", served));
  for (const auto& [name, count] : fullest_) {
    if (count > at_first_.at(name) && count >= bounds_.at(name)) complain("full: " + name);
  }
  const double growth =
      samples_.empty() ? 0 : slope(samples_) * (samples_.back().seconds - samples_.front().seconds);
  if (growth > static_cast<double>(most_growth)) {
    complain(fmt::format("its memory has grown by {:.0f} bytes", growth));
  }
}

int Soak::run() {
  await_departure();
  served_before_ = sessions();
  auto tracer = std::make_unique<Tracer>(
      netns_, fmt::format("127.0.0.1:{}", postgres_.port()),
      std::vector<std::string>{"--summary", "--moment", "startup", "--moment", "auth.ok",
                               "--moment", "ready", "--moment", "terminate"});
  const KernelMaps maps(tracer->pid());
  bounds_ = maps.bounds();
  at_first_ = maps.entries();
  work(*tracer, maps);
  await_departure();
  const std::uint64_t served = sessions() - served_before_;
  await_empty(maps);
  const std::uint64_t last_bytes = resident_bytes(tracer->pid());
  const Traced traced = tracer->end();
  judge(traced, served);
  for (const std::string& line : left_behind(tracer->state_directory(), {tracer->pid()}, before_)) {
    complain("left behind: " + line);
  }
  for (const std::string& line : kernel_.complaints()) complain("the kernel: " + line);
  const json summary{{"seconds", (now_ns() - started_ns_) / 1'000'000'000},
                     {"connections", served},
                     {"lines", traced.all_lines()},
                     {"lost", traced.lost},
                     {"memory",
                      {{"first_kib", first_bytes_ / 1024},
                       {"warm_kib", samples_.empty() ? 0 : samples_.front().bytes / 1024},
                       {"last_kib", last_bytes / 1024},
                       {"kib_per_minute", slope(samples_) * 60 / 1024},
                       {"samples", samples_.size()}}},
                     {"entries_at_first_and_last", at_first_},
                     {"most_entries", fullest_},
                     {"bounds", bounds_},
                     {"wrong", wrong_}};
  fmt::print("{}\n", summary.dump());
  return wrong_.empty() ? 0 : 1;
}

}  // namespace
}  // namespace cutpoint::bench

// What CLI11 and fmt could throw outside the try block would end the program, as it should.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  using namespace cutpoint::bench;
  CLI::App app("A trace of the whole host, while short connections pass", "soak trace");
  Soak::Options options;
  app.add_option("--seconds", options.seconds, "how long, at least")->check(CLI::PositiveNumber);
  app.add_option("--connections", options.connections, "how many, at least");
  return bench_main(app, argc, argv, [&] { return Soak(options).run(); });
}
