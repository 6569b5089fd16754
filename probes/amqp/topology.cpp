// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/topology.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>
#include <thread>

#include "controller/util/clock.h"
#include "probes/amqp/broker.h"
#include "probes/amqp/broker_url.h"
#include "probes/amqp/dead_letter_path.h"
#include "probes/amqp/management.h"

namespace cutpoint::probes {
namespace {

using Json = nlohmann::json;

// All that some RabbitMQ from 3.8 on acts on. One that is known, but not for the queue's type, is
// refused when the queue is declared (3.10), so that no queue holds it.
constexpr auto known_arguments = std::to_array<std::string_view>({
    "x-consumer-timeout",
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-dead-letter-strategy",
    "x-delivery-limit",
    "x-expires",
    "x-initial-cluster-size",
    "x-max-age",
    "x-max-in-memory-bytes",
    "x-max-in-memory-length",
    "x-max-length",
    "x-max-length-bytes",
    "x-max-priority",
    "x-message-ttl",
    "x-overflow",
    "x-queue-leader-locator",
    "x-queue-master-locator",
    "x-queue-mode",
    "x-queue-type",
    "x-queue-version",
    "x-quorum-initial-group-size",
    "x-quorum-target-group-size",
    "x-single-active-consumer",
    "x-stream-filter-size-bytes",
    "x-stream-max-segment-size-bytes",
});

// Statistics come every 5 s (collect_statistics_interval), and tell the policy.
constexpr auto until_the_policy_is_told = std::chrono::seconds(8);
constexpr auto between_questions = std::chrono::milliseconds(100);

std::map<std::string, std::string> as_texts(const Json& object) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : object.items()) texts[name] = value.dump();
  return texts;
}

Result<std::optional<Management::Queue>> read_queue(Management& management,
                                                    const std::string& name) {
  const Deadline deadline(until_the_policy_is_told);
  while (true) {
    CUTPOINT_TRY_ASSIGN(queue, management.queue(name));
    if (!queue || queue->policy || deadline.passed()) return queue;
    std::this_thread::sleep_for(between_questions);  // it is told only when asked
  }
}

Result<Json> arguments_of(const Topology::Queue& queue) {
  Json arguments = Json::object();
  for (const auto& [name, text] : queue.arguments) {
    arguments[name] = Json::parse(text, nullptr, false);
    if (!arguments[name].is_discarded()) continue;
    return Error{
        ExitCode::usage,
        fmt::format("the queue `{}`: the argument `{}` is no JSON: {}", queue.name, name, text),
        "write texts in quotes: \"reject-publish\""};
  }
  if (queue.type != "classic") arguments["x-queue-type"] = queue.type;
  return arguments;
}

}  // namespace

Result<QueueTopology> read_topology(const std::string& management, const std::string& broker,
                                    const std::string& queue) {
  CUTPOINT_TRY_ASSIGN(url, BrokerUrl::parse(broker));
  CUTPOINT_TRY_ASSIGN(api, Management::open(management, url.vhost));
  CUTPOINT_TRY_ASSIGN(found, read_queue(api, queue));
  QueueTopology topology;
  if (!found) return topology;
  topology.exists = true;
  topology.type = found->type;
  topology.durable = found->durable;
  topology.arguments = as_texts(found->arguments);
  topology.policy = as_texts(found->policy.value_or(Json::object()));
  CUTPOINT_TRY_ASSIGN(path, read_dead_letter_path(api, queue, *found));
  topology.dead_letter = std::move(path);
  for (const auto& [name, value] : topology.arguments) {
    if (!std::binary_search(known_arguments.begin(), known_arguments.end(), name)) {
      topology.unknown_arguments.push_back(name);
    }
  }
  return topology;
}

Status declare(const std::string& broker, const Topology& topology) {
  CUTPOINT_TRY_ASSIGN(connection, Broker::connect(broker));
  for (const Topology::Exchange& exchange : topology.exchanges) {
    CUTPOINT_TRY(
        connection.declare(Broker::Exchange{exchange.name, exchange.type, exchange.durable}));
  }
  for (const Topology::Queue& queue : topology.queues) {
    CUTPOINT_TRY_ASSIGN(arguments, arguments_of(queue));
    CUTPOINT_TRY(connection.declare(Broker::Queue{queue.name, queue.durable, false, arguments}));
  }
  for (const Topology::Binding& binding : topology.bindings) {
    CUTPOINT_TRY(connection.bind({binding.queue, binding.exchange, binding.routing_key, nullptr}));
  }
  return {};
}

}  // namespace cutpoint::probes
