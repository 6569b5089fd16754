// SPDX-License-Identifier: Apache-2.0
// Shared by observer.cpp and observer_schema.cpp only.
#pragma once

#include <memory>
#include <string>

#include "probes/postgres/observer.h"
#include "probes/postgres/session.h"

namespace cutpoint::probes {

struct Observer::Impl {
  // How one statement failed: `failure` for a caller that knows the SQLSTATE's meaning, `error` for
  // all others.
  struct Refusal {
    Failure failure;
    Error error;
  };

  Dsn dsn;
  std::unique_ptr<Session> session;

  static Result<std::unique_ptr<Impl>> connect(const std::string& dsn);

  // Runs a statement, on a new connection if the old one broke.
  std::variant<pqxx::result, Refusal> ask(const std::string& sql);
  // For statements whose every failure is an error: "<what>: <message>".
  Result<pqxx::result> query(const std::string& what, const std::string& sql);
  std::string quote(const std::string& text) { return session->quote(text); }

 private:
  Status reconnect();
};

// An SQL identifier; a table's schema is divided from its name by the first dot.
std::string quote_name(const std::string& name);
std::string quote_table(const std::string& table);

}  // namespace cutpoint::probes
