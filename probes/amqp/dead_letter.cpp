// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/dead_letter.h"

#include <nlohmann/json.hpp>

namespace cutpoint::probes {
namespace {

using Json = nlohmann::json;

const Json* find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string text(const Json& object, const char* key) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::int64_t number(const Json& object, const char* key, std::int64_t otherwise) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_number_integer() ? value->get<std::int64_t>() : otherwise;
}

}  // namespace

DeadLetter read_dead_letter(const AmqpMessage& message) {
  DeadLetter dead;
  dead.message_id = message.message_id;
  dead.correlation_id = message.correlation_id;
  dead.reason = text(message.headers, "x-first-death-reason");
  dead.delivery_count = number(message.headers, "x-delivery-count", -1);
  const Json* deaths = find(message.headers, "x-death");
  if (deaths == nullptr || !deaths->is_array() || deaths->empty()) return dead;
  const Json& newest = deaths->front();
  dead.has_x_death = true;
  if (dead.reason.empty()) dead.reason = text(newest, "reason");
  dead.queue = text(newest, "queue");
  dead.count = number(newest, "count", 0);
  return dead;
}

}  // namespace cutpoint::probes
