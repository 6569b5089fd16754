// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/schema.h"

#include <algorithm>
#include <map>
#include <set>

#include "controller/scenario/schema_parties.h"
#include "controller/scenario/schema_words.h"
#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

using namespace yaml::schema;
using yaml::Shape;
using yaml::ShapeKey;

std::vector<MomentInfo> all_moments() {
  std::vector<MomentInfo> all;
  for (const ProtocolInfo& protocol : protocols()) {
    for (const MomentInfo& moment : protocol.moments) {
      if (all.empty() || all.back().name != moment.name) all.push_back(moment);
    }
  }
  for (const MomentInfo& moment : transport_moments()) {
    if (moment.name != numbered_moment && all.back().name != moment.name) all.push_back(moment);
  }
  return all;
}

// A filter matches only at the moments that carry it, of whichever protocol.
std::map<std::string, std::set<std::string>> moments_by_filter() {
  std::map<std::string, std::set<std::string>> by_filter;
  for (const ProtocolInfo& protocol : protocols()) {
    const std::vector<std::string> all = names_of(protocol.moments);
    for (const AttributeInfo& attribute : protocol.attributes) {
      const auto& some = attribute.moments.empty() ? all : attribute.moments;
      by_filter[attribute.name].insert(some.begin(), some.end());
    }
  }
  return by_filter;
}

json filter_conditions() {
  json conditions = json::array();
  for (const auto& [filter, moments] : moments_by_filter()) {
    json then = json::object();
    then["properties"]["moment"] = any_of(json::array({one_of(moments)}));
    conditions.push_back({{"if", has(filter)}, {"then", std::move(then)}});
  }
  return conditions;
}

json at_schema() {
  json at = map_schema(shape_of_at());
  json& properties = at["properties"];
  properties["moment"] = named(all_moments());
  properties["moment"]["anyOf"].push_back(matching("^bytes:[1-9][0-9]*$"));
  for (const ProtocolInfo& protocol : protocols()) {
    for (const AttributeInfo& attribute : protocol.attributes) {
      json filter = schema_of(shape_of_filter(protocol, attribute));
      filter["description"] = attribute.description;
      json& known = properties[attribute.name];  // of another protocol
      if (!known.is_null()) filter = {{"anyOf", json::array({known, filter})}};
      known = filter;
    }
  }
  at["allOf"] = filter_conditions();
  return at;
}

json do_schema() {
  json properties = json::object();
  json conditions = json::array();
  for (const FaultInfo& fault : faults()) {
    const Shape shape = shape_of_do(fault);
    json one = map_schema(shape);
    for (auto& [key, value] : one["properties"].items()) properties[key] = value;
    properties[fault.name]["description"] = fault.description;
    std::vector<std::string> keys;
    for (const ShapeKey& key : shape.keys) keys.push_back(key.name);
    conditions.push_back(
        {{"if", has(fault.name)},
         {"then", {{"required", one["required"]}, {"propertyNames", {{"enum", keys}}}}}});
  }
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"additionalProperties", false},
          {"oneOf", exactly_one(names_of(faults()))},
          {"allOf", std::move(conditions)}};
}

std::vector<std::string> names_without_bytes() {
  std::vector<std::string> names;
  for (const MomentInfo& moment : all_moments()) {
    if (!moment.has_bytes) names.push_back(moment.name);
  }
  return names;
}

// The moments at which the fault can act; null: at any.
json moments_of(const FaultInfo& fault) {
  switch (fault.at) {
    case CUT_AT_ANY:
      return {};
    case CUT_AT_BYTES:
      return {{"not", {{"enum", names_without_bytes()}}}};
    case CUT_AT_CONNECT:
      return {{"enum", {"connect"}}};
    case CUT_AT_MADE:
      return {{"not", {{"enum", {"connect", "accept"}}}}};
  }
  return {};
}

// Of rules with one fault alone.
json where_fault_is(const FaultInfo& fault, const json& at) {
  json condition = json::object();
  condition["properties"]["do"] = has(fault.name);
  json then = json::object();
  then["properties"]["at"] = at;
  return {{"if", condition}, {"then", then}};
}

json fault_schema() {
  json conditions = json::array();
  for (const FaultInfo& fault : faults()) {
    if (const json moments = moments_of(fault); !moments.is_null()) {
      json at = json::object();
      at["properties"]["moment"] = moments;
      conditions.push_back(where_fault_is(fault, at));
    }
    if (!fault.takes_position()) {
      conditions.push_back(where_fault_is(fault, without("position")));
    }
  }
  Shape name;
  name.kind = Shape::Kind::name;
  json fault{{"type", "object"},
             {"properties",
              {{"name", schema_of(name)},
               {"at", at_schema()},
               {"do", do_schema()},
               {"mode", schema_of(shape_of_mode())},
               {"after", schema_of(name)},
               {"while", schema_of(name)}}},
             {"required", {"name", "at", "do"}},
             {"additionalProperties", false}};
  if (!conditions.empty()) fault["allOf"] = std::move(conditions);
  return fault;
}

json expectation_schema() {
  json conditions = json::array();
  for (const InvariantInfo& invariant : invariants()) {
    conditions.push_back({{"if",
                           {{"properties", {{"invariant", {{"const", invariant.name}}}}},
                            {"required", {"invariant"}}}},
                          {"then", map_schema(shape_of_expectation(invariant))}});
  }
  return {{"type", "object"},
          {"properties", {{"invariant", named(invariants())}}},
          {"required", {"invariant"}},
          {"allOf", std::move(conditions)}};
}

}  // namespace

json scenario_schema() {
  Shape seed;
  seed.kind = Shape::Kind::number;
  Shape name;
  name.kind = Shape::Kind::name;
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"title", "cutpoint scenario"},
          {"definitions", {{"variable", matching(R"(\$\{)")}}},
          {"type", "object"},
          {"properties",
           {{"scenario", schema_of(name)},
            {"title", any_word()},
            {"seed", schema_of(seed)},
            {"services", services_schema()},
            {"target", target_schema()},
            {"workload", workload_schema()},
            {"observe", observe_schema()},
            {"faults",
             {{"type", "array"},
              {"minItems", 1},
              {"maxItems", CUT_MAX_RULES},
              {"items", fault_schema()}}},
            {"expect", {{"type", "array"}, {"items", expectation_schema()}}},
            {"claims", claims_schema()}}},
          {"required", {"scenario", "services", "faults", "expect"}},
          {"allOf", json::array({what_runs_schema()})},
          {"additionalProperties", false}};
}

}  // namespace cutpoint
