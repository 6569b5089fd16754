// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/overhead/pgbench.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <optional>
#include <pqxx/pqxx>
#include <stdexcept>

#include "controller/run/event_loop.h"
#include "controller/util/child.h"
#include "probes/postgres/dsn.h"
#include "tests/bench/interruption.h"
#include "tests/bench/overhead/processors.h"
#include "tests/bench/overhead/statistics.h"
#include "tests/bench/temporary_directory.h"
#include "tests/bench/transcript.h"
#include "tests/scenarios/program.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;

using Clock = std::chrono::steady_clock;

constexpr auto look_for_signals = std::chrono::milliseconds(100);
constexpr auto turn = std::chrono::milliseconds(25);
constexpr auto between = std::chrono::milliseconds(3);  // what was asked last is still answered
constexpr auto beginning = std::chrono::seconds(1);     // pgbench connects
const std::array<std::string, 2> schemas{"public", "other"};  // with tables of pgbench's in each

std::string behind(const std::string& before, const std::string& said) {
  const auto at = said.find(before);
  if (at == std::string::npos) throw std::runtime_error("pgbench:\n" + said);
  return said.substr(at + before.size());
}

// Wall-clock time, as pgbench's log has it, in s.
double wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// When the transactions in pgbench's log, a file per thread, ended: wall_clock(), ascending.
std::vector<double> ends(const std::string& directory) {
  std::vector<double> all;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    std::ifstream lines(file.path());
    // Client, number, latency, script, s and us since the epoch (pgbench(1), per-transaction log).
    for (std::uint64_t client, number, latency, script, s, us;
         lines >> client >> number >> latency >> script >> s >> us;) {
      all.push_back(static_cast<double>(s) + static_cast<double>(us) / 1e6);
    }
    if (!lines.eof())
      throw std::runtime_error("no transaction of pgbench: " + file.path().string());
  }
  std::sort(all.begin(), all.end());
  return all;
}

struct Turn {
  double from;     // wall_clock()
  double to;       // until what was asked last was answered
  double seconds;  // that it ran

  // Transactions a second, of those that ended at such times.
  [[nodiscard]] double tps(const std::vector<double>& ends) const {
    const auto first = std::lower_bound(ends.begin(), ends.end(), from);
    return static_cast<double>(std::lower_bound(first, ends.end(), to) - first) / seconds;
  }
};

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

struct Pgbench::Running {
  std::unique_ptr<Transcript> said;
  std::unique_ptr<TemporaryDirectory> log;  // none: it writes none
  Child child;
};

Pgbench::Pgbench(const Workload& workload, const PrivatePostgres& postgres)
    : workload_(workload), postgres_(postgres) {
  pqxx::connection connection(postgres.local_dsn());
  pqxx::nontransaction session(connection);
  session.exec(std::string("ALTER ROLE cutpoint SET synchronous_commit = ") +
               (workload.durable ? "on" : "off"));
  for (const std::string& schema : schemas) {
    session.exec("CREATE SCHEMA IF NOT EXISTS " + schema);
    const auto made = Program::run({"pgbench", "--initialize", "--quiet", "--scale",
                                    std::to_string(workload.scale),
                                    require(probes::Dsn::parse(postgres.local_dsn()))
                                        .with("options", "-c search_path=" + schema)
                                        .conninfo()});
    if (made.code != 0) throw std::runtime_error("pgbench: " + made.err);
    // What disturbs a round and not its neighbour: autovacuum, and the disk.
    for (const char* table : {"accounts", "branches", "tellers", "history"}) {
      session.exec("ALTER TABLE " + schema + ".pgbench_" + table +
                   " SET (autovacuum_enabled = off)");
    }
  }
}

