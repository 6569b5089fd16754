// SPDX-License-Identifier: Apache-2.0
// The observer: looks at PostgreSQL from outside the target, over connections that are never cut.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint::probes {

// Final fate of a transaction, from pg_xact_status(xid8) (PostgreSQL 13+, "Transaction ID and
// Snapshot Information Functions").
enum class XactStatus { in_progress, committed, aborted, unknown };

struct Backend {
  int pid = 0;
  std::string backend_start;  // with pid, identifies the backend for ever
  std::string state;          // pg_stat_activity.state: "idle in transaction"…
  std::string backend_xid;    // all 64 bits, as pg_current_xact_id(); empty: none assigned
  int locks = 0;              // granted relation, tuple and transaction-id locks it holds
};

// Where PostgreSQL listens for a DSN, as the target will connect: every address the host name
// resolves to. unix: the DSN leads to an AF_UNIX socket, which no segment hook sees.
struct ServiceAddress {
  std::vector<std::pair<std::string, std::uint16_t>> endpoints;  // numeric address, port
  bool unix_socket = false;
};
Result<ServiceAddress> resolve_dsn(const std::string& dsn);

// The DSN in keyword form without its password, for display.
std::string redact_dsn(const std::string& dsn);

// A client connection as the server sees it.
struct ClientSession {
  int pid = 0;         // of its backend
  std::string client;  // "127.0.0.1:40712", "[::1]:40712"
  char status = 0;     // of the newest ReadyForQuery, while it waits for a request; 0: it works
};

// Table -> value -> rows.
using RowCounts = std::map<std::string, std::map<std::string, int>>;

class Observer {
 public:
  // Connects (connect_timeout 5 s, statement_timeout 5 s, application_name cutpoint).
  // Errors: unreachable, wrong password… (ExitCode::unavailable), each with its remedy.
  static Result<Observer> connect(const std::string& dsn);

  Observer(Observer&&) noexcept;
  Observer& operator=(Observer&&) noexcept;
  ~Observer();

  // The workload's tables `products` and `variants` (order_id bigint, attempt int, xid xid8), in
  // the DSN's database. create: dropped and made anew, granted to PUBLIC, unless tables of these
  // names but with other columns are there; else they must exist.
  Status create_schema();
  Status expect_tables(const std::vector<std::string>& tables, const std::string& by);

  Result<std::map<int, Backend>> backends(const std::vector<int>& pids);
  // Of the backends whose client uses one of these ports.
  Result<std::vector<ClientSession>> sessions(const std::vector<int>& client_ports);
  Result<XactStatus> xact_status(const std::string& xid);
  // Per table: rows per value of column `by`, as text. All tables in one snapshot, so that a
  // transaction that commits meanwhile is in each of them or in none.
  Result<RowCounts> count_by(const std::vector<std::string>& tables, const std::string& by);
  // What makes a table one and the same, until it is dropped or truncated: its OID, and its file.
  // Empty: there is none of that name.
  Result<std::string> table_identity(const std::string& table);
  // Prepared transactions (gid) of this database.
  Result<std::vector<std::string>> prepared_transactions();
  // pg_terminate_backend, only if pid and backend_start still match; true: a signal was sent.
  Result<bool> terminate(const Backend& backend);
  Result<std::string> server_version();

  // Whether it accepts TLS connections: clients ask for them of their own accord (sslmode=prefer).
  Result<bool> offers_tls();
  // What makes this database system one and the same by whatever address it is reached:
  // system_identifier of pg_control_system() (PostgreSQL 9.27, "Control Data Functions"). Empty:
  // this user may not ask.
  Result<std::string> database_system();

 private:
  struct Impl;
  explicit Observer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cutpoint::probes
