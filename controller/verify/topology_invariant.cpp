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

// Not those that go with their connection, as our observer's does: the broker has named them.
std::vector<std::string> lasting(const std::vector<std::string>& queues) {
  std::vector<std::string> kept;
  std::copy_if(queues.begin(), queues.end(), std::back_inserter(kept),
               [](const std::string& queue) { return !queue.starts_with("amq.gen-"); });
  return kept;
}

// What is wrong with the way of dead letters; empty: nothing.
std::string dead_letter_problem(const QueueTopology& queue) {
  const QueueTopology::DeadLetterPath& path = queue.dead_letter;
  if (!path.exchange) return "it has no dead-letter exchange: what is refused is gone";
  if (!path.exchange_exists)
    return fmt::format("its dead-letter exchange `{}` does not exist", *path.exchange);
  if (lasting(path.queues).empty() && path.undecided.empty())
    return fmt::format("its dead-letter exchange `{}` leads nowhere for {}", *path.exchange,
                       path.routing_key.empty() ? "the messages' own routing keys"
                                                : "routing key `" + path.routing_key + "`");
  return "";
}

bool wants(const Expectation& wanted, std::string_view requirement) {
  return std::find(wanted.require.begin(), wanted.require.end(), requirement) !=
         wanted.require.end();
}

std::vector<std::string> problems_of(const QueueTopology& queue, const Expectation& wanted) {
  std::vector<std::string> problems;
  if (wants(wanted, "dead_letter")) {
    if (std::string problem = dead_letter_problem(queue); !problem.empty())
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
  const auto found = of.facts.topologies.find(of.expectation.observer);
  if (found == of.facts.topologies.end()) {
    result.observed = "what the queue is could not be asked: the observer needs `management:`";
    return result;
  }
  const QueueTopology& queue = found->second;
  if (!queue.exists) {
    result.observed = "the queue was not there when the publisher had ended";
    return result;
  }
  const std::vector<std::string> problems = problems_of(queue, of.expectation);
  result.outcome = problems.empty() ? Outcome::held : Outcome::violated;
  result.observed = problems.empty() ? described(queue) : listed(problems, 8);
  return result;
}

}  // namespace cutpoint
