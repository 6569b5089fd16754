// SPDX-License-Identifier: Apache-2.0
// Ground truth that nobody here wrote: every COMMIT that PostgreSQL has counted is in the trace.
#include <csignal>
#include <fmt/format.h>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "controller/util/clock.h"
#include "controller/util/file.h"
#include "tests/scenarios/shop.h"

namespace cutpoint {
namespace {

using nlohmann::json;

struct Load {
  std::string protocol;  // of pgbench: simple, extended, prepared
  int clients;
  bool whole_host;  // else pgbench is the command that is traced
};

void PrintTo(const Load& load, std::ostream* out) {
  *out << load.protocol << ", " << load.clients << (load.whole_host ? ", whole host" : "");
}

class TraceTruth : public ScenarioTest, public testing::WithParamInterface<Load> {
 protected:
  void SetUp() override {
    ScenarioTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    // Nobody works there but pgbench: the observer is in another database, and comes in by the
    // socket directory, which carries no segments.
    as_superuser("ALTER SYSTEM SET autovacuum = off");
    as_superuser("SELECT pg_reload_conf()");
    as_superuser("DROP DATABASE IF EXISTS truth");
    as_superuser("CREATE DATABASE truth OWNER cutpoint");
    const auto made = Program::run(
        {"pgbench", "--initialize", "--quiet", "--no-vacuum", "--scale=1", truth_dsn()});
    ASSERT_EQ(made.code, 0) << made.err;
  }

  void TearDown() override {
    if (!IsSkipped()) {
      await_departure();
      as_superuser("DROP DATABASE truth");
      as_superuser("ALTER SYSTEM RESET autovacuum");
      as_superuser("SELECT pg_reload_conf()");
    }
    ScenarioTest::TearDown();
  }

  static std::string as_superuser(const std::string& sql) {
    auto ended =
        Program::run({"runuser", "-u", "postgres", "--", "psql", "-XqAt", "-v", "ON_ERROR_STOP=1",
                      "-h", Lab::socket_directory(), "-p", CUTPOINT_TEST_LAB_PORT, "-U", "postgres",
                      "-d", "postgres", "-c", sql});
    if (ended.code != 0) throw std::runtime_error("psql: " + ended.err);
    while (ended.out.ends_with('\n')) ended.out.pop_back();
    return ended.out;
  }

  [[nodiscard]] std::string truth_dsn() const {
    const std::string usual = "/cutpoint?";
    std::string dsn = dsn_;
    return dsn.replace(dsn.find(usual), usual.size(), "/truth?");
  }

  // A backend hands in what it has counted before it goes.
  static void await_departure() {
    const Deadline deadline(Program::longest);
    while (as_superuser("SELECT count(*) FROM pg_stat_activity WHERE datname = 'truth'") != "0") {
      ASSERT_FALSE(deadline.passed());
    }
  }

  struct Counted {
    std::int64_t commits = 0;
    std::int64_t rollbacks = 0;
  };
  static Counted counted_by_server() {
    await_departure();
    std::istringstream row(
        as_superuser("SELECT xact_commit || ' ' || xact_rollback "
                     "FROM pg_stat_database WHERE datname = 'truth'"));
    Counted counted;
    row >> counted.commits >> counted.rollbacks;
    return counted;
  }

  // What the server counts of a connection that asks for nothing: its own look at the catalogs.
  [[nodiscard]] std::int64_t commits_of_connecting() const {
    const std::int64_t before = counted_by_server().commits;
    EXPECT_EQ(Program::run({"psql", "-Xq", truth_dsn(), "-c", "\\q"}).code, 0);
    return counted_by_server().commits - before;
  }

  [[nodiscard]] Words pgbench() const {
    return {"pgbench",
            "--no-vacuum",
            "--protocol=" + GetParam().protocol,
            fmt::format("--client={}", GetParam().clients),
            "--transactions=250",
            truth_dsn()};
  }

  void trace_pgbench() {
    Words trace =
        Words{"trace", "--summary", "--format", "jsonl:" + path("trace.jsonl")} + by_address;
    for (const char* moment :
         {"auth.ok", "commit.ack", "commit.implicit", "parse", "ready", "statement"}) {
      trace.emplace_back("--moment");
      trace.emplace_back(moment);
    }
    if (!GetParam().whole_host) {
      const auto ended = cutpoint(trace + Words{"--"} + pgbench());
      ASSERT_EQ(ended.code, 0) << ended.err;
      return;
    }
    Program running = start(trace);
    ASSERT_NE(running.err_line("tracing"), "");
    ASSERT_EQ(Program::run(pgbench()).code, 0);
    running.signal(SIGINT);
    ASSERT_EQ(running.wait().code, 0);
  }
};

// What the lines of a trace add up to.
struct Traced {
  std::map<std::string, std::int64_t> moments;
  // A Parse outside a transaction has one of its own, which its Sync commits, although no statement
  // was executed (src/backend/tcop/postgres.c, exec_parse_message).
  std::int64_t without_statement = 0;
  std::string summary;  // its line
};

Traced add_up(const std::string& text) {
  Traced traced;
  std::map<std::pair<std::string, int>, std::set<std::string>> exchanges;  // by flow and number
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const json entry = json::parse(line);
    if (entry.value("what", "") == "summary") traced.summary = line;
    if (!entry.contains("moment")) continue;
    const std::string moment = entry["moment"];
    ++traced.moments[moment];
    auto& exchange = exchanges[{entry["flow"], entry["exchange"]}];
    exchange.insert(moment);
    if (moment != "ready") continue;
    const bool commits = entry["attributes"]["status"] == "I";
    traced.without_statement +=
        commits && exchange.contains("parse") && !exchange.contains("statement");
    exchange.clear();
  }
  return traced;
}

TEST_P(TraceTruth, every_commit_that_the_server_has_counted_is_traced) {
  const std::int64_t of_connecting = commits_of_connecting();
  const Counted before = counted_by_server();
  ASSERT_NO_FATAL_FAILURE(trace_pgbench());
  const Counted after = counted_by_server();

  auto [traced, without_statement, summary_line] = add_up(read_file(path("trace.jsonl")).value());
  const json summary = json::parse(summary_line);
  EXPECT_EQ(summary["lost"], 0);
  EXPECT_EQ(summary["not_seen"], json::object());
  EXPECT_GE(traced["commit.ack"], 250 * GetParam().clients);
  EXPECT_EQ(traced["commit.ack"] + traced["commit.implicit"] + without_statement,
            after.commits - before.commits - of_connecting * traced["auth.ok"]);
  EXPECT_EQ(after.rollbacks, before.rollbacks);
  // The kernel's own count, which needs no events, is the same.
  for (const char* moment : {"commit.ack", "commit.implicit", "parse", "ready", "statement"}) {
    EXPECT_EQ(summary["moments"]["db"].value(moment, 0), traced[moment]) << moment;
  }
  EXPECT_EQ(summary["latencies"]["commit.request -> commit.ack"]["count"], traced["commit.ack"]);
}

INSTANTIATE_TEST_SUITE_P(Pgbench, TraceTruth,
                         testing::Values(Load{"simple", 1, false}, Load{"simple", 4, false},
                                         Load{"extended", 1, false}, Load{"extended", 4, false},
                                         Load{"prepared", 1, false}, Load{"prepared", 4, false},
                                         Load{"prepared", 4, true}));

}  // namespace
}  // namespace cutpoint
