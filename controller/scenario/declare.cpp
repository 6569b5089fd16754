// SPDX-License-Identifier: Apache-2.0
// `declare:` of the workload amqp.publish: exchanges, queues and bindings that it needs.
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "controller/scenario/publish.h"
#include "controller/scenario/sections.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;

const std::vector<std::string> exchange_types{"direct", "fanout", "topic", "headers"};
const std::vector<std::string> queue_types{"classic", "quorum"};

void read_bool(const Field& field, bool& out) {
  yaml::read_choice<bool>(field, {{"true", true}, {"false", false}}, out);
}

void read_type(const Field& field, const std::vector<std::string>& types, std::string& out) {
  std::size_t index = 0;
  if (yaml::read_index(field, "type", "", types, index)) out = types[index];
}

void read_exchange(const Field& key, const Field& value, DeclaredTopology& topology) {
  const MapReader map(value, fmt::format("exchange `{}`", key.node->text), {"type", "durable"});
  DeclaredExchange exchange;
  yaml::read_text(key, exchange.name);
  read_type(map.optional("type"), exchange_types, exchange.type);
  read_bool(map.optional("durable"), exchange.durable);
  topology.exchanges.push_back(std::move(exchange));
}

// Numbers and truth values are what they look like; what is quoted is a text.
std::string json_of(const yaml::TreeNode& scalar) {
  const bool literal = !scalar.quoted && nlohmann::json::accept(scalar.text) &&
                       !nlohmann::json::parse(scalar.text).is_structured();
  return literal ? scalar.text : nlohmann::json(scalar.text).dump();
}

void read_queue(const Field& key, const Field& value, DeclaredTopology& topology) {
  const MapReader map(value, fmt::format("queue `{}`", key.node->text),
                      {"type", "durable", "arguments"});
  DeclaredQueue queue;
  yaml::read_text(key, queue.name);
  read_type(map.optional("type"), queue_types, queue.type);
  read_bool(map.optional("durable"), queue.durable);
  if (const Field arguments = map.optional("arguments")) {
    for (const auto& [name, argument] : yaml::read_entries(arguments)) {
      // Empty is a name, too: that of the default exchange.
      if (argument.node->kind == yaml::TreeNode::Kind::scalar) {
        queue.arguments[name.node->text] = json_of(*argument.node);
      } else {
        argument.complain("an argument is a text, a number, true or false");
      }
    }
  }
  topology.queues.push_back(std::move(queue));
}

void read_binding(const Field& item, DeclaredTopology& topology) {
  const MapReader map(item, "a binding", {"exchange", "queue", "routing_key"});
  if (!map.is_map()) return;
  DeclaredBinding binding;
  yaml::read_text(map.required("exchange"), binding.exchange);
  yaml::read_text(map.required("queue"), binding.queue);
  yaml::read_text(map.optional("routing_key"), binding.routing_key);
  topology.bindings.push_back(std::move(binding));
}

}  // namespace

// Its shape is schema.cpp's own: exchanges, queues and arguments have the names that they have.
void read_declare(const Field& field, DeclaredTopology& topology) {
  if (!field || field.shape != nullptr) return;
  const MapReader map(field, "`declare`", {"exchanges", "queues", "bindings"});
  if (const Field exchanges = map.optional("exchanges")) {
    for (const auto& [key, value] : yaml::read_entries(exchanges))
      read_exchange(key, value, topology);
  }
  if (const Field queues = map.optional("queues")) {
    for (const auto& [key, value] : yaml::read_entries(queues)) read_queue(key, value, topology);
  }
  if (const Field bindings = map.optional("bindings")) {
    for (const Field& item : yaml::read_list(bindings)) read_binding(item, topology);
  }
}

}  // namespace cutpoint
