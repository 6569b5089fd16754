// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/dead_letter_path.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <vector>

#include "probes/amqp/routing.h"

namespace cutpoint::probes {
namespace {

using Path = QueueTopology::DeadLetterPath;

void add(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

// Follows one routing key through exchanges; each of them once, as RabbitMQ does.
class Follower {
 public:
  Follower(Management& management, std::string key, Path& path)
      : management_(management), key_(std::move(key)), path_(path) {}

  Status follow(const std::string& name) {
    if (!seen_.insert(name).second) return {};
    if (name.empty()) return follow_default();
    CUTPOINT_TRY_ASSIGN(exchange, management_.exchange(name));
    if (!exchange) return {};
    CUTPOINT_TRY_ASSIGN(bindings, management_.bindings_from(name));
    bool routed = false;
    for (const Management::Binding& binding : bindings) {
      switch (route(exchange->type, binding.routing_key, key_)) {
        case Route::leads:
          routed = true;
          CUTPOINT_TRY(enter(binding));
          break;
        case Route::leads_not:
          break;
        case Route::undecided:
          routed = true;
          path_.undecided = fmt::format("the exchange `{}` is of type {}", name, exchange->type);
          break;
      }
    }
    return routed ? Status() : follow_alternate(*exchange);
  }

 private:
  Status enter(const Management::Binding& binding) {
    if (binding.to_exchange) return follow(binding.destination);
    add(path_.queues, binding.destination);
    return {};
  }

  // It leads to the queue of that name.
  Status follow_default() {
    CUTPOINT_TRY_ASSIGN(queue, management_.queue(key_));
    if (queue) add(path_.queues, key_);
    return {};
  }

  // RabbitMQ, "Alternate Exchanges".
  Status follow_alternate(const Management::Exchange& exchange) {
    const auto alternate = exchange.arguments.find("alternate-exchange");
    if (alternate == exchange.arguments.end() || !alternate->is_string()) return {};
    return follow(alternate->get<std::string>());
  }

  Management& management_;
  const std::string key_;
  Path& path_;
  std::set<std::string> seen_;
};

// The keys by which messages come to a queue, which they keep as dead letters.
Result<std::vector<std::string>> own_keys(Management& management, const std::string& queue,
                                          Path& path) {
  std::vector<std::string> keys;
  CUTPOINT_TRY_ASSIGN(bindings, management.bindings_to(queue));
  for (const Management::Binding& binding : bindings) {
    if (binding.routing_key.find_first_of("*#") != std::string::npos) {
      path.undecided =
          fmt::format("messages keep their own routing key, one of `{}`", binding.routing_key);
    } else {
      add(keys, binding.routing_key);
    }
  }
  return keys;
}

std::optional<std::string> text_setting(const Management::Queue& queue, const char* name) {
  const auto value = queue.setting(name);
  if (!value || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

}  // namespace

Result<Path> read_dead_letter_path(Management& management, const std::string& name,
                                   const Management::Queue& queue) {
  Path path;
  path.exchange = text_setting(queue, "dead-letter-exchange");
  if (!path.exchange) return path;
  CUTPOINT_TRY_ASSIGN(exchange, management.exchange(*path.exchange));
  path.exchange_exists = exchange.has_value();
  const auto key = text_setting(queue, "dead-letter-routing-key");
  path.routing_key = key.value_or("");
  std::vector<std::string> keys = {path.routing_key};
  if (!key) {
    CUTPOINT_TRY_ASSIGN(own, own_keys(management, name, path));
    keys = own;
  }
  for (const std::string& one : keys) {
    CUTPOINT_TRY(Follower(management, one, path).follow(*path.exchange));
  }
  return path;
}

}  // namespace cutpoint::probes
