// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/findings.h"

#include <array>

#include "controller/verify/finding_words.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr auto writers = std::array<std::pair<std::string_view, finding::Writer>, 19>{{
    {"postgres.atomic", finding::torn},
    {"postgres.acked_is_durable", finding::lost},
    {"postgres.exactly_once", finding::not_once},
    {"postgres.belief_agrees", finding::disagreement},
    {"postgres.recovers_within", finding::slow},
    {"postgres.no_orphans", finding::orphaned},
    {"http.bounded_wait", finding::unbounded},
    {"http.breaker_opens_within", finding::not_broken},
    {"http.retry_amplification", finding::amplified},
    {"http.recovers_within", finding::slow_http},
    {"workers.available", finding::exhausted},
    {"queue.drains_within", finding::undrained},
    {"amqp.dead_lettered", finding::poisoned},
    {"amqp.all_processed", finding::mishandled},
    {"amqp.throughput_retained", finding::slowed_down},
    {"amqp.consumer_restarts", finding::crashed},
    {"amqp.redeliveries", finding::delivered_again},
    {"amqp.conserved", finding::unbalanced},
    {"amqp.topology", finding::misdeclared},
}};

}  // namespace

Finding find(const InvariantResult& result, const Case& of) {
  finding::Words words;
  words.title = capitalised(result.observed);
  for (const auto& [invariant, write] : writers) {
    if (invariant == result.name) words = write(result, of);
  }
  return {.title = words.title,
          .severity = result.severity,
          .invariant = result.name,
          .impact = words.impact,
          .component = words.component,
          .remedy = words.remedy,
          .reference = words.reference,
          .evidence = result.evidence};
}

}  // namespace cutpoint
