// SPDX-License-Identifier: Apache-2.0
// amqp.topology: what a queue is, and where its dead letters lead.
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/invariants.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using probes::QueueTopology;

// An argument of the queue, or else of its policy (without the prefix); empty: neither.
std::string setting(const QueueTopology& queue, const std::string& name) {
  if (const auto found = queue.arguments.find("x-" + name); found != queue.arguments.end())
    return found->second;
  const auto found = queue.policy.find(name);
  return found == queue.policy.end() ? "" : found->second;
}

bool is_among(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Not those that go with their connection, as our observer's does: the broker has named them.
std::vector<std::string> lasting(const std::vector<std::string>& queues) {
  std::vector<std::string> kept;
  std::copy_if(queues.begin(), queues.end(), std::back_inserter(kept),
               [](const std::string& queue) { return !queue.starts_with("amq.gen-"); });
  return kept;
}

// What is wrong with the way of dead letters of the queue of that name; empty: nothing.
std::string dead_letter_problem(const QueueTopology& queue, const ObserverPlan& plan) {
  const QueueTopology::DeadLetterPath& path = queue.dead_letter;
  if (!path.exchange) return "it has no dead-letter exchange: what is refused is gone";
  if (!path.exchange_exists)
    return fmt::format("its dead-letter exchange `{}` does not exist", *path.exchange);
  const std::vector<std::string> queues = lasting(path.queues);
  if (queues == std::vector{plan.queue})
    return fmt::format("its dead-letter exchange `{}` leads back to it", *path.exchange);
  if (!path.undecided.empty()) return "";
  if (queues.empty())
    return fmt::format("its dead-letter exchange `{}` leads nowhere for {}", *path.exchange,
                       path.routing_key.empty() ? "the messages' own routing keys"
                                                : "routing key `" + path.routing_key + "`");
  if (!plan.dead_letter_queue.empty() && !is_among(plan.dead_letter_queue, queues))
    return fmt::format("its dead letters go to {}, not to {}", listed(queues),
                       plan.dead_letter_queue);
  return "";
}

// Why it is not known whether they come where they should; empty: it is.
std::string dead_letter_doubt(const QueueTopology& queue, const ObserverPlan& plan) {
  const QueueTopology::DeadLetterPath& path = queue.dead_letter;
  const std::vector<std::string> queues = lasting(path.queues);
  const bool arrives =
      plan.dead_letter_queue.empty() ? !queues.empty() : is_among(plan.dead_letter_queue, queues);
  if (arrives || path.undecided.empty()) return "";
  return fmt::format("whether dead letters of `{}` come to a queue is not known: {}",
                     path.exchange.value_or(""), path.undecided);
}

bool wants(const Expectation& wanted, std::string_view requirement) {
  return is_among(std::string(requirement), wanted.require);
}

std::vector<std::string> problems_of(const QueueTopology& queue, const ObserverPlan& plan,
                                     const Expectation& wanted) {
  std::vector<std::string> problems;
  if (wants(wanted, "dead_letter")) {
    if (std::string problem = dead_letter_problem(queue, plan); !problem.empty())
      problems.push_back(std::move(problem));
  }
  if (wants(wanted, "max_length") && setting(queue, "max-length").empty() &&
      setting(queue, "max-length-bytes").empty())
    problems.emplace_back("its length has no limit");
  if (wants(wanted, "ttl") && setting(queue, "message-ttl").empty())
    problems.emplace_back("its messages never expire");
  if (wants(wanted, "overflow") &&
      setting(queue, "overflow").find("reject-publish") == std::string::npos)
    problems.emplace_back("at its limit it drops what is oldest, unseen by the publisher");
  if (wants(wanted, "delivery_limit") && setting(queue, "delivery-limit").empty())
    problems.emplace_back("deliveries of a message have no limit");
  for (const std::string& name : queue.unknown_arguments)
    problems.push_back(
        fmt::format("RabbitMQ knows no argument `{}` for it: it does nothing", name));
  return problems;
}

std::string described(const QueueTopology& queue) {
  std::string text = fmt::format("a {} queue", queue.type);
  if (queue.dead_letter.exchange && !lasting(queue.dead_letter.queues).empty())
    text += fmt::format(", dead letters by `{}` to {}", *queue.dead_letter.exchange,
                        listed(lasting(queue.dead_letter.queues)));
  for (const char* name : {"max-length", "overflow", "message-ttl", "delivery-limit"}) {
    if (const std::string value = setting(queue, name); !value.empty())
      text += fmt::format(", {} {}", name, value);
  }
  return text;
}

}  // namespace

InvariantResult judge_topology(const Case& of) {
  InvariantResult result;
  result.expected = fmt::format("the queue has {}, and no argument that does nothing",
                                listed(of.expectation.require));
  const ObserverPlan* plan = find_observer(*of.facts.scenario, of.expectation.observer);
  const auto found = of.facts.topologies.find(of.expectation.observer);
  if (plan == nullptr || found == of.facts.topologies.end()) {
    result.observed = "what the queue is could not be asked";
    if (plan != nullptr && plan->management.empty())
      result.observed += ": the observer needs `management:`";
    return result;
  }
  const QueueTopology& queue = found->second;
  if (!queue.exists) {
    result.observed = "the queue was not there when the publisher had ended";
    return result;
  }
  const std::vector<std::string> problems = problems_of(queue, *plan, of.expectation);
  if (!problems.empty()) {
    result.outcome = Outcome::violated;
    result.observed = listed(problems, 8);
    return result;
  }
  result.observed = wants(of.expectation, "dead_letter") ? dead_letter_doubt(queue, *plan) : "";
  if (!result.observed.empty()) return result;
  result.outcome = Outcome::held;
  result.observed = described(queue);
  return result;
}

}  // namespace cutpoint
