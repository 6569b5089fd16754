// SPDX-License-Identifier: Apache-2.0
#include "probes/celery/events.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace cutpoint::probes {
namespace {

using nlohmann::json;

// Of "ReadTimeout('…')" the class alone: what follows may hold data of the application.
std::string exception_class(const std::string& text) {
  const auto end = std::find_if(text.begin(), text.end(), [](unsigned char character) {
    return std::isalnum(character) == 0 && character != '_' && character != '.';
  });
  return {text.begin(), end};
}

// false: it is there, but no text.
bool read_text(const json& object, const char* key, std::string& out) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return true;
  if (!found->is_string()) return false;
  out = found->get<std::string>();
  return true;
}

bool read_event(const json& object, CeleryEvent& event) {
  if (!object.is_object()) return false;
  std::string exception;
  if (!read_text(object, "type", event.type) || !read_text(object, "uuid", event.id) ||
      !read_text(object, "name", event.task) || !read_text(object, "hostname", event.worker) ||
      !read_text(object, "exception", exception)) {
    return false;
  }
  event.error = exception_class(exception);
  const auto timestamp = object.find("timestamp");
  if (timestamp != object.end() && timestamp->is_number()) event.timestamp = *timestamp;
  return !event.type.empty() && (!event.type.starts_with("task-") || !event.id.empty());
}

}  // namespace

std::vector<CeleryEvent> parse_celery_events(std::string_view body, std::size_t& malformed) {
  json message = json::parse(body, nullptr, false);
  if (!message.is_array()) message = json::array({std::move(message)});
  std::vector<CeleryEvent> events;
  for (const json& object : message) {
    CeleryEvent event;
    if (read_event(object, event)) {
      events.push_back(std::move(event));
    } else {
      ++malformed;
    }
  }
  return events;
}

}  // namespace cutpoint::probes
