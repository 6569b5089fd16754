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
    constexpr double ns_per_ms = 1e6;
    const double took = static_cast<double>(*attempt->acked_ns - attempt->requested_ns) / ns_per_ms;
    if (measured.value && *measured.value >= took) continue;
    measured = {.value = took, .evidence = attempt->evidence};
  }
  return measured;
}

bool is_committed(const Attempt& attempt) {
  return attempt.truth == Truth::committed;
}

bool is_in_doubt(const Attempt& attempt) {
  return is_committed(attempt) && attempt.belief == Belief::unacked;
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
    const auto committed = std::count_if(tries.begin(), tries.end(),
                                         [](const Attempt* one) { return is_committed(*one); });
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
  Figures figures;
  figures["postgres.commits"] = {.value = static_cast<double>(all.size())};
  figures["postgres.longest_commit"] = longest(all);
  figures["postgres.in_doubt"] = count(those(all, is_in_doubt));
  figures["postgres.ghosts"] =
      count(those(all, [](const Attempt& one) { return is_in_doubt(one) && one.ghost; }));
  figures["postgres.resolved"] =
      count(those(all, [](const Attempt& one) { return is_in_doubt(one) && one.resolved; }));
  figures["postgres.acknowledged_lost"] = count(those(all, [](const Attempt& one) {
    return one.truth == Truth::aborted && one.belief == Belief::acked;
  }));
  figures["postgres.retried"] = count(works.retried);
  figures["postgres.done_twice"] = count(works.twice);
  figures["postgres.not_done"] = count(works.undone);
  const Attempts unknown =
      those(all, [](const Attempt& one) { return one.truth == Truth::unknown; });
  for (auto& [name, measured] : figures) {
    const bool of_works =
        name == "postgres.retried" || name == "postgres.done_twice" || name == "postgres.not_done";
    const bool of_wire = name == "postgres.commits" || name == "postgres.longest_commit" ||
                         name == "postgres.retried";
    if (of_works && !facts.has_history) measured = {.why = "the target told no history"};
    if (!of_wire && !unknown.empty()) {
      measured = {
          .why = fmt::format("what became of {} is not known", counted(unknown.size(), "COMMIT"))};
    }
  }
  return figures;
}

}  // namespace cutpoint
