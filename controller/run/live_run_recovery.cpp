// SPDX-License-Identifier: Apache-2.0
// LiveRun: after the heal. What was cut has to settle before it can be judged.
#include <algorithm>
#include <fmt/format.h>

#include "controller/run/live_run.h"
#include "controller/util/clock.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

// pg_stat_activity has nothing to wait on; it is looked at this often.
constexpr auto look_every = std::chrono::milliseconds(200);
constexpr Duration default_after = std::chrono::seconds(10);
// An orphaned socket gives up by itself after about 100 s (tcp_orphan_retries).
constexpr Duration longest_orphan = std::chrono::seconds(130);
constexpr Duration round_trips = std::chrono::seconds(2);  // until a last try is answered
constexpr Duration interrupted_patience = std::chrono::seconds(2);
constexpr Duration queue_patience = std::chrono::seconds(10);  // until nobody consumes from one

bool in_transaction(const probes::Backend& backend) {
  return backend.state.starts_with("idle in transaction") || backend.state == "active" ||
         !backend.backend_xid.empty() || backend.locks > 0;
}

bool is_of_the_publisher(const probes::HistoryRecord& line) {
  return line.op == "publish" || line.op == "phase" || line.op == "drain";
}

Duration orphan_patience(const Scenario& scenario) {
  Duration after = Duration::zero();
  for (const Expectation& expectation : scenario.expect) {
    if (expectation.invariant == "postgres.no_orphans") {
      after = std::max(after, expectation.after.value_or(default_after));
    }
  }
  return after;
}

}  // namespace

Duration LiveRun::longest_cut() const {
  Duration longest = Duration::zero();
  for (const Fault& fault : context_.scenario.faults) longest = std::max(longest, fault.duration);
  return longest;
}

void LiveRun::look_at_backends() {
  for (std::size_t i = 0; i < backends_.size(); ++i) {
    std::vector<int> pids;
    for (const FlowNote* flow : book_.cut_flows()) {
      if (flow->service == i && flow->backend_pid != 0) pids.push_back(flow->backend_pid);
    }
    backends_[i].clear();
    if (pids.empty() || !context_.services[i].observer) continue;
    auto found = context_.services[i].observer->backends(pids);
    if (!found) {
      problem(found.error().message);
      continue;
    }
    backends_[i] = std::move(*found);
  }
}

// The xid of a foreign client's COMMIT could not be read, but the server's TCP still sends its
// answer again: it says what became of it, although nobody is there to hear it.
bool LiveRun::awaits_answer(const FlowNote& flow) const {
  return !context_.scenario.workload && flow.client_gone && !flow.open_commits.empty() &&
         !flow.reset_there &&
         std::none_of(seen_xids_.begin(), seen_xids_.end(),
                      [&](const SeenXid& seen) { return seen.flow == flow.cookie; });
}

// Settled: no client that has gone left bytes to be delivered, a backend in a transaction, or an
// answer that would tell what became of its COMMIT.
bool LiveRun::is_settled() const {
  for (const FlowNote* flow : book_.cut_flows()) {
    if (!flow->client_gone) continue;
    if (awaits_answer(*flow)) return false;
    if (flow->holds_bytes && !flow->closed) return false;
    const auto& backends = backends_[flow->service];
    const auto found = backends.find(flow->backend_pid);
    if (found != backends.end() && in_transaction(found->second)) return false;
  }
  return true;
}

// Orphans are counted from the heal, and for as long again as TCP may take for its next try: while
// the kernel still holds bytes of a client that has gone, the last word is not spoken.
std::int64_t LiveRun::settle_deadline() const {
  const Duration after = orphan_patience(context_.scenario);
  std::int64_t from = last_heal_ns();
  for (const FlowNote* flow : book_.cut_flows()) {
    if (flow->holds_bytes && !flow->closed && flow->client_gone) {
      return last_heal_ns() + (longest_orphan + after).count();
    }
    // A back-off doubles: the next try comes after about as long a time again as the cut took.
    if (awaits_answer(*flow)) {
      from = std::max(from, last_heal_ns() + (longest_cut() + round_trips).count());
    }
    // What was released has to reach the service, and to be carried out there.
    if (flow->settled_ns != 0)
      from = std::max(from, flow->settled_ns + Duration(round_trips).count());
  }
  return from + after.count();
}

