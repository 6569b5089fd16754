// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/session.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace cutpoint::probes {
namespace {

// libpqxx 6.4 leaks the PGresult of a statement whose connection broke
// (connection_base::make_result asks for the client's encoding and throws). That leak is not ours
// to report.
#ifdef __SANITIZE_ADDRESS__
using ForgiveLeaks = __lsan::ScopedDisabler;
#else
struct ForgiveLeaks {
  ForgiveLeaks() {}  // not defaulted: an unused object of a trivial type draws a warning
};
#endif

// What a server refuses for the data's sake it explains with the data: PostgreSQL, appendix A,
// classes 22 (data exception), 23 (integrity constraint violation), 44 (WITH CHECK OPTION) and P0
// (RAISE). Of others the first line has none; DETAIL and CONTEXT may.
std::string without_data(const std::string& message, const std::string& sqlstate) {
  for (const char* of_data : {"22", "23", "44", "P0"}) {
    if (sqlstate.starts_with(of_data)) {
      return "ERROR: SQLSTATE " + sqlstate + "; its text may hold data, and is not shown";
    }
  }
  return one_line(message.substr(0, message.find('\n')));
}

}  // namespace

Session::Session(const Dsn& dsn) : connection_(dsn.conninfo()), notices_(connection_) {}

Session::Opened Session::open(const Dsn& dsn, std::optional<std::chrono::nanoseconds> patience) {
  try {
    std::unique_ptr<Session> session(new Session(dsn));
    if (patience) session->silence_.emplace(session->connection_.sock(), *patience);
    return session;
  } catch (const std::exception& error) {
    return ConnectFailure::from_message(error.what());
  }
}

Answer Session::exec(const std::string& sql) {
  const SilenceWatch::Wait wait(silence_ ? &*silence_ : nullptr);
  const ForgiveLeaks forgive;
  try {
    // No transaction of libpqxx's: it sends nothing but what it is told to.
    pqxx::nontransaction transaction(connection_);
    return transaction.exec(sql);
  } catch (const pqxx::insufficient_privilege& error) {
    // libpqxx 6.4 throws it without its code.
    return failed(error.what(), "42501");
  } catch (const pqxx::sql_error& error) {
    return failed(error.what(), error.sqlstate());
  } catch (const std::exception& error) {
    return failed(error.what(), "");
  }
}

Failure Session::failed(const std::string& message, const std::string& sqlstate) const {
  if (connection_.is_open())
    return {Failure::Kind::refused, sqlstate, without_data(message, sqlstate)};
  if (silence_ && silence_->gave_up()) return {Failure::Kind::lost, "", "gave up: no answer"};
  // libpqxx's own message is that it is "not connected".
  const auto reason = one_line(connection_.last_message());
  return {Failure::Kind::lost, "", reason.empty() ? one_line(message) : reason};
}

std::string Session::quote(const std::string& text) {
  return connection_.quote(text);
}

int Session::server_version() const {
  return connection_.server_version();
}

}  // namespace cutpoint::probes
