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

// The ordinal of the COMMIT that ends the transaction which was seen open; 0: which one it is
// cannot be told.
int ordinal_of_commit(const WireFlow& flow, const SeenXid& seen) {
  const WireQuestion* first = nullptr;
  bool is_only = true;
  for (const WireQuestion& question : flow.questions) {
    if (question.requested_ns > seen.told_ns) continue;
    if (question.answered_ns && *question.answered_ns < seen.asked_ns) continue;
    // Answered meanwhile: the backend may have been in this transaction or in the next one.
    if (question.answered_ns && *question.answered_ns <= seen.told_ns) return 0;
    is_only = first == nullptr;
    if (is_only) first = &question;
  }
  if (first == nullptr || !first->request) return 0;
  // Of a pipeline: once the first has been delivered the backend may be in the next one.
  const auto& delivered_ns = flow.requests[*first->request].delivered_ns;
  const bool waits = !delivered_ns || *delivered_ns > seen.told_ns;
  return waits || is_only ? static_cast<int>(*first->request) + 1 : 0;
}

enum class Decided { yes, no, never };  // never: nothing weaker may decide it either

Decided by_xid(Attempt& attempt, const RunFacts& facts) {
  const auto found = facts.xact_status.find({attempt.service, attempt.xid});
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

using RowsPerService = std::map<std::uint8_t, probes::RowCounts>;

int count_in(const RowsPerService& rows, std::uint8_t service, const std::string& table,
             const std::string& id) {
  const auto of_service = rows.find(service);
  if (of_service == rows.end()) return 0;
  const auto found = of_service->second.find(table);
  if (found == of_service->second.end()) return 0;
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
std::optional<int> rows_added(const RunFacts& facts, std::uint8_t service, const std::string& id) {
  std::optional<int> most;
  for (const std::string& table : counted_tables(*facts.scenario, service)) {
    if (!was_collected(facts, service, table)) return std::nullopt;
    const RowCount count = rows_of(facts, service, table, id);
    if (count.added() < 0 || (count.added() == 0 && count.before > 0)) return std::nullopt;
    most = std::max(most.value_or(0), count.added());
  }
  return most;
}

bool are_of_one_work(const std::vector<Attempt*>& attempts) {
  return std::all_of(attempts.begin(), attempts.end(),
                     [&](const Attempt* attempt) { return attempt->op == attempts.front()->op; });
}

// All attempts of one id. An aborted transaction leaves no row. Where there are some, they may be
// of any of several attempts: a later one may have found them there and added nothing.
void by_rows(const std::vector<Attempt*>& attempts, const std::vector<Attempt*>& undecided,
             int added) {
  if (added > 0 && attempts.size() > 1) return;
  const Truth truth = added == 0 ? Truth::aborted : Truth::committed;
  for (Attempt* attempt : undecided) attempt->truth = truth;
}

// The server's own word outweighs an xid that was only seen from outside. True: no rows are needed,
// or they must not decide.
bool by_xid_or_answer(Attempt& attempt, const RunFacts& facts) {
  if (attempt.xid_was_observed && by_answer(attempt)) return true;
  switch (by_xid(attempt, facts)) {
    case Decided::yes:
      return true;
    case Decided::never:
      static_cast<void>(by_answer(attempt));
      return true;
    case Decided::no:
      break;
  }
  if (by_answer(attempt)) return true;
  if (attempt.never_delivered) attempt.truth = Truth::aborted;
  return attempt.never_delivered;
}

}  // namespace

std::vector<std::string> counted_tables(const Scenario& scenario, std::uint8_t service) {
  std::set<std::string> tables;
  for (const Expectation& expectation : scenario.expect) {
    if (expectation.by.empty() || service_index(scenario, expectation.service) != service) continue;
    tables.insert(expectation.tables.begin(), expectation.tables.end());
  }
  return {tables.begin(), tables.end()};
}

bool was_collected(const RunFacts& facts, std::uint8_t service, const std::string& table) {
  const auto rows = facts.rows.find(service);
  return rows != facts.rows.end() && rows->second.contains(table);
}

RowCount rows_of(const RunFacts& facts, std::uint8_t service, const std::string& table,
                 const std::string& id) {
  return {count_in(facts.rows_before, service, table, id),
          count_in(facts.rows, service, table, id)};
}

bool xid_decides(const RunFacts& facts, const Attempt& attempt) {
  const auto found = facts.xact_status.find({attempt.service, attempt.xid});
  return found != facts.xact_status.end() &&
         (found->second == XactStatus::committed || found->second == XactStatus::aborted);
}

void assign_observed_xids(std::vector<Attempt>& attempts, const std::vector<WireFlow>& flows,
                          const RunFacts& facts) {
  for (const SeenXid& seen : facts.seen_xids) {
    const WireFlow* flow = find_flow(flows, seen.flow);
    const int ordinal = flow == nullptr ? 0 : ordinal_of_commit(*flow, seen);
    if (ordinal == 0) continue;
    for (Attempt& attempt : attempts) {
      if (attempt.flow != seen.flow || attempt.ordinal != ordinal || !attempt.xid.empty()) continue;
      attempt.xid = seen.xid;
      attempt.xid_was_observed = true;
    }
  }
}

void decide_truth(std::vector<Attempt>& attempts, const RunFacts& facts) {
  using OneId = std::pair<std::uint8_t, std::string>;  // of one service
  std::map<OneId, std::vector<Attempt*>> by_id;
  std::map<OneId, std::vector<Attempt*>> undecided;
  for (Attempt& attempt : attempts) {
    const OneId key{attempt.service, attempt.id};
    by_id[key].push_back(&attempt);
    if (by_xid_or_answer(attempt, facts) || attempt.id.empty()) continue;
    if (!still_in_its_backend(attempt, facts)) undecided[key].push_back(&attempt);
  }
  for (const auto& [key, unknown] : undecided) {
    if (!are_of_one_work(by_id[key])) continue;  // nothing says whose rows they are
    const auto added = rows_added(facts, key.first, key.second);
    if (added) by_rows(by_id[key], unknown, *added);
  }
}

}  // namespace cutpoint
