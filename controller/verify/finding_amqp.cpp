// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "controller/verify/finding_words.h"
#include "controller/verify/phrases.h"

namespace cutpoint::finding {
namespace {

// A page of RabbitMQ's manual, of the newest version.
std::string rabbitmq(std::string_view page) {
  return fmt::format("https://www.rabbitmq.com/docs/{}", page);
}

}  // namespace

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
          "Celery acknowledges what it cannot decode: override its consumer's decode error.",
      .reference = rabbitmq("dlx")};
}

Words mishandled(const InvariantResult& result, const Case& /*of*/) {
  return {
      .title = "Valid messages were not each done once: " + result.observed,
      .impact = "Work is missing, or was done twice, though nothing was wrong with its message.",
      .component = "consumer: acknowledgement and idempotency",
      .remedy =
          "Acknowledge after the effect is stored, never before. A message may be delivered "
          "again at any time: make its effect idempotent (a unique key on the message's id, in "
          "the same transaction). Refuse one message, not all that are unacknowledged.",
      .reference = rabbitmq("confirms")};
}

Words slowed_down(const InvariantResult& result, const Case& /*of*/) {
  return {
      .title = "Poison slows down everything else: " + result.observed,
      .impact = "One bad message holds up the good ones behind it.",
      .component = "consumer: isolation of failures",
      .remedy =
          "Keep a decode error from ending the process or the connection, do not requeue at once "
          "what has just failed, and bound what is prefetched (basic.qos): it is redelivered as a "
          "whole when its consumer dies.",
      .reference = rabbitmq("consumer-prefetch")};
}

Words crashed(const InvariantResult& result, const Case& /*of*/) {
  return {.title = "Consumers die: " + result.observed,
          .impact =
              "Each death returns all that was prefetched, and the next consumer meets the same "
              "message.",
          .component = "consumer: error handling",
          .remedy =
              "Catch what a message can cause around its handling, and settle it (basic.nack or "
              "basic.reject, without requeue); let only what concerns the process end the process.",
          .reference = rabbitmq("confirms")};
}

Words delivered_again(const InvariantResult& result, const Case& /*of*/) {
  return {
      .title = "Messages are delivered again and again: " + result.observed,
      .impact = "Redeliveries take the place of new messages, and do non-idempotent work twice.",
      .component = "consumer: requeueing, and the limit of tries",
      .remedy =
          "Requeue only what may succeed next time, after a pause (a delay queue by TTL), and "
          "count the tries per message.",
      .reference = rabbitmq("quorum-queues")};
}

Words unbalanced(const InvariantResult& result, const Case& /*of*/) {
  return {
      .title = "Messages are missing, or too many: " + result.observed,
      .impact = "Confirmed messages are neither done nor kept anywhere.",
      .component = "queue: dead-letter exchange, limits and expiry",
      .remedy =
          "Look for refusals without a dead-letter exchange, for expiry (x-message-ttl) and for "
          "drop-head at x-max-length; with x-overflow=reject-publish the publisher is told "
          "instead, where it asks for confirms.",
      .reference = rabbitmq("maxlength")};
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
          "ignores them.",
      .reference = rabbitmq("dlx")};
}

}  // namespace cutpoint::finding
