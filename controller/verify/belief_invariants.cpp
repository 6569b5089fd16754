// SPDX-License-Identifier: Apache-2.0
// The invariants that lay belief beside truth: postgres.acked_is_durable, postgres.belief_agrees.
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/invariants.h"
#include "controller/verify/phrases.h"
#include "controller/verify/truth.h"

namespace cutpoint {
namespace {

// Other work on the same id, which may have taken its rows away again.
bool shares_its_id(const Case& of, const Attempt& attempt) {
  return std::any_of(of.attempts.begin(), of.attempts.end(), [&](const Attempt& other) {
    return other.id == attempt.id && other.op != attempt.op;
  });
}

// The tables in which an acknowledged id has left nothing, where that tells what became of it. A
// table not collected says nothing.
std::vector<std::string> tables_without(const Case& of, const Attempt& attempt) {
  std::vector<std::string> empty;
  if (attempt.id.empty() || xid_decides(of.facts, attempt) || shares_its_id(of, attempt)) {
    return empty;
  }
  for (const std::string& table : tables_of(of)) {
    if (!was_collected(of.facts, of.service, table)) continue;
    if (rows_of(of.facts, of.service, table, attempt.id).now == 0) empty.push_back(table);
  }
  return empty;
}

// What is there of its id may all be from before the run.
bool rests_on_old_rows(const Case& of, const Attempt& attempt) {
  if (attempt.id.empty() || xid_decides(of.facts, attempt)) return false;
  const auto tables = tables_of(of);
  return std::any_of(tables.begin(), tables.end(), [&](const std::string& table) {
    if (!was_collected(of.facts, of.service, table)) return false;
    const RowCount rows = rows_of(of.facts, of.service, table, attempt.id);
    return rows.before > 0 && rows.added() <= 0;
  });
}

// How the attempt's client is wrong, as part of a sentence.
std::string disagreement(const Attempt& attempt) {
  if (attempt.truth == Truth::aborted) {
    return fmt::format("{} is aborted{} but its client holds it for committed", label(attempt),
                       xid_text(attempt));
  }
  if (attempt.resolved_as) {
    return fmt::format("{} is committed{} but its client concluded that it is not", label(attempt),
                       xid_text(attempt));
  }
  const char* how = attempt.ghost ? "was executed after its client had gone"
                                  : "is committed and its client was not told";
  return fmt::format("{} {}{}", label(attempt), how, xid_text(attempt));
}

bool in_doubt_for_ever(const Attempt& attempt) {
  return attempt.belief == Belief::unacked && attempt.truth == Truth::unknown;
}

}  // namespace

void cite(InvariantResult& result, const Attempt& attempt) {
  result.evidence.insert(result.evidence.end(), attempt.evidence.begin(), attempt.evidence.end());
}

bool disagrees(const Attempt& attempt) {
  const bool thinks_committed = attempt.resolved_as.value_or(attempt.belief == Belief::acked);
  switch (attempt.truth) {
    case Truth::committed:
      return !thinks_committed;
    case Truth::aborted:
      return thinks_committed;
    case Truth::unknown:
      return false;
  }
  return false;
}

InvariantResult judge_acked_is_durable(const Case& of) {
  InvariantResult result;
  result.expected = "every acknowledged COMMIT is in the database";
  std::size_t acked = 0;
  std::vector<std::string> lost;
  std::vector<std::string> unknown;
  for (const Attempt& attempt : of.attempts) {
    if (attempt.belief != Belief::acked) continue;
    ++acked;
    const auto without = tables_without(of, attempt);
    if (attempt.truth == Truth::aborted) {
      lost.push_back(label(attempt) + " is aborted" + xid_text(attempt));
    } else if (!without.empty()) {
      lost.push_back(label(attempt) + " has no row in " + listed(without));
    } else if (rests_on_old_rows(of, attempt)) {
      unknown.push_back(label(attempt) + ", whose rows were there before the run");
    } else if (attempt.truth == Truth::unknown) {
      unknown.push_back(label(attempt));
    } else {
      continue;
    }
    cite(result, attempt);
  }
  if (!lost.empty()) {
    result.outcome = Outcome::violated;
    result.observed = fmt::format("{} of {} acknowledged: {}", lost.size(), acked, listed(lost));
  } else if (!unknown.empty()) {
    result.observed = "acknowledged, but its fate is not known: " + listed(unknown);
  } else {
    result.outcome = Outcome::held;
    result.observed = acked == 0 ? "no COMMIT was acknowledged: there is none to lose"
                                 : fmt::format("all {} acknowledged are committed", acked);
  }
  return result;
}

InvariantResult judge_belief_agrees(const Case& of) {
  InvariantResult result;
  result.expected = "the client knows of every COMMIT what the database holds of it";
  std::vector<std::string> wrong;
  std::vector<std::string> unknown;
  for (const Attempt& attempt : of.attempts) {
    if (disagrees(attempt)) {
      wrong.push_back(disagreement(attempt));
    } else if (in_doubt_for_ever(attempt)) {
      unknown.push_back(label(attempt));
    } else {
      continue;
    }
    cite(result, attempt);
  }
  if (!wrong.empty()) {
    result.outcome = Outcome::violated;
    result.observed = listed(wrong);
  } else if (!unknown.empty()) {
    result.observed = "not acknowledged, and its fate is not known: " + listed(unknown);
  } else {
    const auto resolved = std::count_if(of.attempts.begin(), of.attempts.end(),
                                        [](const Attempt& attempt) { return attempt.resolved; });
    result.outcome = Outcome::held;
    result.observed = "they agree about " + counted(of.attempts.size(), "attempt");
    if (resolved > 0) {
      result.observed += fmt::format("; its client asked and learnt the truth of {}", resolved);
    }
  }
  return result;
}

}  // namespace cutpoint
