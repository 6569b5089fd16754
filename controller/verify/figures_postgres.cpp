// SPDX-License-Identifier: Apache-2.0
// The figures of a PostgreSQL service, from what is known of each COMMIT.
#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <set>

#include "controller/verify/figures.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using Attempts = std::vector<const Attempt*>;

Measured count(const Attempts& attempts) {
  Measured measured{.value = static_cast<double>(attempts.size())};
  for (const Attempt* attempt : attempts) {
    measured.evidence.insert(measured.evidence.end(), attempt->evidence.begin(),
                             attempt->evidence.end());
  }
  return measured;
}

template <typename Predicate>
Attempts those(const Attempts& attempts, const Predicate& predicate) {
  Attempts some;
  std::copy_if(attempts.begin(), attempts.end(), std::back_inserter(some),
               [&](const Attempt* attempt) { return predicate(*attempt); });
  return some;
}

Measured longest(const Attempts& attempts) {
  Measured measured{.why = "no COMMIT was answered"};
  for (const Attempt* attempt : attempts) {
    if (!attempt->acked_ns) continue;
    const double took = in_milliseconds(*attempt->acked_ns - attempt->requested_ns);
    if (measured.value && *measured.value >= took) continue;
    measured = {.value = took, .evidence = attempt->evidence};
  }
  return measured;
}

// Units of work by how often they were tried, or committed.
struct Works {
  Attempts retried;
  Attempts twice;
  Attempts undone;
};

Works works_of(const Attempts& attempts) {
  std::map<Work, Attempts> by_work;
  for (const Attempt* attempt : attempts) {
    if (!attempt->id.empty()) by_work[work_of(*attempt)].push_back(attempt);
  }
  Works works;
  for (const auto& [work, tries] : by_work) {
    const auto committed = std::count_if(tries.begin(), tries.end(), [](const Attempt* one) {
      return one->truth == Truth::committed;
    });
    if (tries.size() > 1) works.retried.push_back(tries.back());
    if (committed > 1) works.twice.push_back(tries.back());
    if (committed == 0) works.undone.push_back(tries.back());
  }
  return works;
}

}  // namespace

Figures figures_of_postgres(const RunFacts& facts, const Verdict& verdict, std::uint8_t service) {
  Attempts all;
  for (const Attempt& attempt : verdict.attempts) {
    if (attempt.service == service) all.push_back(&attempt);
  }
  const Works works = works_of(all);
  const auto unknown =
      those(all, [](const Attempt& one) { return one.truth == Truth::unknown; }).size();
  // What rests on something that is not known is not known either.
  const auto if_told = [&facts](Measured measured) {
    return facts.has_history ? std::move(measured) : Measured{.why = "the target told no history"};
  };
  const auto if_decided = [unknown](Measured measured) {
    if (unknown == 0) return measured;
    return Measured{.why =
                        fmt::format("what became of {} is not known", counted(unknown, "COMMIT"))};
  };
  Figures figures;
  figures["postgres.commits"] = {.value = static_cast<double>(all.size())};
  figures["postgres.longest_commit"] = longest(all);
  figures["postgres.in_doubt"] =
      if_decided(count(those(all, [](const Attempt& one) { return one.is_in_doubt(); })));
  figures["postgres.ghosts"] =
      if_decided(count(those(all, [](const Attempt& one) { return one.ghost; })));
  figures["postgres.resolved"] = if_decided(
      count(those(all, [](const Attempt& one) { return one.is_in_doubt() && one.resolved; })));
  figures["postgres.acknowledged_lost"] = if_decided(count(those(all, [](const Attempt& one) {
    return one.truth == Truth::aborted && one.belief == Belief::acked;
  })));
  figures["postgres.retried"] = if_told(count(works.retried));
  figures["postgres.done_twice"] = if_decided(if_told(count(works.twice)));
  figures["postgres.not_done"] = if_decided(if_told(count(works.undone)));
  return figures;
}

}  // namespace cutpoint
