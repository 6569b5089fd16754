// SPDX-License-Identifier: Apache-2.0
// The words in which the schemas of reports are written: draft 7 of JSON Schema.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

namespace cutpoint::schema {

using Part = nlohmann::ordered_json;  // of a schema, or all of one

struct Key {
  const char* name;
  Part value;
  bool required = true;
};

Part text();
Part truth();
Part number();
Part milliseconds();  // of a length, or since the start of the run
Part count();         // an integer from 0
Part one_of(const nlohmann::json& values);
Part list_of(Part items);
// Of these keys and no others.
Part object(std::initializer_list<Key> keys);
// Of any keys, each with such a value.
Part map_of(Part value);
Part or_null(Part value);
Part said(Part value, const char* description);
Key optional(const char* name, Part value);

}  // namespace cutpoint::schema
