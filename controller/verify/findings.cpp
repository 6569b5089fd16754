// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/findings.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <map>

#include "controller/verify/phrases.h"
#include "controller/verify/truth.h"

namespace cutpoint {
namespace {

constexpr std::string_view ask_before_retry =
    "Treat a connection lost during COMMIT as \"outcome unknown\", not as failed. Read "
    "pg_current_xact_id() before COMMIT and ask pg_xact_status() on a new connection before any "
    "retry; or give each unit of work an idempotency key under a unique constraint, so that a "
    "second attempt changes nothing.";

// What a writer below says of one violation.
struct Words {
  std::string title;
  std::string impact;
  std::string component;
  std::string remedy;
};

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

Words torn(const InvariantResult& result, const Case& /*of*/) {
  return {.title = "Torn transaction: " + result.observed,
          .impact = "Some tables hold a unit of work that others do not: readers see half of it.",
          .component = "application: transaction boundaries",
          .remedy =
              "PostgreSQL commits a transaction whole or not at all, so these rows were not "
              "written by one. Put all inserts of a unit of work between one BEGIN and one "
              "COMMIT, on one connection; look for autocommit and for writes after a retry."};
}

Words lost(const InvariantResult& result, const Case& /*of*/) {
  return {.title = "Acknowledged COMMIT lost: " + result.observed,
          .impact = "The client was told that its work is safe, and the database does not have it.",
          .component = "database durability, or the driver's reading of the answer",
          .remedy =
              "Check fsync, synchronous_commit and, after a failover, whether the standby was "
              "synchronous. If the server answered ROLLBACK, the client must read the command "
              "tag of COMMIT's answer and not take its arrival for success."};
}

bool has_blind_retry(const std::vector<Attempt>& attempts) {
  return std::any_of(attempts.begin(), attempts.end(), [](const Attempt& attempt) {
    return attempt.truth == Truth::committed && attempt.belief == Belief::unacked &&
           !attempt.resolved;
  });
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
          .remedy = std::string{ask_before_retry}};
}

Words wrongly_believed(const Attempts& wrong) {
  return {.title = fmt::format("{} {} aborted, and the client holds that for committed",
                               capitalised(labels(wrong)), was(wrong.size())),
          .impact = "The application goes on as if its work were stored; it is not.",
          .component = "driver or application: reading of the answer to COMMIT",
          .remedy =
              "A COMMIT in a failed transaction is answered ROLLBACK, without any error: "
              "compare the command tag. A client that asks for the outcome afterwards must "
              "wait until it is final: `in progress` is none."};
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
              "transaction before a late COMMIT can reach it."};
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
              "Only then retry, go on or report failure."};
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
              "new one; let a pool test connections before it lends them."};
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
                          "have the transaction manager do so when it starts."};
}

Words unbounded(const InvariantResult& result, const Case& of) {
  return {
      .title = fmt::format("Requests to {} wait without a bound of {}: {}", of.expectation.service,
                           elapsed(of.expectation.within->count()), result.observed),
      .impact = "Whoever waits is occupied: a worker, a thread, a pooled connection, a user.",
      .component = "application: timeouts of its HTTP client",
      .remedy =
          "Set connect, read, write and pool timeouts, and a deadline for the whole "
          "request around them: a read timeout starts anew with every byte, so a slow "
          "drip never meets it, and retries multiply it."};
}

Words not_broken(const InvariantResult& result, const Case& of) {
  const bool closes = result.observed.find("never closed") == std::string::npos;
  return {.title = fmt::format("The circuit breaker for {} does not {} as it should: {}",
                               of.expectation.service, closes ? "open" : "close", result.observed),
          .impact = closes ? "Every call goes on to wait for a service that does not answer, and "
                             "each of them loads that service when it comes back."
                           : "The service answers again, and the application does not ask it.",
          .component = "application: circuit breaker",
          .remedy =
              "Let it count what the client really raises: timeouts and connection errors as "
              "well as 5xx, not only exceptions of its own. Share its state between "
              "processes: a breaker in each worker process has to fail in each. Try again "
              "by single probes, and close at the first success."};
}

Words amplified(const InvariantResult& result, const Case& of) {
  return {.title = fmt::format("Retry storm on {}: {}", of.expectation.service, result.observed),
          .impact =
              "The service gets a multiple of its usual load when it can bear least, and each "
              "call takes as many times its timeout.",
          .component = "application: retries",
          .remedy =
              "Retry in one layer only, twice at most, with growing and jittered pauses, "
              "within the deadline of the call, and not at all while the breaker is open. "
              "Count the first try: 3 retries are 4 requests."};
}

Words slow_http(const InvariantResult& result, const Case& of) {
  return {
      .title = fmt::format("No recovery of {} within {} of the heal: {}", of.expectation.service,
                           elapsed(of.expectation.time->count()), result.observed),
      .impact = "The outage of the application outlasts that of the service.",
      .component = "application: timeouts, connection pool and circuit breaker",
      .remedy =
          "Bound the wait so that what hangs ends, drop connections that were silent "
          "instead of lending them again, and keep the breaker's reset time well below "
          "the time that recovery may take."};
}

Words exhausted(const InvariantResult& result, const Case& of) {
  return {.title = fmt::format("No worker was left for more than {}: {}",
                               elapsed(of.expectation.blocked_at_most->count()), result.observed),
          .impact = "One silent service stops all work, also that which does not need it.",
          .component = "application: Celery workers and their time limits",
          .remedy =
              "Give each task a soft and a hard time limit below its caller's patience, bound "
              "its calls, and open a breaker so that it fails at once. Give tasks that wait "
              "for others a queue and workers of their own."};
}

