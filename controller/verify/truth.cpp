// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/truth.h"

#include <algorithm>
#include <map>
#include <set>

namespace cutpoint {
namespace {

using probes::XactStatus;

const WireFlow* find_flow(const std::vector<WireFlow>& flows, std::uint64_t cookie) {
  const auto found = std::find_if(flows.begin(), flows.end(),
                                  [cookie](const WireFlow& flow) { return flow.cookie == cookie; });
  return found == flows.end() ? nullptr : &*found;
}

// The ordinal of the COMMIT that ends the transaction which was seen open; 0: none does, or which
// one it is cannot be told.
int ordinal_of_commit(const WireFlow& flow, const SeenXid& seen) {
  const auto open =
      std::find_if(flow.requests.begin(), flow.requests.end(), [&](const WireRequest& request) {
        return !request.answered_ns || *request.answered_ns > seen.asked_ns;
      });
  if (open == flow.requests.end()) return 0;
  const bool rolled_back =
      std::any_of(flow.rollbacks_ns.begin(), flow.rollbacks_ns.end(), [&](std::int64_t rollback) {
        return rollback > seen.asked_ns && rollback < open->requested_ns;
      });
  // Of a pipeline: once it has been delivered the backend may be in the next one.
  const auto next = std::next(open);
  const bool moved_on = open->delivered_ns && *open->delivered_ns <= seen.told_ns &&
                        next != flow.requests.end() && next->requested_ns <= seen.told_ns;
  if (rolled_back || moved_on) return 0;
  return static_cast<int>(std::distance(flow.requests.begin(), open)) + 1;
}

enum class Decided { yes, no, never };  // never: nothing weaker may decide it either

Decided by_xid(Attempt& attempt, const RunFacts& facts) {
  const auto found = facts.xact_status.find(attempt.xid);
  if (attempt.xid.empty() || found == facts.xact_status.end()) return Decided::no;
  switch (found->second) {
    case XactStatus::committed:
      attempt.truth = Truth::committed;
      return Decided::yes;
    case XactStatus::aborted:
      attempt.truth = Truth::aborted;
      return Decided::yes;
    case XactStatus::in_progress:  // no verdict, and its rows cannot be seen yet
      return Decided::never;
    case XactStatus::unknown:
      return Decided::no;
  }
  return Decided::no;
}

bool by_answer(Attempt& attempt) {
  if (attempt.acked_ns || attempt.committed_unheard) {
    attempt.truth = Truth::committed;
  } else if (attempt.refused) {
    attempt.truth = Truth::aborted;
  }
  return attempt.truth != Truth::unknown;
}

int count_in(const probes::RowCounts& rows, const std::string& table, const std::string& id) {
  const auto found = rows.find(table);
  if (found == rows.end()) return 0;
  const auto count = found->second.find(id);
  return count == found->second.end() ? 0 : count->second;
}

bool still_in_its_backend(const Attempt& attempt, const RunFacts& facts) {
  return attempt.pid != 0 &&
         std::any_of(facts.orphans.begin(), facts.orphans.end(), [&](const Orphan& orphan) {
           return orphan.backend.pid == attempt.pid && !orphan.ended_by_probe;
         });
}

// The most rows that any table has more of an id than before. nullopt: they prove nothing, as some
// table was not collected, rows were deleted, or none was added where there were some before: a
// transaction that updates them leaves as many.
std::optional<int> rows_added(const RunFacts& facts, const std::string& id) {
  std::optional<int> most;
  for (const std::string& table : counted_tables(*facts.scenario)) {
    if (!facts.rows.contains(table)) return std::nullopt;
    const RowCount count = rows_of(facts, table, id);
    if (count.added() < 0 || (count.added() == 0 && count.before > 0)) return std::nullopt;
    most = std::max(most.value_or(0), count.added());
  }
  return most;
}

bool are_of_one_work(const std::vector<Attempt*>& attempts) {
  return std::all_of(attempts.begin(), attempts.end(),
                     [&](const Attempt* attempt) { return attempt->op == attempts.front()->op; });
}

// All attempts of one id. A committed transaction leaves at least one row, an aborted one none.
void by_rows(const std::vector<Attempt*>& attempts, const std::vector<Attempt*>& undecided,
             int added) {
  const auto committed =
      std::count_if(attempts.begin(), attempts.end(),
                    [](const Attempt* attempt) { return attempt->truth == Truth::committed; });
  std::optional<Truth> truth;
  if (added == committed) {
    truth = Truth::aborted;  // the rows are all accounted for by the others
  } else if (attempts.size() == 1) {
    truth = Truth::committed;
  }
  if (!truth) return;
  for (Attempt* attempt : undecided) attempt->truth = *truth;
}

}  // namespace

std::vector<std::string> counted_tables(const Scenario& scenario) {
  std::set<std::string> tables;
  for (const Expectation& expectation : scenario.expect) {
    if (expectation.by.empty()) continue;
    tables.insert(expectation.tables.begin(), expectation.tables.end());
  }
  return {tables.begin(), tables.end()};
}

RowCount rows_of(const RunFacts& facts, const std::string& table, const std::string& id) {
  return {count_in(facts.rows_before, table, id), count_in(facts.rows, table, id)};
}

bool xid_decides(const RunFacts& facts, const Attempt& attempt) {
  const auto found = facts.xact_status.find(attempt.xid);
  return found != facts.xact_status.end() &&
         (found->second == XactStatus::committed || found->second == XactStatus::aborted);
}

void assign_observed_xids(std::vector<Attempt>& attempts, const std::vector<WireFlow>& flows,
                          const RunFacts& facts) {
  for (const SeenXid& seen : facts.seen_xids) {
    const WireFlow* flow = find_flow(flows, seen.flow);
    const int ordinal = flow == nullptr ? 0 : ordinal_of_commit(*flow, seen);
    for (Attempt& attempt : attempts) {
      if (attempt.flow == seen.flow && attempt.ordinal == ordinal && attempt.xid.empty()) {
        attempt.xid = seen.xid;
      }
    }
  }
}

void decide_truth(std::vector<Attempt>& attempts, const RunFacts& facts) {
  std::map<std::string, std::vector<Attempt*>> by_id;
  std::map<std::string, std::vector<Attempt*>> undecided;
  for (Attempt& attempt : attempts) {
    by_id[attempt.id].push_back(&attempt);
    const Decided decided = by_xid(attempt, facts);
    if (decided == Decided::yes || by_answer(attempt) || decided == Decided::never) continue;
    if (!attempt.id.empty() && !still_in_its_backend(attempt, facts)) {
      undecided[attempt.id].push_back(&attempt);
    }
  }
  for (const auto& [id, unknown] : undecided) {
    if (!are_of_one_work(by_id[id])) continue;  // nothing says whose rows they are
    if (const auto added = rows_added(facts, id)) by_rows(by_id[id], unknown, *added);
  }
}

}  // namespace cutpoint
