// SPDX-License-Identifier: Apache-2.0
// A connection to PostgreSQL in which each side's turn travels in one segment. Facts come back with
// their bytes counted from the start of the turn.
#pragma once

#include <string_view>

#include "tests/proto/messages.h"
#include "tests/proto/wire.h"

namespace cutpoint::test {

class Session {
 public:
  Facts sends(std::string_view bytes) { return wire_.turn(CUT_UPSTREAM, bytes); }
  Facts answers(std::string_view bytes) { return wire_.turn(CUT_DOWNSTREAM, bytes); }

  [[nodiscard]] Sync client_sync() const { return wire_.sync(CUT_UPSTREAM); }
  [[nodiscard]] Sync server_sync() const { return wire_.sync(CUT_DOWNSTREAM); }
  [[nodiscard]] const cut_postgres& parser() const { return wire_.parser(); }

 private:
  Wire wire_;
};

// Start-up is behind, without TLS and password.
inline Session logged_in() {
  Session session;
  session.sends(client::startup());
  session.answers(server::authentication_ok() + server::parameter_status("TimeZone", "UTC") +
                  server::backend_key_data(4242, 99) + server::ready('I'));
  return session;
}

// BEGIN is sent and answered.
inline Session in_transaction() {
  Session session = logged_in();
  session.sends(client::query("BEGIN"));
  session.answers(server::command_complete("BEGIN") + server::ready('T'));
  return session;
}

// A statement of the transaction has failed.
inline Session in_failed_transaction() {
  Session session = in_transaction();
  session.sends(client::query("insert into orders values (1)"));
  session.answers(server::error_response("23505") + server::ready('E'));
  return session;
}

// The server's words for a COMMIT that took effect, and what they are.
inline std::string committed() {
  return server::command_complete("COMMIT") + server::ready('I');
}
inline Facts committed_facts() {
  return {
      fact({CUT_PG_COMMIT_ACK}).at(0, 12).commands({CUT_SQL_COMMIT}).in_transaction(),
      fact({CUT_PG_READY}).at(12, 18).status('I'),
  };
}

// The client's COMMIT as one Query of `bytes` bytes.
inline Facts commit_query_facts(std::uint32_t bytes) {
  return {fact({CUT_PG_COMMIT_REQUEST, CUT_PG_QUERY, CUT_PG_STATEMENT})
              .at(0, bytes)
              .commands({CUT_SQL_COMMIT})
              .in_transaction()};
}

}  // namespace cutpoint::test
