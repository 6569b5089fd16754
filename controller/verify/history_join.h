// SPDX-License-Identifier: Apache-2.0
// What the application said of its own COMMITs, laid beside what the wire showed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/verify/verify.h"
#include "controller/verify/wire.h"

namespace cutpoint {

// One attempt in the application's words: its `invoke` line and what it wrote of it later.
struct Story {
  std::string op;
  std::string id;
  int attempt = 1;
  std::string xid;
  int pid = 0;                      // of the backend; 0: not written
  std::int64_t invoked_ns = 0;      // 0: not written
  std::optional<Belief> belief;     // ok: acked; fail, info: unacked; nothing: killed before
  std::optional<bool> resolved_as;  // what it found out afterwards: committed?
};

struct JoinedHistory {
  // Per (index of flow, index of its request).
  std::map<std::pair<std::size_t, std::size_t>, Story> joined;
  // Of which no COMMIT was seen, although the application was told that it is committed.
  std::vector<Story> acked_unseen;
};

// The k-th `invoke` of a backend pid is the k-th commit.request of the flow whose BackendKeyData
// named that pid. Where several flows had the same pid, the lines are shared out by their times. A
// line without pid joins nothing.
JoinedHistory join_history(const std::vector<WireFlow>& flows,
                           const std::vector<probes::HistoryRecord>& history);

}  // namespace cutpoint
