// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/schema.h"

#include <algorithm>
#include <map>
#include <set>

#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

using json = nlohmann::ordered_json;
using yaml::Shape;
using yaml::ShapeKey;

constexpr const char* name_pattern = "^[a-z0-9][a-z0-9._-]*$";
// parse_duration(): no sign, one unit; at least one digit is not 0 where 0 will not do.
constexpr const char* duration_pattern = R"(^[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)$)";
constexpr const char* positive_duration_pattern =
    R"(^(?=.*[1-9])[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)$)";
constexpr const char* rate_pattern = R"(^[0-9]+(\.[0-9]+)?([kMG]|[KMG]i)?B/s$)";
constexpr const char* address_pattern = R"(^(\[[^\[\]]+\]|[^:\[\]]*):[0-9]{1,5}$)";

constexpr const char* server_name_pattern = R"(^[A-Za-z0-9_-][A-Za-z0-9_.-]*$)";

// What is one word to the loader may be a number or a truth value to others who read YAML.
json any_word() {
  return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}};
}

json matching(const char* pattern) {
  return {{"type", "string"}, {"pattern", pattern}};
}

json one_of(json values) {
  return {{"enum", std::move(values)}};
}

// One of these, or a text that holds a variable.
json any_of(json alternatives) {
  alternatives.push_back({{"$ref", "#/definitions/variable"}});
  return {{"anyOf", std::move(alternatives)}};
}

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

json schema_of(const Shape& shape);

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

// Names of a registry's list, each with what it means. `enumDescriptions` is the editors' own.
template <typename Info>
json named(const std::vector<Info>& list) {
  std::vector<std::string> meanings;
  meanings.reserve(list.size());
  for (const Info& info : list) meanings.push_back(info.description);
  return any_of({{{"enum", names_of(list)}, {"enumDescriptions", meanings}}});
}

json has(const std::string& key) {
  return {{"required", {key}}};
}

json exactly_one(const std::vector<std::string>& keys) {
  json ways = json::array();
  for (const std::string& key : keys) ways.push_back(has(key));
  return ways;
}

// Of the services of one protocol alone.
json where_protocol_is(const ProtocolInfo& protocol, json then) {
  json condition = json::object();
  condition["properties"]["protocol"]["const"] = protocol.name;
  return {{"if", std::move(condition)}, {"then", std::move(then)}};
}

json without(const std::string& key) {
  return {{"not", has(key)}};
}

// Step by step: compilers take minutes for an initialiser that is nested so deeply.
json service_schema() {
  json conditions = json::array();
  for (const ProtocolInfo& protocol : protocols()) {
    if (!protocol.has_server_name) {
      conditions.push_back(where_protocol_is(protocol, without("server_name")));
    }
    if (!protocol.has_dsn) conditions.push_back(where_protocol_is(protocol, without("dsn")));
  }
  json properties = json::object();
  properties["protocol"] = any_of(json::array({one_of(names_of(protocols()))}));
  properties["dsn"] = any_word();
  properties["address"] = any_of(json::array({matching(address_pattern)}));
  properties["server_name"] = any_of(json::array({matching(server_name_pattern)}));
  properties["tls"] = any_of(json::array({one_of({true, false, "true", "false"})}));
  json service = json::object();
  service["type"] = "object";
  service["properties"] = std::move(properties);
  service["required"] = json::array({"protocol"});
  service["additionalProperties"] = false;
  service["oneOf"] = exactly_one({"dsn", "address"});
  if (!conditions.empty()) service["allOf"] = std::move(conditions);
  return service;
}

json services_schema() {
  return {{"type", "object"},
          {"minProperties", 1},
          {"maxProperties", CUT_MAX_SERVICES},
          {"propertyNames", {{"pattern", name_pattern}}},
          {"additionalProperties", service_schema()}};
}

// A broker's address, and that of its management API.
void describe_urls(json& map) {
  json& properties = map["properties"];
  properties["broker"] = any_of({matching("^amqp://")});
  if (properties.contains("management")) {
    properties["management"] = any_of({matching("^http://")});
  }
}

