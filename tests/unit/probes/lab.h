// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "probes/postgres/session.h"

namespace cutpoint::probes::test {

// The private PostgreSQL of this test process: brought up by scripts/lab before the first test and
// taken down after the last.
class Lab {
 public:
  static const std::string& dsn();  // role cutpoint: owner of the database, pg_monitor
  static std::uint16_t port();

  // The same with one parameter replaced.
  static std::string dsn_with(const std::string& key, const std::string& value);
  // As superuser, for what cutpoint's role may not do.
  static void superuser(const std::string& sql);
  // As role cutpoint, on a connection of its own; the first field of the first row, or "".
  static std::string sql(const std::string& sql);
};

// A transaction left open on a connection of its own; rolled back when it goes.
class OpenTransaction {
 public:
  OpenTransaction();

  bool exec(const std::string& sql);          // false: refused or lost
  std::string value(const std::string& sql);  // the first field of the first row
  std::string xid() { return value("SELECT pg_current_xact_id()::text"); }
  int pid() { return std::stoi(value("SELECT pg_backend_pid()")); }

 private:
  std::unique_ptr<Session> session_;
};

}  // namespace cutpoint::probes::test