void LiveRun::recover() {
  context_.progress.phase("recovery");
  if (auto told = context_.guardian.enter_phase("recovery"); !told) problem(told.error().message);
  const std::int64_t gives_up = now_ns() + Duration(interrupted_patience).count();
  pump(std::chrono::milliseconds(0));
  look_at_backends();
  while (!is_settled() && now_ns() < settle_deadline() &&
         !(is_cut_short() && now_ns() >= gives_up)) {
    pump(look_every);
    look_at_backends();
  }
  // A cut outlives its socket until its heal; now the kernel can forget both.
  if (auto swept = context_.injector.sweep(); !swept) problem(swept.error().message);
}

void LiveRun::collect_orphans(RunFacts& facts) {
  for (const FlowNote* flow : book_.cut_flows()) {
    const auto& backends = backends_[flow->service];
    const auto found = backends.find(flow->backend_pid);
    if (!flow->client_gone || found == backends.end() || !in_transaction(found->second)) continue;
    Orphan orphan;
    orphan.backend = found->second;
    orphan.flow = flow->cookie;
    note("observer", "orphan",
         {{"pid", orphan.backend.pid},
          {"state", orphan.backend.state},
          {"locks", orphan.backend.locks}});
    // Only what our own workload left is ended; a foreign target's backend is its owner's.
    if (context_.scenario.workload) {
      auto ended = context_.services[flow->service].observer->terminate(orphan.backend);
      if (!ended) problem(ended.error().message);
      orphan.ended_by_probe = ended && *ended;
    }
    facts.orphans.push_back(orphan);
  }
  // pg_terminate_backend() only asks: the transaction is final once the backend has gone.
  const Deadline deadline(std::chrono::seconds(10));
  const auto still_there = [&] {
    look_at_backends();
    return std::any_of(facts.orphans.begin(), facts.orphans.end(), [&](const Orphan& orphan) {
      const FlowNote* flow = book_.find(orphan.flow);
      return orphan.ended_by_probe && backends_[flow->service].contains(orphan.backend.pid);
    });
  };
  while (!deadline.passed() && still_there()) pump(look_every);
}

void LiveRun::collect_history(RunFacts& facts) {
  auto history = context_.target.read_history();
  if (!history) return problem(history.error().message);
  if (!*history || (*history)->empty()) return;
  facts.has_history = true;
  facts.history = probes::parse_history(**history, facts.history_malformed);
  if (!context_.scenario.publish) return;
  const auto first = std::stable_partition(
      facts.history.begin(), facts.history.end(),
      [](const probes::HistoryRecord& line) { return !is_of_the_publisher(line); });
  facts.published.assign(first, facts.history.end());
  facts.history.erase(first, facts.history.end());
  facts.has_history = !facts.history.empty();
}

// Once nobody consumes, what consumers held is ready again.
void LiveRun::collect_queues(RunFacts& facts) {
  ask_for_topologies();
  for (auto& [observer, answer] : topologies_) {
    auto topology = answer.get();
    if (!topology) {
      problem(topology.error().message);
      continue;
    }
    facts.topologies[observer] = *std::move(topology);
  }
  for (Watch& watch : context_.watches) {
    auto* observer = std::get_if<probes::AmqpObserver>(&watch.observer);
    if (observer == nullptr) continue;
    auto state = observer->final_state(queue_patience);
    look_at_watches();
    if (!state) {
      problem(state.error().message);
      continue;
    }
    facts.queues[watch.name] = *state;
    nlohmann::json data{{"observer", watch.name},
                        {"ready", state->ready},
                        {"consumers", state->consumers},
                        {"dead_letters", state->dead_ready}};
    if (state->unacknowledged) data["unacknowledged"] = *state->unacknowledged;
    note("observer", "queue.at_the_end", std::move(data));
  }
}

