// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/finding_words.h"
#include "controller/verify/phrases.h"
#include "controller/verify/truth.h"

namespace cutpoint::finding {
namespace {

// A page of PostgreSQL's manual, of the newest version.
std::string pg(std::string_view page) {
  return fmt::format("https://www.postgresql.org/docs/current/{}", page);
}

constexpr std::string_view ask_before_retry =
    "Treat a connection lost during COMMIT as \"outcome unknown\", not as failed. Read "
    "pg_current_xact_id() before COMMIT and ask pg_xact_status() on a new connection before any "
    "retry; or give each unit of work an idempotency key under a unique constraint, so that a "
    "second attempt changes nothing.";

using Attempts = std::vector<const Attempt*>;

template <typename Predicate>
Attempts select(const std::vector<Attempt>& attempts, Predicate predicate) {
  Attempts chosen;
  for (const Attempt& attempt : attempts) {
    if (predicate(attempt)) chosen.push_back(&attempt);
  }
  return chosen;
}

std::string labels(const Attempts& attempts) {
  std::vector<std::string> names;
  names.reserve(attempts.size());
  for (const Attempt* attempt : attempts) names.push_back(label(*attempt));
  return listed(names, 3);
}

// "was" or "were", for a subject of that many.
const char* was(std::size_t number) {
  return number == 1 ? "was" : "were";
}

bool has_blind_retry(const std::vector<Attempt>& attempts) {
  return std::any_of(attempts.begin(), attempts.end(), [](const Attempt& attempt) {
    return attempt.is_in_doubt() && !attempt.resolved;
  });
}

Words wrongly_believed(const Attempts& wrong) {
  return {.title = fmt::format("{} {} aborted, and the client holds that for committed",
                               capitalised(labels(wrong)), was(wrong.size())),
          .impact = "The application goes on as if its work were stored; it is not.",
          .component = "driver or application: reading of the answer to COMMIT",
          .remedy =
              "A COMMIT in a failed transaction is answered ROLLBACK, without any error: "
              "compare the command tag. A client that asks for the outcome afterwards must "
              "wait until it is final: `in progress` is none.",
          .reference = pg("protocol-message-formats.html")};
}

Words ghost(const Attempts& ghosts) {
  return {.title = fmt::format("Ghost commit: {} {} executed after the client had gone",
                               labels(ghosts), was(ghosts.size())),
          .impact =
              "The client gave up and takes the work for undone. Its COMMIT lay in a kernel's "
              "send queue, was delivered when the network healed, and was executed.",
          .component = "application: giving up during COMMIT",
          .remedy =
              "A closed socket does not recall what was sent. Before retrying or reporting "
              "failure, wait until the old backend is gone and ask pg_xact_status(), or use an "
              "idempotency key. On the server, idle_in_transaction_session_timeout ends the "
              "transaction before a late COMMIT can reach it.",
          .reference = "https://www.rfc-editor.org/rfc/rfc9293#section-3.6"};
}

Words in_doubt(const Attempts& unknown) {
  return {.title = fmt::format("In-doubt COMMIT: {} {} committed, and the client was not told",
                               labels(unknown), was(unknown.size())),
          .impact =
              "The client cannot tell a lost COMMIT from a lost answer: it sees the same "
              "error. A retry does the work twice, giving up leaves work that nobody knows "
              "of.",
          .component = "application: error handling at COMMIT",
          .remedy =
              "Treat a connection lost during COMMIT as \"outcome unknown\": on a new connection, "
              "once the old backend is gone, ask pg_xact_status() for the transaction's xid. "
              "Only then retry, go on or report failure.",
          .reference = pg("functions-info.html")};
}

}  // namespace

Words torn(const InvariantResult& result, const Case& /*of*/) {
  return {.title = "Torn transaction: " + result.observed,
          .impact = "Some tables hold a unit of work that others do not: readers see half of it.",
          .component = "application: transaction boundaries",
          .remedy =
              "PostgreSQL commits a transaction whole or not at all, so these rows were not "
              "written by one. Put all inserts of a unit of work between one BEGIN and one "
              "COMMIT, on one connection; look for autocommit and for writes after a retry.",
          .reference = pg("tutorial-transactions.html")};
}

Words lost(const InvariantResult& result, const Case& /*of*/) {
  return {.title = "Acknowledged COMMIT lost: " + result.observed,
          .impact = "The client was told that its work is safe, and the database does not have it.",
          .component = "database durability, or the driver's reading of the answer",
          .remedy =
              "Check fsync, synchronous_commit and, after a failover, whether the standby was "
              "synchronous. If the server answered ROLLBACK, the client must read the command "
              "tag of COMMIT's answer and not take its arrival for success.",
          .reference = pg("runtime-config-wal.html")};
}

Words not_once(const InvariantResult& result, const Case& of) {
  const std::string retried =
      "The outcome of the first COMMIT was unknown to the client; it tried again without asking, "
      "and both took effect.";
  const bool blind = has_blind_retry(of.attempts);
  return {.title = capitalised(result.observed),
          .impact = blind ? retried +
                                " Whatever the work stands for (a charge, a shipment) is done "
                                "more than once."
                          : "The work of an acknowledged id is not in the database exactly once.",
          .component = "application: retry of COMMIT",
          .remedy = std::string{ask_before_retry},
          .reference = pg("functions-info.html")};
}

Words disagreement(const InvariantResult& /*result*/, const Case& of) {
  const Attempts wrong = select(of.attempts, [](const Attempt& attempt) {
    return attempt.truth == Truth::aborted && disagrees(attempt);
  });
  if (!wrong.empty()) return wrongly_believed(wrong);
  const Attempts ghosts = select(
      of.attempts, [](const Attempt& attempt) { return attempt.ghost && disagrees(attempt); });
  if (!ghosts.empty()) return ghost(ghosts);
  return in_doubt(select(of.attempts, disagrees));
}

Words slow(const InvariantResult& result, const Case& of) {
  const auto& limit = of.expectation.time;
  const std::string within = limit ? " within " + elapsed(limit->count()) : "";
  return {.title = "No recovery" + within + " of the heal: " + result.observed,
          .impact = "The outage of the application outlasts that of the network.",
          .component = "application: reconnect, timeouts and connection pool",
          .remedy =
              "After a silence TCP retries with doubled pauses, so a connection kept through "
              "it wakes up to about as long again after the heal. Bound the wait "
              "(tcp_user_timeout, a deadline around COMMIT), drop the connection and open a "
              "new one; let a pool test connections before it lends them.",
          .reference = "https://www.rfc-editor.org/rfc/rfc6298#section-5"};
}

Words orphaned(const InvariantResult& result, const Case& of) {
  const bool backend = !of.facts.orphans.empty();
  return {.title = capitalised(
              fmt::format("{}: {}", backend ? "orphaned backend" : "orphaned prepared transaction",
                          result.observed)),
          .impact =
              "Its locks stay, others wait for them, and vacuum cannot pass its snapshot. "
              "With default settings this lasts about two hours; a prepared transaction stays "
              "until somebody ends it.",
          .component = backend ? "PostgreSQL: detection of vanished clients"
                               : "transaction manager: recovery of prepared transactions",
          .remedy = backend
                        ? "On the server set tcp_user_timeout or tcp_keepalives_idle, _interval "
                          "and _count to seconds, and idle_in_transaction_session_timeout; "
                          "client_connection_check_interval does not help an idle transaction."
                        : "List pg_prepared_xacts and COMMIT PREPARED or ROLLBACK PREPARED each; "
                          "have the transaction manager do so when it starts.",
          .reference =
              backend ? pg("runtime-config-connection.html") : pg("sql-prepare-transaction.html")};
}

}  // namespace cutpoint::finding
