// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/soundness.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "controller/scenario/registry.h"
#include "controller/verify/amqp_traffic.h"
#include "controller/verify/exchanges.h"
#include "controller/verify/fault_effects.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

struct Counter {
  std::string_view name;
  bool damages;
  std::string_view meaning;
};

constexpr auto counters = std::array{
#define X(id, name, damages, meaning) Counter{name, (damages) != 0, meaning},
    CUT_COUNTERS(X)
#undef X
};

std::string how_ended(const TargetFacts& target) {
  if (target.signal) return fmt::format("was ended by signal {}", *target.signal);
  if (target.exit_code) return fmt::format("ended with exit code {}", *target.exit_code);
  return "ended";
}

// A failure of the target proves nothing by itself: it may be what the fault has brought about.
// Where the fault had no chance it is the likeliest cause.
bool failed_by_itself(const TargetFacts& target) {
  const bool failed = target.signal || target.exit_code.value_or(0) != 0;
  return failed && !target.exited_at_once && !target.timed_out;
}

bool any_fired(const RunFacts& facts) {
  return std::any_of(facts.rules.begin(), facts.rules.end(),
                     [](const RuleFacts& rule) { return rule.state.fired > 0; });
}

// Where nothing is expected of the target, the faults alone must have done what they should.
bool is_judged(const RunFacts& facts) {
  return !facts.scenario->expect.empty();
}

// Some invariant of that protocol is to be judged.
bool judges(const RunFacts& facts, std::string_view protocol) {
  const auto& expect = facts.scenario->expect;
  return std::any_of(expect.begin(), expect.end(), [&](const Expectation& expectation) {
    const InvariantInfo* invariant = find_invariant(expectation.invariant);
    return invariant != nullptr && invariant->protocol == protocol;
  });
}

// No service of AMQP heard, or said, anything of a message.
bool amqp_is_silent(const RunFacts& facts) {
  for (std::size_t i = 0; i < facts.scenario->services.size(); ++i) {
    if (facts.scenario->services[i].protocol != "amqp") continue;
    const AmqpTraffic traffic = read_amqp(facts, static_cast<std::uint8_t>(i));
    if (!traffic.publishes.empty() || !traffic.deliveries.empty()) return false;
  }
  return true;
}

// What the target did not do, so that nothing is there to be judged.
std::vector<std::string> missing(const RunFacts& facts, const std::vector<Attempt>& attempts) {
  std::vector<std::string> what;
  if (judges(facts, "postgres") && attempts.empty()) what.emplace_back("COMMIT");
  if (judges(facts, "http") && exchanges_of(facts).empty()) what.emplace_back("request");
  if (judges(facts, "amqp") && amqp_is_silent(facts)) what.emplace_back("message");
  return what;
}

void judge_faults(const RunFacts& facts, const std::vector<NotFired>& not_fired,
                  std::vector<std::string>& unsound) {
  for (const NotFired& fault : not_fired) unsound.push_back(fault.fault + " never fired");
  for (std::size_t i = 0; i < facts.rules.size(); ++i) {
    const RuleFacts& rule = facts.rules[i];
    if (rule.state.fired > 0 && rule.heals_ns.empty())
      unsound.push_back(rule.name + " never healed");
    if (facts.interrupted || i >= facts.scenario->faults.size()) continue;
    const std::string missing = missing_effect(facts.scenario->faults[i], rule);
    if (!missing.empty()) unsound.push_back(rule.name + ": " + missing);
  }
}

void judge_target(const RunFacts& facts, Soundness& soundness) {
  const TargetFacts& target = facts.target;
  if (target.exited_at_once) {
    soundness.unsound.push_back("the target " + how_ended(target) +
                                " before it opened a connection to any service");
  }
  if (target.timed_out) {
    const auto& described = facts.scenario->target;
    const bool known = described && described->timeout;
    // It may hang because of the fault: then what was proven until its time was over still counts.
    if (any_fired(facts) && !is_judged(facts)) return;
    (any_fired(facts) ? soundness.incomplete : soundness.unsound)
        .push_back("the target did not end" +
                   (known ? " within its timeout of " + elapsed(described->timeout->count()) : "") +
                   (described && described->command.empty() && !facts.scenario->workload
                        ? ""
                        : " and was ended"));
  }
}

