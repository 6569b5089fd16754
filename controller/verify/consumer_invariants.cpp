// SPDX-License-Identifier: Apache-2.0
// amqp.throughput_retained, amqp.consumer_restarts and amqp.redeliveries: how consumers get on,
// taken together.
#include <algorithm>
#include <fmt/core.h>
#include <set>

#include "controller/verify/amqp_case.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr std::int64_t second = 1'000'000'000;
// Schedules have their edges: of one poison per second, and of the time that a phase must last.
constexpr double enough = 0.95;
constexpr double most_of = 0.98;
constexpr std::size_t most_cited = 20;

double per_second(std::size_t count, std::int64_t ns) {
  return static_cast<double>(count) * second / static_cast<double>(ns);
}

// Valid messages that consumers were done with in that time, each once.
std::size_t done_within(const AmqpCase& all, const PublishedPhase& phase) {
  std::set<std::uint32_t> done;
  for (const AmqpDelivery& delivery : all.traffic.deliveries) {
    if (!delivery.is_done() || delivery.settled_ns < phase.begin_ns ||
        delivery.settled_ns > phase.end_ns) {
      continue;
    }
    const PublishedMessage* message = all.find(delivery.message);
    if (message != nullptr && message->is_valid()) done.insert(delivery.message);
  }
  return done.size();
}

std::size_t poison_within(const AmqpCase& all, const PublishedPhase& phase) {
  return static_cast<std::size_t>(std::count_if(
      all.published.begin(), all.published.end(), [&](const PublishedMessage& message) {
        return !message.is_valid() && message.first_ns >= phase.begin_ns &&
               message.first_ns <= phase.end_ns;
      }));
}

InvariantResult inconclusive(InvariantResult result, std::string why) {
  result.observed = std::move(why);
  return result;
}

// "1 of 2 connections of consumers"
std::string some_of(std::size_t some, std::size_t consumers) {
  if (some == 0 && consumers < 2) return "no connection of a consumer";
  return fmt::format("{} of {} of consumers", some == 0 ? "none" : std::to_string(some),
                     counted(consumers, "connection"));
}

// Why an observer of a queue lost the broker, the first time; empty: none did.
std::string broker_lost(const RunFacts& facts) {
  for (const Entry& entry : facts.timeline->entries()) {
    const Note* note = entry.note();
    if (note == nullptr || note->what != "observer.lost") continue;
    const std::string name = note->data.value("observer", "");
    const auto& observers = facts.scenario->observe;
    const bool of_queue = std::any_of(observers.begin(), observers.end(), [&](const auto& one) {
      return one.name == name && one.kind == ObserverKind::amqp;
    });
    if (of_queue) return note->data.value("why", "");
  }
  return "";
}

}  // namespace

InvariantResult judge_throughput(const Case& of) {
  const AmqpCase all = amqp_case(of);
  const Expectation& wanted = of.expectation;
  const std::int64_t least = wanted.over.count();
  const auto shortest = static_cast<std::int64_t>(static_cast<double>(least) * most_of);
  InvariantResult result;
  result.expected = fmt::format(
      "with a poison message per second, over {} or more, the rate is at least {:.2f} "
      "of that of phase {}",
      elapsed(least), wanted.at_least, wanted.baseline);
  const PublishedPhase* baseline = nullptr;
  const PublishedPhase* worst = nullptr;
  double worst_rate = 0;
  for (const PublishedPhase& phase : all.phases) {
    if (phase.length_ns() < shortest) continue;
    if (phase.name == wanted.baseline) baseline = &phase;
    const std::size_t poison = poison_within(all, phase);
    if (per_second(poison, phase.length_ns()) < enough) continue;
    const double rate = per_second(done_within(all, phase), phase.length_ns());
    if (worst == nullptr || rate < worst_rate) {
      worst = &phase;
      worst_rate = rate;
    }
  }
  if (baseline == nullptr) {
    return inconclusive(std::move(result),
                        fmt::format("phase {} did not last {}", wanted.baseline, elapsed(least)));
  }
  if (const std::size_t poison = poison_within(all, *baseline); poison > 0) {
    return inconclusive(std::move(result),
                        fmt::format("phase {} had {} itself: there is nothing to compare with",
                                    baseline->name, counted(poison, "poison message")));
  }
  if (worst == nullptr) {
    return inconclusive(
        std::move(result),
        fmt::format("no phase of {} or more had a poison message per second", elapsed(least)));
  }
  const double before = per_second(done_within(all, *baseline), baseline->length_ns());
  if (before <= 0) {
    return inconclusive(std::move(result),
                        fmt::format("nothing was done in phase {}", wanted.baseline));
  }
  const double ratio = worst_rate / before;
  result.ratio = ratio;
  result.outcome = ratio >= wanted.at_least ? Outcome::held : Outcome::violated;
  result.observed = fmt::format(
      "{:.2f} of the rate of phase {}: in phase {}, which had {}, {}; in phase {} {:.1f} per "
      "second",
      ratio, baseline->name, worst->name, counted(poison_within(all, *worst), "poison message"),
      worst_rate > 0 ? fmt::format("{:.1f} valid messages per second were done", worst_rate)
                     : "no valid message was done",
      baseline->name, before);
  return result;
}

