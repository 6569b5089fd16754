// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/picture_words.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <string_view>

namespace cutpoint::html {
namespace {

using nlohmann::json;

// The tooltip has places of their own for these.
constexpr auto elsewhere = std::array<std::string_view, 10>{
    "seq", "ns", "source", "what", "number", "flow", "cookie", "service", "direction", "moments"};

void add(std::string& text, const std::string& part) {
  text += (text.empty() ? "" : ", ") + part;
}

std::string value_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const json& item : value) text += (text.empty() ? "" : " ") + value_text(item);
  return text;
}

void add_values(std::string& text, const json& object) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      add_values(text, value);
    } else {
      add(text, fmt::format("{} {}", key, value_text(value)));
    }
  }
}

}  // namespace

std::string more_text(const json& line) {
  std::string text;
  // What the protocol says, before what TCP does.
  for (const char* part : {"attributes", "data"}) {
    if (line.contains(part)) add_values(text, line.at(part));
  }
  for (const auto& [key, value] : line.items()) {
    if (value.is_object() ||
        std::find(elsewhere.begin(), elsewhere.end(), key) != elsewhere.end()) {
      continue;
    }
    add(text, fmt::format("{} {}", key, value_text(value)));
  }
  return text;
}

}  // namespace cutpoint::html
