// SPDX-License-Identifier: Apache-2.0
// Ground truth that nobody here wrote: every transaction that PostgreSQL has counted, as committed
// or as rolled back, is in the trace.
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "controller/util/clock.h"
#include "tests/scenarios/trace_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

struct Load {
  std::string protocol;  // of pgbench: simple, extended, prepared
  int clients;
  int transactions;         // by each of them
  bool whole_host = false;  // else what works is the command that is traced
};

// A transaction that is committed, one without BEGIN, one that is rolled back; then, by chance, one
// that fails in a block, one that fails without, or none. pgbench goes on after a failure of this
// class alone, with the next run of the script.
constexpr const char* pgbench_script = R"(\set aid random(1, 100000)
\set way random(1, 3)
BEGIN;
UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;
INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (1, 1, :aid, 1, CURRENT_TIMESTAMP);
END;
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
BEGIN;
UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;
ROLLBACK;
\if :way = 1
BEGIN;
\endif
\if :way < 3
DO $$ BEGIN RAISE serialization_failure; END $$;
\endif
)";

// Ends of transactions that pgbench does not come to. A line is a message, unless it ends in \;
constexpr const char* psql_script = R"(BEGIN;
SELECT 1/0;
COMMIT;
ROLLBACK;
COMMIT;
SELECT 1\; SELECT 1/0;
SELECT 1\; BEGIN\; SELECT 1\; COMMIT\; SELECT 1;
BEGIN\; SELECT 1\; COMMIT\; SELECT 1/0;
BEGIN\; ROLLBACK\; SELECT 1/0;
BEGIN\; SELECT 1/0\; COMMIT;
ROLLBACK;
BEGIN;
COMMIT AND CHAIN;
SAVEPOINT here;
SELECT 1/0;
ROLLBACK TO here;
ROLLBACK AND CHAIN;
COMMIT;
CREATE TABLE deferred (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
BEGIN;
INSERT INTO deferred VALUES (1), (1);
COMMIT;
no statement at all;
BEGIN;
PREPARE TRANSACTION 'kept';
COMMIT PREPARED 'kept';
BEGIN;
PREPARE TRANSACTION 'dropped';
ROLLBACK PREPARED 'dropped';
)";

void PrintTo(const Load& load, std::ostream* out) {
  *out << load.protocol << ", " << load.clients << (load.whole_host ? ", whole host" : "");
}

constexpr std::array moments{"auth.ok", "commit.ack", "commit.implicit", "error",
                             "parse",   "ready",      "rollback.ack",    "statement"};

class TraceTruth : public Traces<ScenarioTest>, public testing::WithParamInterface<Load> {
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

  // pgbench, and psql after it.
  [[nodiscard]] Words work() const {
    write_text(path("pgbench.sql"), pgbench_script);
    write_text(path("psql.sql"), psql_script);
    write_text(path("work.sh"),
               fmt::format("set -e\n"
                           "pgbench --no-vacuum --random-seed=1 --protocol={} --client={} "
                           "--transactions={} --file={} '{}'\n"
                           "psql -Xq -f {} '{}'\n",
                           GetParam().protocol, GetParam().clients, GetParam().transactions,
                           path("pgbench.sql"), truth_dsn(), path("psql.sql"), truth_dsn()));
    return {"sh", path("work.sh")};
  }

  void trace_work() {
    Words trace = Words{"trace", "--summary"} + to_file() + by_address;
    for (const char* moment : moments) {
      trace.emplace_back("--moment");
      trace.emplace_back(moment);
    }
    if (!GetParam().whole_host) {
      const auto ended = cutpoint(trace + Words{"--"} + work());
      ASSERT_EQ(ended.code, 0) << ended.err;
      return;
    }
    Program running = start(trace);
    ASSERT_NE(running.err_line("tracing"), "");
    const auto worked = Program::run(work());
    ASSERT_EQ(worked.code, 0) << worked.err;
    ASSERT_EQ(running.interrupt().code, 0);
  }
};

// What the lines of a trace add up to.
struct Traced {  // NOLINT(bugprone-exception-escape): of json, which without memory throws
  std::map<std::string, std::int64_t> moments;
  std::int64_t commits = 0;
  std::int64_t rollbacks = 0;
  std::int64_t failures = 0;  // of them, those of a statement that ended its transaction itself
  json summary;

