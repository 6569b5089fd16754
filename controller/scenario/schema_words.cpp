// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/schema_words.h"

#include <limits>

namespace cutpoint::yaml::schema {
namespace {

// parse_duration(): no sign, one unit; at least one digit is not 0 where 0 will not do.
constexpr const char* duration_pattern = R"(^[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)$)";
constexpr const char* positive_duration_pattern =
    R"(^(?=.*[1-9])[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)$)";
constexpr const char* rate_pattern = R"(^[0-9]+(\.[0-9]+)?([kMG]|[KMG]i)?B/s$)";

}  // namespace

json any_word() {
  return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}};
}

json matching(const char* pattern) {
  return {{"type", "string"}, {"pattern", pattern}};
}

json one_of(json values) {
  return {{"enum", std::move(values)}};
}

json any_of(json alternatives) {
  alternatives.push_back({{"$ref", "#/definitions/variable"}});
  return {{"anyOf", std::move(alternatives)}};
}

json truth() {
  return any_of(json::array({one_of({true, false, "true", "false"})}));
}

namespace {

json text_schema(const Shape& shape) {
  if (shape.words.empty() && shape.pattern.empty()) return any_word();
  json alternatives = json::array();
  if (!shape.words.empty()) alternatives.push_back({{"enum", shape.words}});
  if (!shape.pattern.empty()) alternatives.push_back(matching(shape.pattern.c_str()));
  if (shape.words.empty()) alternatives.push_back({{"type", "integer"}});  // an SQLSTATE of digits
  return any_of(std::move(alternatives));
}

json number_schema(const Shape& shape) {
  json number{{"type", "integer"}, {"minimum", shape.least}};
  if (shape.most != std::numeric_limits<std::uint64_t>::max()) number["maximum"] = shape.most;
  return any_of({std::move(number), matching("^[0-9]+$")});
}

json duration_schema(const Shape& shape) {
  json alternatives = json::array();
  alternatives.push_back(matching(shape.least > 0 ? positive_duration_pattern : duration_pattern));
  if (!shape.words.empty()) alternatives.push_back({{"enum", shape.words}});
  return any_of(std::move(alternatives));
}

}  // namespace

json map_schema(const Shape& shape) {
  json properties = json::object();
  json required = json::array();
  for (const ShapeKey& key : shape.keys) {
    properties[key.name] = schema_of(key.shape);
    if (key.required) required.push_back(key.name);
  }
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

json schema_of(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::text:
      return text_schema(shape);
    case Shape::Kind::name:
      return any_of({matching(name_pattern), {{"type", "integer"}, {"minimum", 0}}});
    case Shape::Kind::number:
      return number_schema(shape);
    case Shape::Kind::fraction:
      return any_of({{{"type", "number"}, {"minimum", 0}, {"maximum", 1}},
                     matching("^[0-9.]+([eE][+-]?[0-9]+)?$")});
    case Shape::Kind::ratio:
      return any_of(
          {{{"type", "number"}, {"exclusiveMinimum", 0}}, matching("^[0-9.]+([eE][+-]?[0-9]+)?$")});
    case Shape::Kind::duration:
      return duration_schema(shape);
    case Shape::Kind::rate:
      return any_of({matching(rate_pattern)});
    case Shape::Kind::texts:
      return {{"type", "array"},
              {"minItems", shape.least},
              {"items", shape.words.empty() ? json{{"type", {"string", "number", "boolean"}}}
                                            : any_of(json::array({one_of(shape.words)}))}};
    case Shape::Kind::map:
      return map_schema(shape);
    case Shape::Kind::maps:
      return {{"type", "array"}, {"minItems", 1}, {"items", map_schema(shape)}};
  }
  return {};
}

json has(const std::string& key) {
  return {{"required", {key}}};
}

json exactly_one(const std::vector<std::string>& keys) {
  json ways = json::array();
  for (const std::string& key : keys) ways.push_back(has(key));
  return ways;
}

json without(const std::string& key) {
  return {{"not", has(key)}};
}

}  // namespace cutpoint::yaml::schema