InvariantResult judge_consumer_restarts(const Case& of) {
  const AmqpCase all = amqp_case(of);
  InvariantResult result;
  result.expected = of.expectation.at_most > 0
                        ? fmt::format("{} connections of consumers, and {} processes, die at most",
                                      of.expectation.at_most, of.expectation.at_most)
                        : "no connection of a consumer breaks, and no process dies";
  std::size_t consumers = 0;
  std::size_t broken = 0;
  for (const AmqpConnection& connection : all.traffic.connections) {
    if (!connection.consumes) continue;
    ++consumers;
    if (!connection.ended_ns || connection.closed_in_order ||
        *connection.ended_ns >= all.traffic.end_ns) {
      continue;
    }
    ++broken;
    if (broken <= most_cited)
      result.evidence.insert(result.evidence.end(), connection.evidence.begin(),
                             connection.evidence.end());
  }
  std::size_t died = 0;
  std::string how;
  for (const ProcessDeath& death : all.traffic.deaths) {
    ++died;
    if (died <= most_cited) result.evidence.push_back(death.number);
    if (how.empty())
      how = death.signal != 0 ? fmt::format(" (the first by signal {})", death.signal)
                              : fmt::format(" (the first with exit code {})", death.exit_code);
  }
  const double most = static_cast<double>(std::max(broken, died));
  if (consumers == 0 && most <= of.expectation.at_most)
    return inconclusive(std::move(result), "the target consumed from no queue");
  result.outcome = most > of.expectation.at_most ? Outcome::violated : Outcome::held;
  // Which end broke a connection is not known then; a process died all the same.
  const std::string lost = broker_lost(of.facts);
  const bool may_be_its = !lost.empty() && static_cast<double>(died) <= of.expectation.at_most;
  if (may_be_its && result.outcome == Outcome::violated) result.outcome = Outcome::inconclusive;
  result.observed =
      fmt::format("{} broke, and {} died{}", some_of(broken, consumers),
                  died == 0 ? "no process" : counted(died, "process", "processes"), how);
  if (!lost.empty()) result.observed += "; the broker itself was lost meanwhile: " + lost;
  return result;
}

InvariantResult judge_redeliveries(const Case& of) {
  const AmqpCase all = amqp_case(of);
  InvariantResult result;
  result.expected = fmt::format("{} deliveries of messages that were delivered before, at most",
                                of.expectation.at_most);
  std::size_t delivered = 0;
  std::size_t again = 0;
  std::size_t late = 0;
  std::set<std::uint32_t> distinct;
  for (const AmqpDelivery& delivery : all.traffic.deliveries) {
    // As one consumer is ended, another may get what it had.
    if (delivery.ns >= all.traffic.end_ns) {
      ++late;
      continue;
    }
    ++delivered;
    if (!delivery.redelivered) continue;
    ++again;
    distinct.insert(delivery.message);
    if (again <= most_cited) result.evidence.push_back(delivery.evidence.front());
  }
  if (delivered == 0) return inconclusive(std::move(result), "nothing was delivered to the target");
  const bool few = static_cast<double>(again) <= of.expectation.at_most;
  result.outcome = few ? Outcome::held : Outcome::violated;
  const std::string deliveries = counted(delivered, "delivery", "deliveries");
  result.observed = again == 0 ? deliveries + ", and no redelivery"
                               : fmt::format("{} of {} {}, of {}", again, deliveries,
                                             again == 1 ? "was a redelivery" : "were redeliveries",
                                             counted(distinct.size(), "message"));
  if (late > 0) {
    result.observed += fmt::format("; {} more, as the target was ended, {} not counted", late,
                                   late == 1 ? "is" : "are");
  }
  return result;
}

}  // namespace cutpoint
