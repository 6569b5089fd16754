// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/soak/bank.h"

#include <algorithm>
#include <fmt/format.h>
#include <pqxx/pqxx>
#include <stdexcept>
#include <thread>

#include "controller/util/clock.h"
#include "tests/bench/interruption.h"
#include "tests/scenarios/program.h"

namespace cutpoint::bench {
namespace {

// An end that nobody told of the other's is found out by keepalive; what an orphan has locked is
// waited for by the others meanwhile.
constexpr const char* settings[] = {"tcp_keepalives_idle = 1", "tcp_keepalives_interval = 1",
                                    "tcp_keepalives_count = 3"};
constexpr auto quiet_patience = std::chrono::seconds(60);
constexpr auto look_every = std::chrono::milliseconds(100);

// In doubt is an aborted session's last transaction alone.
std::string judge(const Session& session, std::uint64_t rows) {
  const std::uint64_t most = session.told + (session.end == Session::End::aborted ? 1U : 0U);
  if (session.end == Session::End::silent || (rows >= session.told && rows <= most)) return {};
  return fmt::format("session {} was told of {} commits{}; the history has {} rows of it",
                     session.number, session.told,
                     most > session.told ? ", and has one in doubt" : "", rows);
}

}  // namespace

Bank::Bank(std::string local_dsn) : dsn_(std::move(local_dsn)) {
  const auto made =
      Program::run({"pgbench", "--initialize", "--quiet", "--scale", std::to_string(scale), dsn_});
  if (made.code != 0) throw std::runtime_error("pgbench: " + made.err);
  pqxx::connection connection(dsn_);
  pqxx::nontransaction session(connection);
  for (const char* setting : settings) {
    session.exec(std::string("ALTER ROLE cutpoint SET ") + setting);
  }
}

std::string Bank::script() {
  return fmt::format(R"(\set aid random(1, {} * 100000)
\set bid random(1, {})
\set tid random(1, {} * 10)
\set delta random(-5000, 5000)
BEGIN;
UPDATE pgbench_accounts SET abalance = abalance + :delta WHERE aid = :aid;
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
UPDATE pgbench_tellers SET tbalance = tbalance + :delta WHERE tid = :tid;
UPDATE pgbench_branches SET bbalance = bbalance + :delta WHERE bid = :bid;
INSERT INTO pgbench_history (tid, bid, aid, delta, mtime, filler)
  VALUES (:tid, :bid, :aid, :delta, CURRENT_TIMESTAMP, :session);
END;
)",
                     scale, scale, scale);
}

void Bank::await_quiet() const {
  pqxx::connection connection(dsn_);
  pqxx::nontransaction session(connection);
  const Deadline deadline(quiet_patience);
  for (;;) {
    const auto open = session.exec(
        "SELECT count(*), coalesce(string_agg(pid || ' ' || state, ', '), '') FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND state <> 'idle'");
    if (open[0][0].as<int>() == 0) return;
    if (deadline.passed()) {
      throw std::runtime_error(std::string("transactions are open still: ") + open[0][1].c_str());
    }
    throw_if_interrupted();
    std::this_thread::sleep_for(look_every);  // nothing tells of it
  }
}

std::map<int, std::uint64_t> Bank::rows_by_session() const {
  pqxx::connection connection(dsn_);
  pqxx::nontransaction session(connection);
  std::map<int, std::uint64_t> rows;
  for (const auto& row :
       session.exec("SELECT filler::int, count(*) FROM pgbench_history GROUP BY filler")) {
    rows[row[0].as<int>()] = row[1].as<std::uint64_t>();
  }
  return rows;
}

Balance Bank::balance(const std::vector<Session>& sessions) const {
  await_quiet();
  Balance balance;
  std::map<int, std::uint64_t> rows = rows_by_session();
  for (const Session& session : sessions) {
    const std::uint64_t done = rows[session.number];
    balance.rows += done;
    if (session.end == Session::End::silent) {
      balance.silent += done;
    } else {
      balance.told += session.told;
      balance.in_doubt += done - std::min(done, session.told);
    }
    if (std::string wrong = judge(session, done); !wrong.empty()) {
      balance.wrong.push_back(std::move(wrong));
    }
    rows.erase(session.number);
  }
  for (const auto& [number, count] : rows) {
    balance.wrong.push_back(
        fmt::format("{} rows are of session {}, which there was not", count, number));
  }
  pqxx::connection connection(dsn_);
  pqxx::nontransaction session(connection);
  const auto sums = session.exec(
      "SELECT (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(tbalance) FROM"
      " pgbench_tellers), (SELECT sum(bbalance) FROM pgbench_branches), (SELECT "
      "coalesce(sum(delta),"
      " 0) FROM pgbench_history)")[0];
  for (int i = 0; i < 3; ++i) {
    if (sums[i].as<std::int64_t>() == sums[3].as<std::int64_t>()) continue;
    balance.wrong.push_back(
        fmt::format("the sums of accounts, tellers, branches and history are {}, {}, {}, {}",
                    sums[0].c_str(), sums[1].c_str(), sums[2].c_str(), sums[3].c_str()));
    break;
  }
  return balance;
}

}  // namespace cutpoint::bench
