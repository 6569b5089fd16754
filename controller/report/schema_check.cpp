// SPDX-License-Identifier: Apache-2.0
#include "controller/report/schema_check.h"

#include <algorithm>
#include <fmt/core.h>

namespace cutpoint {
namespace {

using nlohmann::json;
using Schema = nlohmann::ordered_json;

bool is_of_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return type == "null" && value.is_null();
}

std::string type_mistake(const Schema& wanted, const json& value) {
  const Schema types = wanted.is_array() ? wanted : Schema::array({wanted});
  std::string names;
  for (const Schema& type : types) {
    const auto& name = type.get_ref<const std::string&>();
    if (is_of_type(value, name)) return "";
    names += (names.empty() ? "" : " or ") + name;
  }
  return fmt::format("expected {}, not {}", names, value.type_name());
}

std::string value_mistake(const Schema& schema, const json& value) {
  if (schema.contains("type")) {
    if (auto mistake = type_mistake(schema.at("type"), value); !mistake.empty()) return mistake;
  }
  if (schema.contains("const") && value != json(schema.at("const"))) {
    return "must be " + schema.at("const").dump();
  }
  if (schema.contains("minimum") && value.is_number() &&
      value.get<double>() < schema.at("minimum").get<double>()) {
    return "must be at least " + schema.at("minimum").dump();
  }
  if (schema.contains("minItems") && value.size() < schema.at("minItems").get<std::size_t>()) {
    return "has too few items";
  }
  if (!schema.contains("enum")) return "";
  const Schema& all = schema.at("enum");
  const bool known = std::any_of(all.begin(), all.end(),
                                 [&](const Schema& allowed) { return json(allowed) == value; });
  return known ? "" : "must be one of " + all.dump();
}

std::string within(const std::string& place, const std::string& key) {
  return place.empty() ? key : place + "." + key;
}

std::string told(const std::string& place, const std::string& mistake) {
  return place.empty() || mistake.empty() ? mistake : place + ": " + mistake;
}

std::string mistake_at(const Schema& schema, const json& value, const std::string& place);

std::string object_mistake(const Schema& schema, const json& value, const std::string& place) {
  if (schema.contains("required")) {
    for (const Schema& key : schema.at("required")) {
      const auto& name = key.get_ref<const std::string&>();
      if (!value.contains(name)) return told(place, "missing key `" + name + "`");
    }
  }
  const Schema known = schema.value("properties", Schema::object());
  const Schema others = schema.value("additionalProperties", Schema(true));
  for (const auto& [key, part] : value.items()) {
    std::string mistake;
    if (known.contains(key)) {
      mistake = mistake_at(known.at(key), part, within(place, key));
    } else if (others.is_object()) {
      mistake = mistake_at(others, part, within(place, key));
    } else if (others == false) {
      mistake = told(place, "unknown key `" + key + "`");
    }
    if (!mistake.empty()) return mistake;
  }
  return "";
}

std::string items_mistake(const Schema& items, const json& list, const std::string& place) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto mistake = mistake_at(items, list[i], fmt::format("{}[{}]", place, i));
    if (!mistake.empty()) return mistake;
  }
  return "";
}

// Of several alternatives none of which fits, the last one's mistake is told.
std::string alternatives_mistake(const Schema& all, const json& value, const std::string& place) {
  std::string mistake;
  for (const Schema& one : all) {
    mistake = mistake_at(one, value, place);
    if (mistake.empty()) return "";
  }
  return mistake;
}

std::string mistake_at(const Schema& schema, const json& value, const std::string& place) {
  if (auto mistake = value_mistake(schema, value); !mistake.empty()) return told(place, mistake);
  if (schema.contains("anyOf")) return alternatives_mistake(schema.at("anyOf"), value, place);
  if (value.is_object()) return object_mistake(schema, value, place);
  if (value.is_array() && schema.contains("items")) {
    return items_mistake(schema.at("items"), value, place);
  }
  return "";
}

}  // namespace

std::string first_mistake(const Schema& schema, const json& document) {
  return mistake_at(schema, document, "");
}

}  // namespace cutpoint
