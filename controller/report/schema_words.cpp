// SPDX-License-Identifier: Apache-2.0
#include "controller/report/schema_words.h"

#include <utility>

namespace cutpoint::schema {
namespace {

Part typed(const char* type) {
  return {{"type", type}};
}

}  // namespace

Part text() {
  return typed("string");
}

Part truth() {
  return typed("boolean");
}

Part number() {
  return typed("number");
}

Part milliseconds() {
  return said(number(), "milliseconds");
}

Part count() {
  return {{"type", "integer"}, {"minimum", 0}};
}

Part one_of(const nlohmann::json& values) {
  return {{"enum", values}};
}

Part list_of(Part items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

Part object(std::initializer_list<Key> keys) {
  Part properties = Part::object();
  Part required = Part::array();
  for (const Key& key : keys) {
    properties[key.name] = key.value;
    if (key.required) required.push_back(key.name);
  }
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

Part map_of(Part value) {
  return {{"type", "object"}, {"additionalProperties", std::move(value)}};
}

Part or_null(Part value) {
  if (value.contains("type")) value["type"] = Part::array({value.at("type"), "null"});
  if (value.contains("enum")) value["enum"].push_back(nullptr);
  return value;
}

Part said(Part value, const char* description) {
  value["description"] = description;
  return value;
}

Key optional(const char* name, Part value) {
  return {name, std::move(value), false};
}

}  // namespace cutpoint::schema
