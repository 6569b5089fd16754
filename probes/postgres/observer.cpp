// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/observer.h"

#include <charconv>
#include <fmt/format.h>
#include <string_view>

#include "probes/postgres/observer_impl.h"

namespace cutpoint::probes {
namespace {

constexpr int oldest_server = 130000;  // xid8, pg_current_xact_id() and pg_xact_status()
// The server's own limit comes first; this one is for a server that is stopped.
constexpr std::chrono::seconds client_patience{10};

Dsn observer_dsn(const Dsn& dsn) {
  return dsn.with("application_name", "cutpoint")
      .with("connect_timeout", "5")
      .with("keepalives", "1")
      .with("keepalives_idle", "5")
      .with("keepalives_interval", "2")
      .with("keepalives_count", "3");
}

// pg_stat_activity shows 32 bits of an xid; pg_xact_status() wants all 64 of them. Both are near
// `next`, the next one to be assigned, whichever was read first.
std::string full_xid(const std::string& low_bits, std::uint64_t next) {
  std::uint32_t low = 0;
  const auto parsed = std::from_chars(low_bits.data(), low_bits.data() + low_bits.size(), low);
  if (parsed.ec != std::errc{}) return {};
  const auto distance = static_cast<std::int32_t>(low - static_cast<std::uint32_t>(next));
  return std::to_string(next + static_cast<std::uint64_t>(std::int64_t{distance}));
}

// pg_stat_activity.state, of a backend that waits for its client (28.2.3).
char status_of(const std::string& state) {
  if (state == "idle") return 'I';
  if (state == "idle in transaction") return 'T';
  return state == "idle in transaction (aborted)" ? 'E' : '\0';
}

Error needs_role(const std::string& what, const std::string& role) {
  return {ExitCode::unavailable, what,
          fmt::format("connect as a superuser, or: GRANT {} TO <the user of the connection string>",
                      role)};
}

}  // namespace

Result<std::unique_ptr<Observer::Impl>> Observer::Impl::connect(const std::string& dsn) {
  CUTPOINT_TRY_ASSIGN(parsed, Dsn::parse(dsn));
  std::unique_ptr<Impl> impl(new Impl{observer_dsn(parsed), nullptr});
  CUTPOINT_TRY(impl->reconnect());
  return impl;
}

Status Observer::Impl::reconnect() {
  auto opened = Session::open(dsn, client_patience);
  if (const auto* failure = std::get_if<ConnectFailure>(&opened)) return failure->to_error();
  session = std::move(std::get<std::unique_ptr<Session>>(opened));
  if (session->server_version() < oldest_server) {
    return Error{ExitCode::unavailable, "this PostgreSQL is too old to observe",
                 "PostgreSQL 13 or newer is needed"};
  }
  // UTC and ISO make backend_start the same text on every connection.
  const auto answer = session->exec(
      "SET statement_timeout = '5s'; SET lock_timeout = '3s'; SET TimeZone = 'UTC'; "
      "SET DateStyle = 'ISO'");
  if (const auto* failure = std::get_if<Failure>(&answer)) {
    return Error{ExitCode::unavailable, "cannot set up the observer: " + failure->message,
                 "look into the server's log"};
  }
  return {};
}

std::variant<pqxx::result, Observer::Impl::Refusal> Observer::Impl::ask(const std::string& sql) {
  auto answer = session->exec(sql);
  if (const auto* failure = std::get_if<Failure>(&answer);
      failure != nullptr && failure->kind == Failure::Kind::lost) {
    if (auto status = reconnect(); !status) return Refusal{*failure, std::move(status).error()};
    answer = session->exec(sql);
  }
  if (const auto* rows = std::get_if<pqxx::result>(&answer)) return *rows;
  auto& failure = std::get<Failure>(answer);
  Error error{ExitCode::unavailable, failure.message, "look into the server's log"};
  if (failure.sqlstate == "42501") error.remedy = "grant the user of the connection string that";
  return Refusal{std::move(failure), std::move(error)};
}

Result<pqxx::result> Observer::Impl::query(const std::string& what, const std::string& sql) {
  auto answer = ask(sql);
  if (const auto* rows = std::get_if<pqxx::result>(&answer)) return *rows;
  return std::move(std::get<Refusal>(answer).error).within(what);
}

Observer::Observer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Observer::Observer(Observer&&) noexcept = default;
Observer& Observer::operator=(Observer&&) noexcept = default;
Observer::~Observer() = default;

Result<Observer> Observer::connect(const std::string& dsn) {
  CUTPOINT_TRY_ASSIGN(impl, Impl::connect(dsn));
  return Observer(std::move(impl));
}

Result<std::map<int, Backend>> Observer::backends(const std::vector<int>& pids) {
  std::map<int, Backend> result;
  if (pids.empty()) return result;
  const auto rows = impl_->query(
      "reading pg_stat_activity",
      fmt::format("SELECT a.pid, a.query = '<insufficient privilege>' AS hidden,"
                  " a.backend_start::text AS backend_start, a.state,"
                  " a.backend_xid::text AS backend_xid,"
                  " pg_snapshot_xmax(pg_current_snapshot())::text AS next_xid,"
                  " (SELECT count(*) FROM pg_locks l WHERE l.pid = a.pid AND l.granted"
                  "  AND l.locktype IN ('relation', 'tuple', 'transactionid')) AS locks"
                  " FROM pg_stat_activity a WHERE a.pid IN ({})",
                  fmt::join(pids, ",")));
  if (!rows) return rows.error();
  for (const auto& row : *rows) {
    Backend backend;
    backend.pid = row["pid"].as<int>();
    if (row["hidden"].as<bool>(false)) {
      return needs_role(
          fmt::format("pg_stat_activity hides backend {} from this user", backend.pid),
          "pg_monitor");
    }
    backend.backend_start = row["backend_start"].as<std::string>("");
    backend.state = row["state"].as<std::string>("");
    if (!row["backend_xid"].is_null()) {
      backend.backend_xid =
          full_xid(row["backend_xid"].c_str(), row["next_xid"].as<std::uint64_t>());
    }
    backend.locks = row["locks"].as<int>();
    result.emplace(backend.pid, std::move(backend));
  }
  return result;
}

Result<std::vector<ClientSession>> Observer::sessions(const std::vector<int>& client_ports) {
  std::vector<ClientSession> result;
  if (client_ports.empty()) return result;
  const auto rows = impl_->query(
      "reading pg_stat_activity",
      fmt::format("SELECT pid, host(client_addr), family(client_addr), client_port, state"
                  " FROM pg_stat_activity"
                  " WHERE backend_type = 'client backend' AND client_port IN ({})",
                  fmt::join(client_ports, ",")));
  if (!rows) return rows.error();
  constexpr int v6 = 6;
  for (const auto& row : *rows) {
    if (row[1].is_null()) continue;  // hidden from this user
    ClientSession session;
    session.pid = row[0].as<int>();
    const std::string address = row[1].c_str();
    session.client = row[2].as<int>() == v6 ? "[" + address + "]:" : address + ":";
    session.client += row[3].c_str();
    session.status = status_of(row[4].as<std::string>(""));
    result.push_back(std::move(session));
  }
  return result;
}

Result<XactStatus> Observer::xact_status(const std::string& xid) {
  constexpr std::string_view out_of_reach[] = {"22023", "22003"};  // in the future; above 64 bits
  if (xid.empty() || xid.find_first_not_of("0123456789") != std::string::npos) {
    return XactStatus::unknown;
  }
  auto answer = impl_->ask(fmt::format("SELECT pg_xact_status('{}')", xid));
  if (auto* refusal = std::get_if<Impl::Refusal>(&answer)) {
    for (const auto sqlstate : out_of_reach) {
      if (refusal->failure.sqlstate == sqlstate) return XactStatus::unknown;
    }
    return std::move(refusal->error).within("asking for the fate of transaction " + xid);
  }
  // NULL: so old that its status is no longer kept.
  const auto status = std::get<pqxx::result>(answer).at(0).at(0).as<std::string>("");
  if (status == "committed") return XactStatus::committed;
  if (status == "aborted") return XactStatus::aborted;
  if (status == "in progress") return XactStatus::in_progress;
  return XactStatus::unknown;
}

Result<std::vector<std::string>> Observer::prepared_transactions() {
  const auto rows = impl_->query(
      "reading pg_prepared_xacts",
      "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared");
  if (!rows) return rows.error();
  std::vector<std::string> result;
  for (const auto& row : *rows) result.emplace_back(row.at(0).c_str());
  return result;
}

Result<bool> Observer::terminate(const Backend& backend) {
  const auto what = fmt::format("ending backend {}", backend.pid);
  auto answer =
      impl_->ask(fmt::format("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                             " WHERE pid = {} AND backend_start = {}::timestamptz",
                             backend.pid, impl_->quote(backend.backend_start)));
  if (auto* refusal = std::get_if<Impl::Refusal>(&answer)) {
    if (refusal->failure.sqlstate == "42501")
      return needs_role(what + ": " + refusal->error.message, "pg_signal_backend");
    return std::move(refusal->error).within(what);
  }
  const auto& rows = std::get<pqxx::result>(answer);
  return !rows.empty() && rows.at(0).at(0).as<bool>();
}

Result<std::string> Observer::server_version() {
  const auto rows = impl_->query("asking for the server's version", "SHOW server_version");
  if (!rows) return rows.error();
  return std::string(rows->at(0).at(0).c_str());
}

Result<bool> Observer::offers_tls() {
  const auto rows = impl_->query("asking whether the server offers TLS", "SHOW ssl");
  if (!rows) return rows.error();
  return std::string_view(rows->at(0).at(0).c_str()) == "on";
}

Result<std::string> Observer::database_system() {
  auto answer = impl_->ask("SELECT system_identifier FROM pg_control_system()");
  if (auto* refusal = std::get_if<Impl::Refusal>(&answer)) {
    if (refusal->failure.sqlstate == "42501") return std::string();
    return std::move(refusal->error).within("asking for the database system's identifier");
  }
  return std::string(std::get<pqxx::result>(answer).at(0).at(0).c_str());
}

}  // namespace cutpoint::probes