Words undrained(const InvariantResult& result, const Case& of) {
  return {.title = fmt::format("The queue does not drain within {} of the heal: {}",
                               elapsed(of.expectation.time->count()), result.observed),
          .impact = "Work that came during the fault is done late, or long after anybody wants it.",
          .component = "application: queue and workers",
          .remedy =
              "Bound the queue and let messages expire (x-max-length, x-message-ttl; `expires` "
              "of a task), shed load while the breaker is open, and keep workers in reserve: "
              "a queue drains only as fast as they are faster than what arrives."};
}

Words poisoned(const InvariantResult& result, const Case& /*of*/) {
  return {
      .title = "Poison does not reach the dead-letter queue: " + result.observed,
      .impact =
          "A message that nobody can read is either delivered for ever, with all the work that "
          "takes, or gone, and nobody can look at it.",
      .component = "consumer: error handling, and the queue's dead-letter exchange",
      .remedy =
          "Give the queue a dead-letter exchange (x-dead-letter-exchange, and a queue bound to "
          "it). Refuse what can never be read at once, without requeue; count the tries of what "
          "may succeed, per message, and refuse it after a few. A quorum queue does that by "
          "itself (x-delivery-limit): RabbitMQ has no other limit, and x-max-retries is none. "
          "Celery acknowledges what it cannot decode: override its consumer's decode error."};
}

Words mishandled(const InvariantResult& result, const Case& /*of*/) {
  return {
      .title = "Valid messages were not each done once: " + result.observed,
      .impact = "Work is missing, or was done twice, though nothing was wrong with its message.",
      .component = "consumer: acknowledgement and idempotency",
      .remedy =
          "Acknowledge after the effect is stored, never before. A message may be delivered "
          "again at any time: make its effect idempotent (a unique key on the message's id, in "
          "the same transaction). Refuse one message, not all that are unacknowledged."};
}

Words slowed_down(const InvariantResult& result, const Case& /*of*/) {
  return {
      .title = "Poison slows down everything else: " + result.observed,
      .impact = "One bad message holds up the good ones behind it.",
      .component = "consumer: isolation of failures",
      .remedy =
          "Keep a decode error from ending the process or the connection, do not requeue at once "
          "what has just failed, and bound what is prefetched (basic.qos): it is redelivered as a "
          "whole when its consumer dies."};
}

Words crashed(const InvariantResult& result, const Case& /*of*/) {
  return {
      .title = "Consumers die: " + result.observed,
      .impact =
          "Each death returns all that was prefetched, and the next consumer meets the same "
          "message.",
      .component = "consumer: error handling",
      .remedy =
          "Catch what a message can cause around its handling, and settle it (basic.nack or "
          "basic.reject, without requeue); let only what concerns the process end the process."};
}

Words delivered_again(const InvariantResult& result, const Case& /*of*/) {
  return {
      .title = "Messages are delivered again and again: " + result.observed,
      .impact = "Redeliveries take the place of new messages, and do non-idempotent work twice.",
      .component = "consumer: requeueing, and the limit of tries",
      .remedy =
          "Requeue only what may succeed next time, after a pause (a delay queue by TTL), and "
          "count the tries per message."};
}

Words unbalanced(const InvariantResult& result, const Case& /*of*/) {
  return {
      .title = "Messages are missing, or too many: " + result.observed,
      .impact = "Confirmed messages are neither done nor kept anywhere.",
      .component = "queue: dead-letter exchange, limits and expiry",
      .remedy =
          "Look for refusals without a dead-letter exchange, for expiry (x-message-ttl) and for "
          "drop-head at x-max-length; with x-overflow=reject-publish the publisher is told "
          "instead, where it asks for confirms."};
}

Words misdeclared(const InvariantResult& result, const Case& of) {
  const ObserverPlan* observer = find_observer(*of.facts.scenario, of.expectation.observer);
  return {
      .title =
          fmt::format("Queue {}: {}", observer == nullptr ? "" : observer->queue, result.observed),
      .impact = "What the declaration seems to promise does not happen.",
      .component = "topology of the broker",
      .remedy =
          "Declare x-dead-letter-exchange and the queue behind it, x-max-length with "
          "x-overflow=reject-publish, and for a quorum queue x-delivery-limit; by a policy they "
          "can be changed later. Remove arguments that RabbitMQ does not know: it accepts and "
          "ignores them."};
}

using Writer = Words (*)(const InvariantResult&, const Case&);

constexpr auto writers = std::array<std::pair<std::string_view, Writer>, 19>{{
    {"postgres.atomic", torn},
    {"postgres.acked_is_durable", lost},
    {"postgres.exactly_once", not_once},
    {"postgres.belief_agrees", disagreement},
    {"postgres.recovers_within", slow},
    {"postgres.no_orphans", orphaned},
    {"http.bounded_wait", unbounded},
    {"http.breaker_opens_within", not_broken},
    {"http.retry_amplification", amplified},
    {"http.recovers_within", slow_http},
    {"workers.available", exhausted},
    {"queue.drains_within", undrained},
    {"amqp.dead_lettered", poisoned},
    {"amqp.all_processed", mishandled},
    {"amqp.throughput_retained", slowed_down},
    {"amqp.consumer_restarts", crashed},
    {"amqp.redeliveries", delivered_again},
    {"amqp.conserved", unbalanced},
    {"amqp.topology", misdeclared},
}};

}  // namespace

Finding find(const InvariantResult& result, const Case& of) {
  Words words{.title = capitalised(result.observed), .impact = "", .component = "", .remedy = ""};
  for (const auto& [invariant, write] : writers) {
    if (invariant == result.name) words = write(result, of);
  }
  return {.title = words.title,
          .severity = result.severity,
          .invariant = result.name,
          .impact = words.impact,
          .component = words.component,
          .remedy = words.remedy,
          .evidence = result.evidence};
}

}  // namespace cutpoint
