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
  std::optional<Belief> belief;     // ok: acked; fail, info: unacked; nothing: killed before
  std::optional<bool> resolved_as;  // what it found out afterwards: committed?
};

// Story per (index of flow, index of its request).
using Joined = std::map<std::pair<std::size_t, std::size_t>, Story>;

// The k-th `invoke` of a backend pid is the k-th commit.request of the flow whose BackendKeyData
// named that pid. Where several flows had the same pid, the lines are shared out by their times. A
// line without pid joins nothing.
Joined join_history(const std::vector<WireFlow>& flows,
                    const std::vector<probes::HistoryRecord>& history);

}  // namespace cutpoint
