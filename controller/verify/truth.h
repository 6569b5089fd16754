// SPDX-License-Identifier: Apache-2.0
// What the database holds of each attempt. In this order: the fate of its xid; the server's own
// answer; the rows added for its id, where they decide it without doubt. Otherwise it stays
// unknown.
#pragma once

#include <string>
#include <vector>

#include "controller/verify/verify.h"
#include "controller/verify/wire.h"

namespace cutpoint {

// Gives each xid that the observer saw to the attempt that was open then.
void assign_observed_xids(std::vector<Attempt>& attempts, const std::vector<WireFlow>& flows,
                          const RunFacts& facts);

void decide_truth(std::vector<Attempt>& attempts, const RunFacts& facts);

// The tables whose rows are counted by id, over all of the scenario's postgres invariants.
std::vector<std::string> counted_tables(const Scenario& scenario);

struct RowCount {
  int before = 0;  // arming
  int now = 0;

  // Below 0: the run deleted some.
  [[nodiscard]] int added() const { return now - before; }
};

// Rows of `id` in `table`; the table must have been collected (facts.rows holds it).
RowCount rows_of(const RunFacts& facts, const std::string& table, const std::string& id);

// The fate of its xid is known and final.
bool xid_decides(const RunFacts& facts, const Attempt& attempt);

}  // namespace cutpoint