// Of those of one kind alone, so that what is wrong with it is told where it stands.
json where_kind_is(const std::string& kind, json map) {
  if (map["properties"].contains("broker")) describe_urls(map);
  json condition = json::object();
  condition["properties"]["kind"]["const"] = kind;
  condition["required"] = json::array({"kind"});
  return {{"if", std::move(condition)}, {"then", std::move(map)}};
}

json of_a_kind(const std::vector<std::string>& kinds, json conditions) {
  json map = json::object();
  map["type"] = "object";
  map["properties"]["kind"] = any_of(json::array({one_of(kinds)}));
  map["required"] = json::array({"kind"});
  map["allOf"] = std::move(conditions);
  return map;
}

json observe_schema() {
  json conditions = json::array();
  for (const ObserverKind kind : {ObserverKind::celery, ObserverKind::amqp}) {
    conditions.push_back(
        where_kind_is(std::string(observer_kind_name(kind)), map_schema(shape_of_observer(kind))));
  }
  json observers = json::object();
  observers["type"] = "object";
  observers["minProperties"] = 1;
  observers["propertyNames"] = {{"pattern", name_pattern}};
  observers["additionalProperties"] = of_a_kind(observer_kinds(), std::move(conditions));
  return observers;
}

// Of what has names of the scenario's own.
json named_maps(json item) {
  json map = json::object();
  map["type"] = "object";
  map["minProperties"] = 1;
  map["additionalProperties"] = std::move(item);
  return map;
}

json declare_schema() {
  const json truth = any_of(json::array({one_of({true, false, "true", "false"})}));
  json exchange = json::object();
  exchange["type"] = "object";
  exchange["additionalProperties"] = false;
  exchange["properties"] = {
      {"type", any_of(json::array({one_of({"direct", "fanout", "topic", "headers"})}))},
      {"durable", truth}};
  json queue = json::object();
  queue["type"] = "object";
  queue["additionalProperties"] = false;
  queue["properties"] = {{"type", any_of(json::array({one_of({"classic", "quorum"})}))},
                         {"durable", truth},
                         {"arguments", named_maps({{"type", {"string", "number", "boolean"}}})}};
  json binding = json::object();
  binding["type"] = "object";
  binding["additionalProperties"] = false;
  binding["required"] = {"exchange", "queue"};
  binding["properties"] = {
      {"exchange", any_word()}, {"queue", any_word()}, {"routing_key", any_word()}};
  json declare = json::object();
  declare["type"] = "object";
  declare["additionalProperties"] = false;
  declare["properties"] = {
      {"exchanges", named_maps(std::move(exchange))},
      {"queues", named_maps(std::move(queue))},
      {"bindings", {{"type", "array"}, {"minItems", 1}, {"items", std::move(binding)}}}};
  return declare;
}

json workload_schema() {
  json conditions = json::array();
  for (const WorkloadInfo& workload : workloads()) {
    json map = map_schema(shape_of_workload(workload));
    if (map["properties"].contains("declare")) map["properties"]["declare"] = declare_schema();
    conditions.push_back(where_kind_is(workload.name, std::move(map)));
  }
  return of_a_kind(names_of(workloads()), std::move(conditions));
}

// A publisher may run beside a target; else exactly one of the two runs.
json what_runs_schema() {
  const json publishes = {
      {"required", {"workload"}},
      {"properties",
       {{"workload",
         {{"properties", {{"kind", {{"const", "amqp.publish"}}}}}, {"required", {"kind"}}}}}}};
  json schema = json::object();
  schema["if"] = publishes;
  schema["then"] = json::object();
  schema["else"] = {{"oneOf", exactly_one({"target", "workload"})}};
  return schema;
}

json target_schema() {
  json target = map_schema(shape_of_target());
  target["oneOf"] = exactly_one(target_ways());
  target["dependencies"] = {{"user", {"command"}}};
  return target;
}

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
            {"expect", {{"type", "array"}, {"items", expectation_schema()}}}}},
          {"required", {"scenario", "services", "faults", "expect"}},
          {"allOf", json::array({what_runs_schema()})},
          {"additionalProperties", false}};
}

}  // namespace cutpoint
