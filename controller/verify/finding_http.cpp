// SPDX-License-Identifier: Apache-2.0
// Of HTTP, and of the workers and queues behind it.
#include <fmt/core.h>

#include "controller/verify/finding_words.h"
#include "controller/verify/phrases.h"

namespace cutpoint::finding {
namespace {

constexpr std::string_view timeouts_and_retries =
    "https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/";

}  // namespace

Words unbounded(const InvariantResult& result, const Case& of) {
  return {
      .title = fmt::format("Requests to {} wait without a bound of {}: {}", of.expectation.service,
                           elapsed(of.expectation.within->count()), result.observed),
      .impact = "Whoever waits is occupied: a worker, a thread, a pooled connection, a user.",
      .component = "application: timeouts of its HTTP client",
      .remedy =
          "Set connect, read, write and pool timeouts, and a deadline for the whole "
          "request around them: a read timeout starts anew with every byte, so a slow "
          "drip never meets it, and retries multiply it.",
      .reference = std::string{timeouts_and_retries}};
}

Words not_broken(const InvariantResult& result, const Case& of) {
  const bool closes = result.observed.find("never closed") == std::string::npos;
  return {
      .title = fmt::format("The circuit breaker for {} does not {} as it should: {}",
                           of.expectation.service, closes ? "open" : "close", result.observed),
      .impact = closes ? "Every call goes on to wait for a service that does not answer, and "
                         "each of them loads that service when it comes back."
                       : "The service answers again, and the application does not ask it.",
      .component = "application: circuit breaker",
      .remedy =
          "Let it count what the client really raises: timeouts and connection errors as "
          "well as 5xx, not only exceptions of its own. Share its state between "
          "processes: a breaker in each worker process has to fail in each. Try again "
          "by single probes, and close at the first success.",
      .reference = "https://learn.microsoft.com/en-us/azure/architecture/patterns/circuit-breaker"};
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
              "Count the first try: 3 retries are 4 requests.",
          .reference = std::string{timeouts_and_retries}};
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
          "the time that recovery may take.",
      .reference = "https://sre.google/sre-book/addressing-cascading-failures/"};
}

Words exhausted(const InvariantResult& result, const Case& of) {
  return {.title = fmt::format("No worker was left for more than {}: {}",
                               elapsed(of.expectation.blocked_at_most->count()), result.observed),
          .impact = "One silent service stops all work, also that which does not need it.",
          .component = "application: Celery workers and their time limits",
          .remedy =
              "Give each task a soft and a hard time limit below its caller's patience, bound "
              "its calls, and open a breaker so that it fails at once. Give tasks that wait "
              "for others a queue and workers of their own.",
          .reference = "https://docs.celeryq.dev/en/stable/userguide/workers.html#time-limits"};
}

Words undrained(const InvariantResult& result, const Case& of) {
  return {.title = fmt::format("The queue does not drain within {} of the heal: {}",
                               elapsed(of.expectation.time->count()), result.observed),
          .impact = "Work that came during the fault is done late, or long after anybody wants it.",
          .component = "application: queue and workers",
          .remedy =
              "Bound the queue and let messages expire (x-max-length, x-message-ttl; `expires` "
              "of a task), shed load while the breaker is open, and keep workers in reserve: "
              "a queue drains only as fast as they are faster than what arrives.",
          .reference = "https://www.rabbitmq.com/docs/maxlength"};
}

}  // namespace cutpoint::finding
