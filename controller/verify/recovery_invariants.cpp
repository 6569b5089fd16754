// SPDX-License-Identifier: Apache-2.0
// The invariants about the time after the cut: postgres.recovers_within, postgres.no_orphans.
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/invariants.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

struct Recovery {
  const Attempt* first = nullptr;  // acknowledged after the heal
  bool tried = false;              // some COMMIT was sent, or still open, after the heal
};

Recovery after(const std::vector<Attempt>& attempts, std::int64_t heal_ns) {
  Recovery recovery;
  for (const Attempt& attempt : attempts) {
    const bool acked_later = attempt.acked_ns && *attempt.acked_ns >= heal_ns;
    recovery.tried |= attempt.requested_ns >= heal_ns || acked_later;
    if (!acked_later) continue;
    if (recovery.first == nullptr || *attempt.acked_ns < *recovery.first->acked_ns) {
      recovery.first = &attempt;
    }
  }
  return recovery;
}

// Acknowledged while the cut was still on: the target had found another way.
const Attempt* acked_during(const std::vector<Attempt>& attempts, std::int64_t from,
                            std::int64_t until) {
  for (const Attempt& attempt : attempts) {
    if (attempt.requested_ns > from && attempt.acked_ns && *attempt.acked_ns < until) {
      return &attempt;
    }
  }
  return nullptr;
}

bool ended_well(const TargetFacts& target) {
  return !target.timed_out && target.exit_code == 0;
}

InvariantResult judge_first_commit(const Attempt& first, std::int64_t heal_ns,
                                   const std::optional<Duration>& limit) {
  InvariantResult result;
  const std::int64_t took = *first.acked_ns - heal_ns;
  const bool in_time = !limit || took <= limit->count();
  result.outcome = in_time ? Outcome::held : Outcome::violated;
  result.observed = fmt::format("the first acknowledged COMMIT came {} after the heal: {}",
                                elapsed(took), label(first));
  cite(result, first);
  return result;
}

// The target sent no COMMIT after the heal: did it need to?
InvariantResult judge_without_attempt(const Case& of, std::int64_t fired_ns, std::int64_t heal_ns) {
  InvariantResult result;
  if (const Attempt* during = acked_during(of.attempts, fired_ns, heal_ns)) {
    result.outcome = Outcome::held;
    result.observed = fmt::format(
        "it was committing again {} after the cut, {} before the heal, and had nothing left to do",
        elapsed(*during->acked_ns - fired_ns), elapsed(heal_ns - *during->acked_ns));
    cite(result, *during);
  } else if (ended_well(of.facts.target)) {
    result.outcome = Outcome::inconclusive;
    result.observed =
        "the target had nothing left to do after the cut: give it more work than the cut covers";
  } else {
    result.outcome = Outcome::violated;
    result.observed = "the target sent no COMMIT after the heal";
  }
  return result;
}

std::vector<std::int64_t> firings_ns(const RunFacts& facts) {
  std::vector<std::int64_t> all;
  for (const Entry& entry : facts.timeline->entries()) {
    const cut_event* event = entry.event();
    if (event != nullptr && event->kind == CUT_EVENT_FIRED) all.push_back(entry.ns);
  }
  return all;
}

InvariantResult judge_heal(const Case& of, std::int64_t heal_ns) {
  const Recovery recovery = after(of.attempts, heal_ns);
  if (recovery.first != nullptr) {
    return judge_first_commit(*recovery.first, heal_ns, of.expectation.time);
  }
  if (!recovery.tried) {
    const auto firings = firings_ns(of.facts);
    return judge_without_attempt(of, firings.empty() ? heal_ns : firings.front(), heal_ns);
  }
  InvariantResult result;
  result.outcome = Outcome::violated;
  result.observed = "no COMMIT that was sent after the heal was acknowledged";
  return result;
}

// The target had all the time that is allowed before the next cut came. Without a limit only what
// follows the last heal can be judged.
bool outlives_next_cut(const Case& of, std::int64_t heal_ns) {
  if (!of.expectation.time) return false;
  const auto firings = firings_ns(of.facts);
  return std::none_of(firings.begin(), firings.end(), [&](std::int64_t fired_ns) {
    return fired_ns > heal_ns && fired_ns <= heal_ns + of.expectation.time->count();
  });
}

std::string orphan_text(const Orphan& orphan) {
  const probes::Backend& backend = orphan.backend;
  std::string text = fmt::format("backend {} is {}", backend.pid, backend.state);
  if (!backend.backend_xid.empty()) text += fmt::format(", xid {}", backend.backend_xid);
  text += ", " + counted(static_cast<std::uint64_t>(std::max(backend.locks, 0)), "lock");
  return text + (orphan.ended_by_probe ? ", ended by cutpoint afterwards" : ", still there");
}

}  // namespace

bool only_observes(const RunFacts& facts) {
  const auto& faults = facts.scenario->faults;
  return std::all_of(faults.begin(), faults.end(),
                     [](const Fault& fault) { return fault.mode == CUT_OBSERVE; });
}

std::vector<std::int64_t> heals_ns(const RunFacts& facts) {
  std::vector<std::int64_t> all;
  for (const RuleFacts& rule : facts.rules) {
    if (rule.state.fired > 0) all.insert(all.end(), rule.heals_ns.begin(), rule.heals_ns.end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::optional<std::int64_t> last_heal_ns(const RunFacts& facts) {
  const auto all = heals_ns(facts);
  return all.empty() ? std::nullopt : std::optional{all.back()};
}

InvariantResult judge_recovers_within(const Case& of) {
  const auto& limit = of.expectation.time;
  InvariantResult result;
  const auto heals = heals_ns(of.facts);
  for (std::size_t i = 0; i < heals.size() && result.outcome != Outcome::violated; ++i) {
    const bool is_last = i + 1 == heals.size();
    if (is_last || outlives_next_cut(of, heals[i])) result = judge_heal(of, heals[i]);
    if (!is_last && result.outcome == Outcome::violated) {
      result.observed +=
          fmt::format(" (the {} of {})", ordinal(i + 1), counted(heals.size(), "heal"));
    }
  }
  if (heals.empty() && only_observes(of.facts)) {
    result.outcome = Outcome::held;
    result.observed = "observe mode: nothing was cut, there was nothing to recover from";
  } else if (heals.empty()) {
    result.observed = "no fault fired and healed: there was nothing to recover from";
  }
  result.expected =
      limit ? fmt::format("the target commits again within {} of the heal", elapsed(limit->count()))
            : std::string{"the target commits again after the heal"};
  return result;
}

InvariantResult judge_no_orphans(const Case& of) {
  InvariantResult result;
  result.expected = "no backend of a client that is gone is in a transaction or holds locks";
  if (of.expectation.after) {
    result.expected += fmt::format(" {} after the heal", elapsed(of.expectation.after->count()));
  }
  std::vector<std::string> left;
  for (const Orphan& orphan : of.facts.orphans) {
    left.push_back(orphan_text(orphan));
    for (const Attempt& attempt : of.attempts) {
      if (attempt.flow == orphan.flow) cite(result, attempt);
    }
  }
  for (const std::string& gid : of.facts.prepared_transactions) {
    left.push_back(fmt::format("prepared transaction {} is left", gid));
  }
  result.outcome = left.empty() ? Outcome::held : Outcome::violated;
  result.observed = left.empty() ? "none is left, and no prepared transaction" : listed(left);
  return result;
}

}  // namespace cutpoint