// What a publisher had not sent when it ended is not judged.
void judge_publisher(const RunFacts& facts, Soundness& soundness) {
  if (!facts.scenario->publish || facts.interrupted || facts.target.timed_out) return;
  if (facts.published.empty() || !failed_by_itself(facts.target)) return;
  soundness.incomplete.push_back("the publisher " + how_ended(facts.target) +
                                 ": it did not send, or get confirmed, all that it was to send");
}

void judge_counters(const RunFacts& facts, std::vector<std::string>& unsound) {
  for (std::size_t index = 0; index < counters.size(); ++index) {
    const Counter& counter = counters[index];
    const std::uint64_t count = facts.counters[index];
    if (!counter.damages || count == 0) continue;
    unsound.push_back(fmt::format("{} {}: {}", counter.name, occasions(count), counter.meaning));
  }
  if (facts.events_lost > 0 && facts.counters[CUT_COUNT_EVENTS_LOST] == 0) {
    unsound.push_back(counted(facts.events_lost, "event") + " lost on the way from the kernel");
  }
}

void judge_attempts(const std::vector<Attempt>& attempts, std::vector<std::string>& incomplete) {
  const auto several = std::count_if(attempts.begin(), attempts.end(),
                                     [](const Attempt& attempt) { return attempt.several; });
  if (several > 0) {
    incomplete.push_back(counted(static_cast<std::uint64_t>(several), "message") +
                         " held more than one COMMIT: each counts as one, and what was told of the "
                         "others is not known");
  }
}

void judge_open_before(const OpenBefore& open, std::vector<std::string>& incomplete) {
  if (open.synchronised == open.flows) return;
  incomplete.push_back(
      fmt::format("{} of the {} that were open before never came to rest: what was said there is "
                  "not known",
                  open.flows - open.synchronised, counted(open.flows, "connection")));
}

void judge_unrecognised(const std::vector<Attempt>& attempts,
                        std::vector<std::string>& incomplete) {
  const auto count = std::count_if(attempts.begin(), attempts.end(),
                                   [](const Attempt& attempt) { return attempt.unrecognised; });
  if (count == 0) return;
  incomplete.push_back(
      counted(static_cast<std::uint64_t>(count), "COMMIT") +
      " of statements prepared before, on connections that were cut: known by the answers alone, "
      "so that one without an answer is not known");
}

std::uint64_t invokes_without_pid(const RunFacts& facts) {
  return static_cast<std::uint64_t>(std::count_if(
      facts.history.begin(), facts.history.end(), [](const probes::HistoryRecord& record) {
        return record.type == "invoke" && record.pid == 0;
      }));
}

void judge_history(const RunFacts& facts, std::vector<std::string>& incomplete) {
  if (const auto lines = invokes_without_pid(facts); lines > 0) {
    incomplete.push_back(counted(lines, "`invoke` line") +
                         " of the target's history without `pid`: they belong to no COMMIT that "
                         "was seen");
  }
}

void judge_lines(const RunFacts& facts, std::vector<std::string>& incomplete) {
  if (facts.history_malformed > 0) {
    incomplete.push_back(counted(facts.history_malformed, "line") +
                         " of the target's history could not be read");
  }
}

}  // namespace

Soundness judge_soundness(const RunFacts& facts, const std::vector<Attempt>& attempts,
                          const std::vector<NotFired>& not_fired) {
  Soundness soundness;
  judge_target(facts, soundness);
  judge_publisher(facts, soundness);
  const bool judged = is_judged(facts);
  const auto undone = missing(facts, attempts);
  const bool nothing_done = !undone.empty() || !not_fired.empty();
  if (nothing_done && failed_by_itself(facts.target) && !facts.interrupted) {
    soundness.unsound.push_back((facts.scenario->publish ? "the publisher " : "the target ") +
                                how_ended(facts.target));
  }
  judge_faults(facts, not_fired, soundness.unsound);
  for (const std::string& what : undone) {
    soundness.unsound.push_back("the target sent no " + what + ": there is nothing to judge");
  }
  judge_counters(facts, soundness.unsound);
  if (judged) judge_open_before(facts.open_before, soundness.incomplete);
  if (judges(facts, "postgres")) {
    judge_attempts(attempts, soundness.incomplete);
    judge_unrecognised(attempts, soundness.incomplete);
    judge_history(facts, soundness.incomplete);
  }
  if (judges(facts, "postgres") || facts.scenario->publish) {
    judge_lines(facts, soundness.incomplete);
  }
  soundness.incomplete.insert(soundness.incomplete.end(), facts.problems.begin(),
                              facts.problems.end());
  return soundness;
}

}  // namespace cutpoint