  [[nodiscard]] std::int64_t of(const std::string& moment) const {
    const auto found = moments.find(moment);
    return found == moments.end() ? 0 : found->second;
  }
};

// What was asked and answered up to a ReadyForQuery: its moments, and the commands of its
// statements.
using Exchange = std::set<std::string>;

// Transactions beside those of which a moment tells the end.
void add_untold(const Exchange& exchange, Traced& traced) {
  const auto has = [&](const char* what) { return exchange.contains(what); };
  if (has("error")) {
    // Outside of a block, or at its COMMIT.
    ++traced.rollbacks;
    ++traced.failures;
    return;
  }
  // A Parse outside a transaction has one of its own, which its Sync commits, although no statement
  // was executed (src/backend/tcop/postgres.c, exec_parse_message).
  if (has("parse") && !has("statement")) ++traced.commits;
  // A COMMIT outside of a block commits nothing, which the server counts.
  if (has("COMMIT") && !has("commit.ack") && !has("rollback.ack")) ++traced.commits;
  // The statement's own is a commit.implicit, too.
  if (has("COMMIT PREPARED")) ++traced.commits;
  if (has("ROLLBACK PREPARED")) ++traced.rollbacks;
}

Traced add_up(const std::vector<json>& lines) {
  Traced traced;
  std::map<std::pair<std::string, int>, Exchange> exchanges;  // by flow and number
  for (const json& entry : lines) {
    if (entry.value("what", "") == "summary") traced.summary = entry;
    if (!entry.contains("moment")) continue;
    const std::string moment = entry["moment"];
    ++traced.moments[moment];
    traced.commits += moment == "commit.ack" || moment == "commit.implicit";
    traced.rollbacks += moment == "rollback.ack";
    Exchange& exchange = exchanges[{entry["flow"], entry.value("exchange", 0)}];
    exchange.insert(moment);
    // Of a prepared one it is known only where it begins or ends a transaction.
    if (moment == "statement" && entry.contains("attributes"))
      exchange.insert(entry["attributes"]["command"]);
    if (moment != "ready") continue;
    if (entry["attributes"]["status"] == "I") add_untold(exchange, traced);
    exchange.clear();
  }
  return traced;
}

TEST_P(TraceTruth, every_transaction_that_the_server_has_counted_is_traced) {
  const std::int64_t of_connecting = commits_of_connecting();
  const Counted before = counted_by_server();
  ASSERT_NO_FATAL_FAILURE(trace_work());
  const Counted after = counted_by_server();

  const Traced traced = add_up(lines());
  const json& summary = traced.summary;
  EXPECT_EQ(summary["lost"], 0);
  EXPECT_EQ(summary["not_seen"], json::object());
  const int runs = GetParam().clients * GetParam().transactions;
  EXPECT_GE(traced.of("commit.ack"), runs);
  EXPECT_GE(traced.of("rollback.ack"), runs);
  EXPECT_GT(traced.failures, 0);
  EXPECT_EQ(traced.commits, after.commits - before.commits - of_connecting * traced.of("auth.ok"));
  EXPECT_EQ(traced.rollbacks, after.rollbacks - before.rollbacks);
  // The kernel's own count, which needs no events, is the same.
  for (const char* moment : moments) {
    EXPECT_EQ(summary["moments"]["db"].value(moment, 0), traced.of(moment)) << moment;
  }
  EXPECT_EQ(summary["latencies"]["commit.request -> commit.ack"]["count"], traced.of("commit.ack"));
}

INSTANTIATE_TEST_SUITE_P(Pgbench, TraceTruth,
                         testing::Values(Load{"simple", 1, 100}, Load{"simple", 8, 20},
                                         Load{"simple", 32, 5}, Load{"extended", 1, 100},
                                         Load{"extended", 8, 20}, Load{"extended", 32, 5},
                                         Load{"prepared", 1, 100}, Load{"prepared", 8, 20},
                                         Load{"prepared", 32, 5}, Load{"prepared", 8, 20, true}));

}  // namespace
}  // namespace cutpoint
