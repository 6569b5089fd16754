// SPDX-License-Identifier: Apache-2.0
// The invariants that look at rows: postgres.atomic and postgres.exactly_once.
#include <algorithm>
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
    if (!was_collected(of.facts, of.service, table)) missing.push_back(table);
  }
  return missing;
}

// Per id; none where the table was not collected.
std::map<std::string, int> rows_in(const std::map<std::uint8_t, probes::RowCounts>& counts,
                                   std::uint8_t service, const std::string& table) {
  const auto of_service = counts.find(service);
  if (of_service == counts.end()) return {};
  const auto rows = of_service->second.find(table);
  return rows == of_service->second.end() ? std::map<std::string, int>{} : rows->second;
}

int added(const Case& of, const std::string& table, const std::string& id) {
  return rows_of(of.facts, of.service, table, id).added();
}

// Those whose rows this run added, or took away.
std::set<std::string> ids_in(const Case& of, const std::vector<std::string>& tables) {
  std::set<std::string> ids;
  for (const std::string& table : tables) {
    for (const auto* counts : {&of.facts.rows, &of.facts.rows_before}) {
      for (const auto& [id, count] : rows_in(*counts, of.service, table)) {
        if (added(of, table, id) != 0) ids.insert(id);
      }
    }
  }
  return ids;
}

// "1 row in products and 0 rows in variants"; "1 new row in…" where there were rows before.
std::string rows_text(const Case& of, const std::vector<std::string>& tables,
                      const std::string& id) {
  std::vector<std::string> parts;
  parts.reserve(tables.size());
  for (const std::string& table : tables) {
    const RowCount rows = rows_of(of.facts, of.service, table, id);
    const auto change = static_cast<std::uint64_t>(std::abs(rows.added()));
    const char* noun = rows.added() < 0 ? "deleted row" : rows.before > 0 ? "new row" : "row";
    parts.push_back(counted(change, noun) + " in " + table);
  }
  return listed(parts);
}

std::int64_t total(const std::map<std::string, int>& rows) {
  std::int64_t sum = 0;
  for (const auto& [id, count] : rows) sum += count;
  return sum;
}

// "51 rows in products and 51 rows in variants"
std::string totals_text(const Case& of, const std::vector<std::string>& tables) {
  std::vector<std::string> parts;
  for (const std::string& table : tables) {
    const std::int64_t before = total(rows_in(of.facts.rows_before, of.service, table));
    const std::int64_t more = total(rows_in(of.facts.rows, of.service, table)) - before;
    parts.push_back(fmt::format("{} {}row{} in {}", more, before > 0 ? "more " : "",
                                more == 1 ? "" : "s", table));
  }
  return listed(parts);
}

bool is_torn(const Case& of, const std::vector<std::string>& tables, const std::string& id) {
  return std::any_of(tables.begin(), tables.end(), [&](const std::string& table) {
    return added(of, table, id) != added(of, tables.front(), id);
  });
}

// Whatever became of its attempts, the id has left one row in each table.
bool is_there_once(const Case& of, const std::string& id) {
  const std::vector<std::string> tables = tables_of(of);
  return !tables.empty() && not_collected(of, tables).empty() &&
         std::all_of(tables.begin(), tables.end(), [&](const std::string& table) {
           const RowCount rows = rows_of(of.facts, of.service, table, id);
           return rows.before == 0 && rows.now == 1;
         });
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
    if (outcome == Outcome::inconclusive && is_there_once(of, work.second)) continue;
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
  const auto ids = ids_in(of, tables);
  for (const std::string& id : ids) {
    for (const std::string& table : tables) {
      if (added(of, table, id) < 2) continue;
      twice.push_back(
          fmt::format("{} {} has {}", of.expectation.by, id, rows_text(of, tables, id)));
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
  return counted_tables(*of.facts.scenario, of.service);
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
  const auto ids = ids_in(of, tables);
  std::vector<std::string> torn;
  std::set<std::string> torn_ids;
  for (const std::string& id : ids) {
    if (!is_torn(of, tables, id)) continue;
    torn.push_back(fmt::format("{} {} has {}", by, id, rows_text(of, tables, id)));
    torn_ids.insert(id);
  }
  for (const Attempt& attempt : of.attempts) {
    if (torn_ids.contains(attempt.id)) cite(result, attempt);
  }
  result.outcome = torn.empty() ? Outcome::held : Outcome::violated;
  result.observed = torn.empty() ? fmt::format("{} for {} ids: the same for every {}",
                                               totals_text(of, tables), ids.size(), by)
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
