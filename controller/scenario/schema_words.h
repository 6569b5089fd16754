// SPDX-License-Identifier: Apache-2.0
// Pieces of JSON Schema (draft 7) that the sections of a scenario's schema are made of. Where a
// value is wanted, a text that holds a variable, "${HOST}", will do.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/scenario/registry.h"
#include "controller/scenario/shape.h"

namespace cutpoint::yaml::schema {

using json = nlohmann::ordered_json;

constexpr const char* name_pattern = "^[a-z0-9][a-z0-9._-]*$";

// What is one word to the loader may be a number or a truth value to others who read YAML.
json any_word();
json matching(const char* pattern);
json one_of(json values);
json truth();
// One of these, or a text that holds a variable.
json any_of(json alternatives);

json map_schema(const Shape& shape);
json schema_of(const Shape& shape);

// A condition on a map.
json has(const std::string& key);
json without(const std::string& key);
json exactly_one(const std::vector<std::string>& keys);

// Names of a registry's list, each with what it means. `enumDescriptions` is the editors' own.
template <typename Info>
json named(const std::vector<Info>& list) {
  std::vector<std::string> meanings;
  meanings.reserve(list.size());
  for (const Info& info : list) meanings.push_back(info.description);
  return any_of({{{"enum", names_of(list)}, {"enumDescriptions", meanings}}});
}

}  // namespace cutpoint::yaml::schema
