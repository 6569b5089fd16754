// SPDX-License-Identifier: Apache-2.0
#include "controller/report/recorded_entry.h"

#include <cstdlib>
#include <fmt/core.h>

namespace cutpoint {
namespace {

using nlohmann::json;

bool is_entry(const json& entry) {
  if (!entry.is_object()) return false;
  const auto is_text = [&](const char* key) {
    return entry.contains(key) && entry.at(key).is_string();
  };
  const auto is_number = [&](const char* key) {
    return entry.contains(key) && entry.at(key).is_number_integer();
  };
  if (!is_number("seq") || !is_number("ns") || !is_text("source") || !is_text("what")) return false;
  if (entry.at("source") != "kernel") return true;
  return is_text("flow") && is_text("service") && is_number("cookie");
}

// nullptr: the note does not say.
const json* data_of(const json& note, const char* key) {
  const auto data = note.find("data");
  if (data == note.end() || !data->is_object()) return nullptr;
  const auto value = data->find(key);
  return value == data->end() ? nullptr : &*value;
}

}  // namespace

json entry_of(const std::string& line) {
  json entry = json::parse(line, nullptr, false);
  if (!is_entry(entry)) return nullptr;
  return entry;
}

std::int64_t ns_of(const json& entry) {
  return entry.at("ns").get<std::int64_t>();
}

std::string entry_name(const json& entry, std::string_view between) {
  auto what = entry.at("what").get<std::string>();
  std::string moments;
  for (const json& moment : entry.value("moments", json::array())) {
    if (!moments.empty()) moments += between;
    moments += moment.get<std::string>();
  }
  if (moments.empty()) return what;
  return what == "moment" ? moments : fmt::format("{}: {}", what, moments);
}

std::string attribute(const json& message, const char* name) {
  const auto all = message.find("attributes");
  return all == message.end() ? "" : all->value(name, "");
}

std::uint64_t attribute_number(const json& message, const char* name) {
  return std::strtoull(attribute(message, name).c_str(), nullptr, 10);
}

bool has_flag(const json& message, std::string_view flag) {
  return attribute(message, "flag").find(flag) != std::string::npos;
}

bool ends_requests(const json& entry) {
  const json& what = entry.at("what");
  if (what == "flow.closed") return true;
  if (what != "flow.state") return false;
  const std::string to = entry.value("to", "");
  return to == "FIN_WAIT1" || to == "LAST_ACK" || to == "CLOSE";
}

std::string note_text(const json& note, const char* key) {
  const json* value = data_of(note, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::uint64_t note_number(const json& note, const char* key) {
  const json* value = data_of(note, key);
  return value != nullptr && value->is_number() ? value->get<std::uint64_t>() : 0;
}

std::string_view depth_name(std::string_view what) {
  if (what == "queue.depth") return "queue depth";
  return what == "dead_letters.depth" ? "dead letters" : "";
}

std::string_view task_end(std::string_view what) {
  if (what == "task.succeeded") return "succeeded";
  if (what == "task.failed") return "failed";
  return what == "task.retried" ? "retried" : "";
}

std::string FlowIds::of(const json& entry) {
  const auto tuple = entry.at("flow").get<std::string>();
  const auto cookie = entry.at("cookie").get<std::uint64_t>();
  if (cookie == 0) return newest_.try_emplace(tuple, tuple).first->second;
  std::string id = std::to_string(cookie);
  if (cookies_.insert(cookie).second) newest_[tuple] = id;
  return id;
}

}  // namespace cutpoint
