// SPDX-License-Identifier: Apache-2.0
// The invariants that look at rows: postgres.atomic and postgres.exactly_once.
#include <cstdlib>
#include <fmt/core.h>
#include <map>
#include <set>

#include "controller/verify/invariants.h"
#include "controller/verify/phrases.h"
#include "controller/verify/truth.h"

namespace cutpoint {
namespace {

std::vector<std::string> not_collected(const Case& of, const std::vector<std::string>& tables) {
  std::vector<std::string> missing;
  for (const std::string& table : tables) {
    if (!of.facts.rows.contains(table)) missing.push_back(table);
  }
  return missing;
}

// Those whose rows this run added, or took away.
std::set<std::string> ids_in(const RunFacts& facts, const std::vector<std::string>& tables) {
  std::set<std::string> ids;
  for (const std::string& table : tables) {
    for (const probes::RowCounts* counts : {&facts.rows, &facts.rows_before}) {
      const auto rows = counts->find(table);
      if (rows == counts->end()) continue;
      for (const auto& [id, count] : rows->second) {
        if (rows_of(facts, table, id).added() != 0) ids.insert(id);
      }
    }
  }
  return ids;
}

// "1 row in products and 0 rows in variants"; "1 new row in…" where there were rows before.
std::string rows_text(const RunFacts& facts, const std::vector<std::string>& tables,
                      const std::string& id) {
  std::vector<std::string> parts;
  parts.reserve(tables.size());
  for (const std::string& table : tables) {
    const RowCount rows = rows_of(facts, table, id);
    const auto change = static_cast<std::uint64_t>(std::abs(rows.added()));
    const char* noun = rows.added() < 0 ? "deleted row" : rows.before > 0 ? "new row" : "row";
    parts.push_back(counted(change, noun) + " in " + table);
  }
  return listed(parts);
}

std::int64_t total_of(const probes::RowCounts& rows, const std::string& table) {
  std::int64_t total = 0;
  if (const auto found = rows.find(table); found != rows.end()) {
    for (const auto& [id, count] : found->second) total += count;
  }
  return total;
}

// "51 rows in products and 51 rows in variants"
std::string totals_text(const RunFacts& facts, const std::vector<std::string>& tables) {
  std::vector<std::string> parts;
  for (const std::string& table : tables) {
    const std::int64_t before = total_of(facts.rows_before, table);
    const std::int64_t added = total_of(facts.rows, table) - before;
    parts.push_back(fmt::format("{} {}row{} in {}", added, before > 0 ? "more " : "",
                                added == 1 ? "" : "s", table));
  }
  return listed(parts);
}

bool is_torn(const RunFacts& facts, const std::vector<std::string>& tables, const std::string& id) {
  const int first = rows_of(facts, tables.front(), id).added();
  for (const std::string& table : tables) {
    if (rows_of(facts, table, id).added() != first) return true;
  }
  return false;
}

// What is known of the COMMITs of one work.
struct Tally {
  std::string label;
  bool acked = false;
  int committed = 0;
  int unknown = 0;
  std::vector<const Attempt*> attempts;
};

std::map<Work, Tally> tally_by_work(const std::vector<Attempt>& attempts) {
  std::map<Work, Tally> by_work;
  for (const Attempt& attempt : attempts) {
    if (attempt.id.empty()) continue;
    Tally& tally = by_work[work_of(attempt)];
    tally.label = id_label(attempt);
    tally.acked |= attempt.belief == Belief::acked;
    tally.committed += attempt.truth == Truth::committed ? 1 : 0;
    tally.unknown += attempt.truth == Truth::unknown ? 1 : 0;
    tally.attempts.push_back(&attempt);
  }
  return by_work;
}

Outcome judge_tally(const Tally& tally) {
  const int at_most = tally.committed + tally.unknown;
  if (tally.committed > 1 || (tally.acked && at_most == 0)) return Outcome::violated;
  return at_most > 1 || (tally.acked && tally.committed == 0) ? Outcome::inconclusive
                                                              : Outcome::held;
}

std::string wrong_count_text(const Tally& tally) {
  if (tally.committed == 0) return tally.label + " was acknowledged but is not committed";
  return fmt::format("{} was committed {}", tally.label,
                     occasions(static_cast<std::uint64_t>(tally.committed)));
}

InvariantResult exactly_once_by_attempts(const Case& of) {
  InvariantResult result;
  std::vector<std::string> wrong;
  std::vector<std::string> open;
  const auto by_work = tally_by_work(of.attempts);
  for (const auto& [work, tally] : by_work) {
    const Outcome outcome = judge_tally(tally);
    if (outcome == Outcome::held) continue;
    if (outcome == Outcome::violated) wrong.push_back(wrong_count_text(tally));
    if (outcome == Outcome::inconclusive) open.push_back(tally.label);
    for (const Attempt* attempt : tally.attempts) cite(result, *attempt);
  }
  for (const Attempt& attempt : of.attempts) {
    if (!attempt.id.empty() || attempt.belief == Belief::acked) continue;
    open.push_back(label(attempt));
    cite(result, attempt);
  }
  if (!wrong.empty()) {
    result.outcome = Outcome::violated;
    result.observed = listed(wrong);
  } else if (!open.empty()) {
    result.outcome = Outcome::inconclusive;
    result.observed = "how often it was committed is not known of " + listed(open);
  } else {
    result.outcome = Outcome::held;
    result.observed =
        fmt::format("{} ids, none committed twice, every acknowledged one once", by_work.size());
  }
  return result;
}

// Without a history nothing says which COMMIT was for which id: the rows alone speak.
InvariantResult exactly_once_by_rows(const Case& of, const std::vector<std::string>& tables) {
  InvariantResult result;
  std::vector<std::string> twice;
  const auto ids = ids_in(of.facts, tables);
  for (const std::string& id : ids) {
    for (const std::string& table : tables) {
      if (rows_of(of.facts, table, id).added() < 2) continue;
      twice.push_back(
          fmt::format("{} {} has {}", of.expectation.by, id, rows_text(of.facts, tables, id)));
      break;
    }
  }
  result.outcome = twice.empty() ? Outcome::held : Outcome::violated;
  result.observed = twice.empty()
                        ? fmt::format("no {} was given more than one row ({} of them, no history)",
                                      of.expectation.by, ids.size())
                        : listed(twice);
  return result;
}

bool has_ids(const std::vector<Attempt>& attempts) {
  for (const Attempt& attempt : attempts) {
    if (!attempt.id.empty()) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> tables_of(const Case& of) {
  if (!of.expectation.tables.empty()) return of.expectation.tables;
  return counted_tables(*of.facts.scenario);
}

InvariantResult judge_atomic(const Case& of) {
  InvariantResult result;
  const std::vector<std::string> tables = tables_of(of);
  const std::string& by = of.expectation.by;
  result.expected = fmt::format(
      "every {} has as many rows in each of {}: all of a transaction or none", by, listed(tables));
  if (const auto missing = not_collected(of, tables); !missing.empty() || tables.empty()) {
    result.observed = missing.empty() ? "no tables were given"
                                      : "the rows of " + listed(missing) + " could not be read";
    return result;
  }
  const auto ids = ids_in(of.facts, tables);
  std::vector<std::string> torn;
  std::set<std::string> torn_ids;
  for (const std::string& id : ids) {
    if (!is_torn(of.facts, tables, id)) continue;
    torn.push_back(fmt::format("{} {} has {}", by, id, rows_text(of.facts, tables, id)));
    torn_ids.insert(id);
  }
  for (const Attempt& attempt : of.attempts) {
    if (torn_ids.contains(attempt.id)) cite(result, attempt);
  }
  result.outcome = torn.empty() ? Outcome::held : Outcome::violated;
  result.observed = torn.empty() ? fmt::format("{} for {} ids: the same for every {}",
                                               totals_text(of.facts, tables), ids.size(), by)
                                 : listed(torn);
  return result;
}

InvariantResult judge_exactly_once(const Case& of) {
  const std::string expected = "every acknowledged id is committed exactly once, no id twice";
  const std::vector<std::string> tables = tables_of(of);
  InvariantResult result;
  if (has_ids(of.attempts)) {
    result = exactly_once_by_attempts(of);
  } else if (!tables.empty() && not_collected(of, tables).empty()) {
    result = exactly_once_by_rows(of, tables);
  } else {
    result.observed = "no history says which COMMIT was for which id, and no rows were read";
  }
  result.expected = expected;
  return result;
}

}  // namespace cutpoint
