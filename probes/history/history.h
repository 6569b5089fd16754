// SPDX-License-Identifier: Apache-2.0
// What an application says of itself: one JSON object per line in the file $CUTPOINT_HISTORY,
// in Jepsen's terms. This is its belief.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cutpoint::probes {

// {"op":"order","id":17,"attempt":1,"type":"invoke","ns":123,"pid":4711,"xid":"740"}
// type: invoke — about to send COMMIT; ok — told committed; fail — told not committed; info — does
// not know; resolved — found out afterwards (`committed` says what). Unknown keys are ignored.
struct HistoryRecord {
  std::string op;
  std::string id;   // number or string in the file; the value of the invariants' `by:` column
  int attempt = 1;  // from 1; absent: 1
  std::string type;
  std::int64_t ns = 0;            // CLOCK_MONOTONIC when written; absent: 0
  int pid = 0;                    // backend process id; absent: 0
  std::string xid;                // pg_current_xact_id(); absent: empty
  std::optional<bool> committed;  // only for resolved
  std::string error;              // absent: empty
  // Of the workload amqp.publish, which also writes lines of other ops (probes/amqp/publisher.h).
  bool poison = false;  // absent: false
  std::string phase;    // absent: empty
};

// The records of a history file's text. A line that is no JSON object with `id` and `type`, or has
// a key above with a value of another type, is skipped and counted; an empty line is only skipped.
std::vector<HistoryRecord> parse_history(std::string_view text, std::size_t& malformed);

// One line, with its newline.
std::string to_line(const HistoryRecord& record);

}  // namespace cutpoint::probes
