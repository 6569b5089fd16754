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
  bool several = false;            // its message holds more COMMITs, which have no entry
  bool unrecognised = false;       // told of by its answer alone: its statement was prepared before
  std::vector<std::uint64_t> evidence;  // timeline numbers
};

// Whatever ends a transaction: a COMMIT, a ROLLBACK, a PREPARE TRANSACTION.
struct WireQuestion {
  std::int64_t requested_ns = 0;
  std::optional<std::int64_t> answered_ns;  // heard or not
  std::optional<std::size_t> request;       // of a COMMIT: its index
};

struct WireFlow {
  std::uint64_t cookie = 0;
  std::uint8_t service = 0;
  int pid = 0;  // of the backend; 0: BackendKeyData was not seen
  std::int64_t opened_ns = 0;
  std::optional<std::int64_t> client_gone_ns;
  std::optional<std::uint64_t> client_gone_evidence;
  bool closed = false;                // the client's socket is gone: nothing will be sent any more
  bool desynchronised = false;        // part of what was said is not known
  bool joined = false;                // it was open before
  bool cut = false;                   // something of it was held back
  std::vector<WireRequest> requests;  // commit.request, in order
  std::vector<WireQuestion> questions;
};

// `faults`: the scenario's, which the events' rule numbers index.
WireFlow read_wire(const Flow& flow, const std::vector<Fault>& faults);

}  // namespace cutpoint