Pgbench::Running Pgbench::start(std::chrono::seconds time, const Way& way,
                                const std::string& schema, Log log) const {
  auto said = std::make_unique<Transcript>();
  std::unique_ptr<TemporaryDirectory> logged_to;
  SpawnOptions options;
  options.command = {"pgbench", "--no-vacuum", "--time=" + std::to_string(time.count())};
  if (log == Log::each_transaction) {
    logged_to = std::make_unique<TemporaryDirectory>();
    options.command.insert(options.command.end(),
                           {"--log", "--log-prefix=" + logged_to->path() + "/t"});
  }
  options.command.insert(options.command.end(), workload_.arguments.begin(),
                         workload_.arguments.end());
  options.command.push_back(require(probes::Dsn::parse(postgres_.dsn()))
                                .with("host", way.host)
                                .with("port", std::to_string(way.port))
                                .with("options", "-c search_path=" + schema)
                                .conninfo());
  enter_netns(options, way.place.netns);
  options.cgroup_fd = way.place.cgroup.fd();
  options.stdout_fd = said->fd();
  options.stderr_fd = said->fd();
  std::optional<OnLastProcessor> pinned;
  if (!workload_.spread) pinned.emplace();
  return {std::move(said), std::move(logged_to), require(Child::spawn(options))};
}

bool Pgbench::attend(const Running& running, Attachment* attachment, Clock::time_point until) {
  for (;;) {
    throw_if_interrupted();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) return false;
    const Wakeup wakeup = wait_for_any(attachment != nullptr ? attachment->events_fd() : -1,
                                       running.child.pidfd(), -1, std::min(left, look_for_signals));
    if (attachment != nullptr) attachment->drain();
    if (wakeup.target_ended) return true;
  }
}

Round Pgbench::end(Running& running) {
  const ExitStatus status = require(running.child.wait());
  const std::string text = running.said->text();
  if (!status.success()) {
    throw std::runtime_error("pgbench, " + status.describe() + ":\n" + text);
  }
  return {.tps = std::stod(behind("\ntps = ", text)),
          .transactions = std::stoull(behind("number of transactions actually processed: ", text))};
}

Round Pgbench::run(std::chrono::seconds time, const Way& way, Attachment* attachment) const {
  Running running = start(time, way, schemas[0], Log::none);
  attend(running, attachment, Clock::time_point::max());
  return end(running);
}

Turns Pgbench::run_in_turns(std::chrono::seconds time, const Way& way, const Way& other,
                            Attachment* attachment) const {
  const auto all = beginning + time + std::chrono::seconds(1);
  const std::size_t which_tables = std::bernoulli_distribution()(random_) ? 1 : 0;
  std::array running{start(all, way, schemas[which_tables], Log::each_transaction),
                     start(all, other, schemas[1 - which_tables], Log::each_transaction)};
  const auto is_over = [](Running& one) {
    end(one);  // says why, if it failed
    throw std::runtime_error("pgbench ended before its time");
  };
  if (attend(running[0], attachment, Clock::now() + beginning)) is_over(running[0]);
  for (Running& one : running) require(one.child.signal(SIGSTOP));

  std::array<std::vector<Turn>, 2> turns;
  for (const auto last = Clock::now() + time; Clock::now() < last;) {
    std::array<std::size_t, 2> order{0, 1};
    if (std::bernoulli_distribution()(random_)) std::swap(order[0], order[1]);
    for (const std::size_t which : order) {
      const auto began = Clock::now();
      const double from = wall_clock();
      require(running[which].child.signal(SIGCONT));
      if (attend(running[which], attachment, began + turn)) is_over(running[which]);
      require(running[which].child.signal(SIGSTOP));
      const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
      attend(running[which], attachment, Clock::now() + between);
      turns[which].push_back({from, wall_clock(), seconds});
    }
  }
  for (Running& one : running) require(one.child.signal(SIGCONT));
  std::array<std::vector<double>, 2> tps;
  std::array<Round, 2> rounds;
  for (std::size_t i = 0; i < running.size(); ++i) {
    attend(running[i], attachment, Clock::time_point::max());
    rounds[i] = end(running[i]);
    const std::vector<double> ended = ends(running[i].log->path());
    for (const Turn& one : turns[i]) tps[i].push_back(one.tps(ended));
  }
  const double ratio = typical_ratio(tps[0], tps[1]);
  if (!std::isfinite(ratio) || ratio == 0) {
    throw std::runtime_error(
        "pgbench: most turns of one of the two saw no transaction end; this "
        "host is too busy, or turns of 25 ms are too short for it");
  }
  return {mean(tps[0]), mean(tps[1]), ratio, rounds[0].transactions};
}

}  // namespace cutpoint::bench