// Rows of a table that was dropped or truncated meanwhile are gone.
void LiveRun::collect_effects_before(std::uint8_t service, RunFacts& facts) {
  ServiceHandle& handle = context_.services[service];
  for (const auto& [table, identity] : handle.effect_tables) {
    const auto now = handle.observer->table_identity(table);
    if (!now) return problem(now.error().message);
    if (*now == identity) facts.effects_before[service][table] = handle.effects_before[table];
  }
}

void LiveRun::collect_truth(RunFacts& facts) {
  std::set<std::string> xids;
  for (const SeenXid& seen : facts.seen_xids) xids.insert(seen.xid);
  for (const probes::HistoryRecord& record : facts.history) {
    if (!record.xid.empty()) xids.insert(record.xid);
  }
  for (std::size_t i = 0; i < context_.services.size(); ++i) {
    auto& observer = context_.services[i].observer;
    if (!observer) continue;
    const auto service = static_cast<std::uint8_t>(i);
    for (const std::string& xid : xids) {
      auto status = observer->xact_status(xid);
      if (!status) {
        problem(status.error().message);
        break;
      }
      facts.xact_status[{service, xid}] = *status;
    }
    for (const RowQuestion& question :
         row_questions(context_.scenario, context_.scenario.services[i])) {
      auto rows = observer->count_by(question.tables, question.by);
      if (!rows) {
        problem(rows.error().message);
        continue;
      }
      // Tables that were counted before stay as they were, with the snapshot they belong to.
      facts.rows[service].merge(*rows);
    }
    facts.rows_before[service] = context_.services[i].rows_before;
    collect_effects_before(service, facts);
    auto prepared = observer->prepared_transactions();
    if (!prepared) {
      problem(prepared.error().message);
      continue;
    }
    const auto& before = context_.services[i].prepared_before;
    for (const std::string& gid : *prepared) {
      if (std::find(before.begin(), before.end(), gid) == before.end()) {
        facts.prepared_transactions.push_back(gid);
      }
    }
  }
}

void LiveRun::collect_kernel(RunFacts& facts) {
  pump(std::chrono::milliseconds(0));
  auto counters = context_.injector.counters();
  if (counters) {
    facts.counters = *counters;
    facts.events_lost = facts.counters[CUT_COUNT_EVENTS_LOST];
  } else {
    problem(counters.error().message);
  }
  if (context_.holder != nullptr) collect_held(facts);
  for (std::size_t i = 0; i < context_.services.size(); ++i) {
    auto counts = context_.injector.moment_counts(i);
    facts.moment_counts.push_back(counts ? *counts : std::array<std::uint64_t, 64>{});
    if (!counts) problem(counts.error().message);
  }
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    rules_[i].state = context_.injector.rule_state(i);
  }
}

void LiveRun::collect_held(RunFacts& facts) {
  const auto counts = context_.holder->counts();
  if (!counts) return problem(counts.error().message);
  facts.held = {counts->held, counts->sent, counts->lost, counts->dropped};
  if (const std::string lost = lost_text(*facts.held); !lost.empty()) problem(lost);
}

RunFacts LiveRun::collect() {
  context_.progress.phase("verify");
  if (auto told = context_.guardian.enter_phase("verify"); !told) problem(told.error().message);
  RunFacts facts;
  facts.scenario = &context_.scenario;
  facts.timeline = &timeline_;
  facts.captures = &captures_;
  facts.seen_xids = seen_xids_;
  collect_history(facts);
  collect_queues(facts);
  collect_orphans(facts);
  collect_truth(facts);
  collect_kernel(facts);
  facts.rules = rules_;
  facts.events_seen = events_seen_;
  facts.target = target_facts_;
  facts.interrupted = interrupted_;
  facts.open_before = {open_before_.found(), open_before_.synchronised()};
  facts.problems.assign(problems_.begin(), problems_.end());
  return facts;
}

}  // namespace cutpoint
