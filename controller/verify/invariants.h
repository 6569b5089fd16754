// SPDX-License-Identifier: Apache-2.0
// The invariants. Each judges one expectation; a new one is a function and one line in the table of
// verify.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "controller/verify/verify.h"

namespace cutpoint {

// What one expectation is judged on.
struct Case {
  const Expectation& expectation;
  const RunFacts& facts;
  const std::vector<Attempt>& attempts;  // of the expectation's service
  std::uint8_t service;                  // its index
};

// Without name and severity: those are the expectation's.
InvariantResult judge_atomic(const Case& of);
InvariantResult judge_acked_is_durable(const Case& of);
InvariantResult judge_exactly_once(const Case& of);
InvariantResult judge_belief_agrees(const Case& of);
InvariantResult judge_recovers_within(const Case& of);
InvariantResult judge_no_orphans(const Case& of);
InvariantResult judge_bounded_wait(const Case& of);
InvariantResult judge_breaker(const Case& of);
InvariantResult judge_amplification(const Case& of);
InvariantResult judge_http_recovery(const Case& of);
InvariantResult judge_workers_available(const Case& of);
InvariantResult judge_queue_drains(const Case& of);
InvariantResult judge_dead_lettered(const Case& of);
InvariantResult judge_all_processed(const Case& of);
InvariantResult judge_throughput(const Case& of);
InvariantResult judge_consumer_restarts(const Case& of);
InvariantResult judge_redeliveries(const Case& of);
InvariantResult judge_conserved(const Case& of);
InvariantResult judge_topology(const Case& of);

// Nothing is cut by any of the faults.
bool only_observes(const RunFacts& facts);

// Its client knows something else than the database holds, or nothing of what it holds.
bool disagrees(const Attempt& attempt);

// The heals of faults that had fired, in order.
std::vector<std::int64_t> heals_ns(const RunFacts& facts);
// The last of them; nullopt: there was none.
std::optional<std::int64_t> last_heal_ns(const RunFacts& facts);
// The tables that an expectation names, or else all that were counted for the scenario.
std::vector<std::string> tables_of(const Case& of);

// Appends the attempt's evidence.
void cite(InvariantResult& result, const Attempt& attempt);
// Puts the numbers in their order, without repetitions.
void each_once(std::vector<std::uint64_t>& evidence);

}  // namespace cutpoint
