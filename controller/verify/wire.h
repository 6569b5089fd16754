// SPDX-License-Identifier: Apache-2.0
// One flow's COMMITs, as the wire alone shows them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "controller/scenario/model.h"
#include "controller/timeline/flows.h"

namespace cutpoint {

// The server's answer, delivered to the client's socket.
enum class Answer { none, committed, refused };

struct WireRequest {
  std::int64_t requested_ns = 0;             // it left, or was cut
  std::optional<std::int64_t> delivered_ns;  // its last byte passed the hook
  std::optional<std::int64_t> released_ns;   // the same, but only after the cut had held it
  std::optional<std::int64_t> answered_ns;
  Answer answer = Answer::none;
  bool committed_unheard = false;  // the server answered COMMIT, but no client was there to hear
  std::vector<std::uint64_t> evidence;  // timeline numbers
};

struct WireFlow {
  std::uint64_t cookie = 0;
  std::uint8_t service = 0;
  int pid = 0;  // of the backend; 0: BackendKeyData was not seen
  std::int64_t opened_ns = 0;
  std::optional<std::int64_t> client_gone_ns;
  std::optional<std::uint64_t> client_gone_evidence;
  std::vector<std::int64_t> fired_ns;      // cuts that were fired by a message of this flow
  std::vector<WireRequest> requests;       // commit.request, in order
  std::vector<std::int64_t> rollbacks_ns;  // rollback.request
};

// `faults`: the scenario's, which the events' rule numbers index.
WireFlow read_wire(const Flow& flow, const std::vector<Fault>& faults);

}  // namespace cutpoint
