// SPDX-License-Identifier: Apache-2.0
// From the facts of a run to its outcome. Pure: no host, no clock, no service.
// The facts must have a scenario and a timeline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/util/result.h"
#include "controller/verify/run_facts.h"

namespace cutpoint {

enum class Outcome { held, violated, inconclusive };

// What the client was told.
enum class Belief { acked, unacked };
// What the database holds.
enum class Truth { committed, aborted, unknown };

// What an application wanted done exactly once: `op` and `id` of its history.
using Work = std::pair<std::string, std::string>;

// One commit.request that its client sent (even if the cut let none of it through), joined with
// what is known of it. Or a COMMIT that its application was told of, as it says, though none was
// seen: that one has no flow.
struct Attempt {
  std::uint64_t flow = 0;  // socket cookie
  std::uint8_t service = 0;
  int pid = 0;      // backend, from BackendKeyData; 0: not seen
  int ordinal = 0;  // of this flow's commit.requests, from 1
  std::string op;   // of the history, e.g. "order"
  std::string id;   // of the history: the order; empty: no history
  int attempt = 0;  // of the history
  std::string xid;
  bool xid_was_observed = false;  // from outside, while it was open; else its application read it
  Belief belief = Belief::unacked;
  Truth truth = Truth::unknown;
  bool ghost = false;               // executed after its client had gone
  bool refused = false;             // the server answered ROLLBACK or an error
  bool committed_unheard = false;   // the server answered COMMIT when no client could hear it
  bool never_delivered = false;     // nor ever will be: its socket is gone
  bool several = false;             // its message holds more COMMITs, which count as one
  bool unrecognised = false;        // known by its answer alone, on a flow that was cut
  bool resolved = false;            // its client found out the truth afterwards
  std::optional<bool> resolved_as;  // what its client concluded, right or wrong: committed?
  std::int64_t requested_ns = 0;    // the request left (or was cut)
  std::optional<std::int64_t> delivered_ns;    // all of the request had passed
  std::optional<std::int64_t> acked_ns;        // commit.ack was delivered to the socket
  std::optional<std::int64_t> client_gone_ns;  // the client closed its end, or its kernel gave up
  std::optional<std::int64_t> released_ns;     // held bytes of it passed after the heal
  std::vector<std::uint64_t> evidence;         // timeline numbers

  // It took effect, and its client was not told.
  [[nodiscard]] bool is_in_doubt() const {
    return truth == Truth::committed && belief == Belief::unacked;
  }
};

struct BeliefVsTruth {
  int committed_acked = 0;
  int committed_unacked = 0;
  int ghost = 0;      // subset of committed_unacked
  int resolved = 0;   // subset of committed_unacked: its client learnt the truth afterwards
  int duplicate = 0;  // works (op and id) with more than one committed attempt
  int aborted_unacked = 0;
  int aborted_acked = 0;
  int unknown = 0;
};

struct InvariantResult {
  std::string name;
  Outcome outcome = Outcome::inconclusive;
  Severity severity = Severity::high;
  std::string expected;  // plain words
  std::string observed;  // plain words
  std::vector<std::uint64_t> evidence;
  std::optional<double> ratio{};  // that was compared, of invariants that compare one
};

struct Finding {
  std::string title;
  Severity severity = Severity::high;
  std::string invariant;
  std::string impact;
  std::string component;
  std::string remedy;
  std::string reference;  // a link: where the authority says so
  std::vector<std::uint64_t> evidence;
};

// Why a fault that was to fire did not.
struct NotFired {
  std::string fault;
  std::string why;  // whole sentences
};

// Is the evidence of a run good enough to judge it at all? In plain words, what of it is not.
struct Soundness {
  // The run did not do what it was to do, or the programs did not see all of it: no judgement, in
  // either direction, may rest on it.
  std::vector<std::string> unsound;
  // Something could not be collected: what was judged on the rest still stands.
  std::vector<std::string> incomplete;
};

struct Verdict {
  Outcome outcome = Outcome::inconclusive;
  ExitCode exit_code = ExitCode::inconclusive;
  BeliefVsTruth belief_vs_truth;
  std::vector<Attempt> attempts;
  std::vector<InvariantResult> invariants;
  std::vector<Finding> findings;
  std::vector<std::string> inconclusive_because;  // plain words; empty unless inconclusive
  std::vector<NotFired> not_fired;
  Soundness soundness;
  // What the client believes, what the database holds, whether they agree.
  std::vector<std::string> summary;
};

inline Work work_of(const Attempt& attempt) {
  return {attempt.op, attempt.id};
}

// The attempts alone: wire events joined with history, xids and truth.
std::vector<Attempt> derive_attempts(const RunFacts& facts);

BeliefVsTruth tally(const std::vector<Attempt>& attempts);

Verdict verify(const RunFacts& facts);

// 130 where it was interrupted, whatever it found before.
ExitCode exit_code(Outcome outcome, bool interrupted);

}  // namespace cutpoint
