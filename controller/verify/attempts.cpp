// SPDX-License-Identifier: Apache-2.0
// The attempts: wire, history and truth, joined.
#include <algorithm>
#include <map>

#include "controller/verify/exchanges.h"
#include "controller/verify/history_join.h"
#include "controller/verify/truth.h"
#include "controller/verify/verify.h"
#include "controller/verify/wire.h"

namespace cutpoint {
namespace {

bool speaks_postgres(const Scenario& scenario, std::uint8_t service) {
  return service < scenario.services.size() && scenario.services[service].protocol == "postgres";
}

std::vector<WireFlow> read_flows(const RunFacts& facts) {
  std::vector<WireFlow> flows;
  for (const Flow& flow : flows_of(*facts.timeline)) {
    if (!speaks_postgres(*facts.scenario, flow.service)) continue;
    flows.push_back(read_wire(flow, facts.scenario->faults));
  }
  return flows;
}

Attempt from_wire(const WireFlow& flow, const WireRequest& request, int ordinal) {
  Attempt attempt;
  attempt.flow = flow.cookie;
  attempt.service = flow.service;
  attempt.pid = flow.pid;
  attempt.ordinal = ordinal;
  attempt.requested_ns = request.requested_ns;
  attempt.delivered_ns = request.delivered_ns;
  attempt.released_ns = request.released_ns;
  attempt.client_gone_ns = flow.client_gone_ns;
  attempt.evidence = request.evidence;
  attempt.refused = request.answer == Answer::refused;
  attempt.committed_unheard = request.committed_unheard;
  attempt.several = request.several;
  attempt.unrecognised = request.unrecognised && flow.cut;
  attempt.never_delivered = !request.delivered_ns && flow.closed && !flow.desynchronised;
  if (request.answer == Answer::committed) {
    attempt.acked_ns = request.answered_ns;
    attempt.belief = Belief::acked;
  } else if (flow.client_gone_evidence) {
    attempt.evidence.push_back(*flow.client_gone_evidence);
  }
  return attempt;
}

// The application's own word about its belief outweighs what its socket was given.
void add_story(Attempt& attempt, const Story& story) {
  attempt.op = story.op;
  attempt.id = story.id;
  attempt.attempt = story.attempt;
  attempt.xid = story.xid;
  attempt.resolved_as = story.resolved_as;
  if (story.belief) attempt.belief = *story.belief;
}

// What the application was told of by somebody, as it says, though no COMMIT of it was seen: one of
// a transaction that had failed, an autocommitted statement.
Attempt from_story(const Story& story, const std::vector<WireFlow>& flows,
                   const Scenario& scenario) {
  Attempt attempt;
  add_story(attempt, story);
  attempt.pid = story.pid;
  attempt.requested_ns = story.invoked_ns;
  const auto flow = std::find_if(flows.begin(), flows.end(), [&story](const WireFlow& candidate) {
    return story.pid != 0 && candidate.pid == story.pid;
  });
  if (flow != flows.end()) {
    attempt.service = flow->service;
  } else {
    while (attempt.service < scenario.services.size() &&
           !speaks_postgres(scenario, attempt.service)) {
      ++attempt.service;
    }
  }
  return attempt;
}

void judge(Attempt& attempt) {
  attempt.ghost = attempt.is_in_doubt() && attempt.client_gone_ns && attempt.delivered_ns &&
                  *attempt.delivered_ns > *attempt.client_gone_ns;
  attempt.resolved = attempt.resolved_as && attempt.truth != Truth::unknown &&
                     *attempt.resolved_as == (attempt.truth == Truth::committed);
}

}  // namespace

std::vector<Attempt> derive_attempts(const RunFacts& facts) {
  std::vector<Attempt> attempts;
  if (facts.scenario == nullptr || facts.timeline == nullptr) return attempts;
  if (!speaks(*facts.scenario, "postgres")) return attempts;  // a history may tell of other things
  const std::vector<WireFlow> flows = read_flows(facts);
  const JoinedHistory stories = join_history(flows, facts.history);
  for (std::size_t f = 0; f < flows.size(); ++f) {
    for (std::size_t r = 0; r < flows[f].requests.size(); ++r) {
      attempts.push_back(from_wire(flows[f], flows[f].requests[r], static_cast<int>(r) + 1));
      const auto story = stories.joined.find({f, r});
      if (story != stories.joined.end()) add_story(attempts.back(), story->second);
    }
  }
  for (const Story& story : stories.acked_unseen) {
    attempts.push_back(from_story(story, flows, *facts.scenario));
  }
  assign_observed_xids(attempts, flows, facts);
  decide_truth(attempts, facts);
  for (Attempt& attempt : attempts) judge(attempt);
  std::stable_sort(attempts.begin(), attempts.end(), [](const Attempt& left, const Attempt& right) {
    return left.requested_ns < right.requested_ns;
  });
  return attempts;
}

BeliefVsTruth tally(const std::vector<Attempt>& attempts) {
  BeliefVsTruth counts;
  std::map<Work, int> committed_per_work;
  for (const Attempt& attempt : attempts) {
    const bool acked = attempt.belief == Belief::acked;
    switch (attempt.truth) {
      case Truth::unknown:
        ++counts.unknown;
        break;
      case Truth::aborted:
        ++(acked ? counts.aborted_acked : counts.aborted_unacked);
        break;
      case Truth::committed:
        ++(acked ? counts.committed_acked : counts.committed_unacked);
        if (!acked && attempt.ghost) ++counts.ghost;
        if (!acked && attempt.resolved) ++counts.resolved;
        if (!attempt.id.empty()) ++committed_per_work[work_of(attempt)];
        break;
    }
  }
  for (const auto& [work, committed] : committed_per_work) {
    counts.duplicate += committed > 1 ? 1 : 0;
  }
  return counts;
}

}  // namespace cutpoint
