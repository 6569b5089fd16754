// SPDX-License-Identifier: Apache-2.0
// What the database holds of each attempt. In this order: the fate of the xid that its application
// read; the server's own answer; the fate of the xid that the observer saw; that its COMMIT was
// never delivered; the rows added for its id, where they decide it without doubt. Otherwise it
// stays unknown.
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

// The tables of a service whose rows are counted by id, over all of its invariants.
std::vector<std::string> counted_tables(const Scenario& scenario, std::uint8_t service);

// Its rows could be read.
bool was_collected(const RunFacts& facts, std::uint8_t service, const std::string& table);

struct RowCount {
  int before = 0;  // arming
  int now = 0;

  // Below 0: the run deleted some.
  [[nodiscard]] int added() const { return now - before; }
};

// Rows of `id` in `table`; the table must have been collected.
RowCount rows_of(const RunFacts& facts, std::uint8_t service, const std::string& table,
                 const std::string& id);

// The fate of its xid is known and final.
bool xid_decides(const RunFacts& facts, const Attempt& attempt);

}  // namespace cutpoint
