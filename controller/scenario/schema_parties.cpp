// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/schema_parties.h"

#include <utility>

#include "controller/scenario/registry.h"
#include "controller/scenario/schema_words.h"
#include "controller/scenario/shapes.h"

namespace cutpoint::yaml::schema {
namespace {

constexpr const char* address_pattern = R"(^(\[[^\[\]]+\]|[^:\[\]]*):[0-9]{1,5}$)";
constexpr const char* server_name_pattern = R"(^[A-Za-z0-9_-][A-Za-z0-9_.-]*$)";

// Of the services of one protocol alone.
json where_protocol_is(const ProtocolInfo& protocol, json then) {
  json condition = json::object();
  condition["properties"]["protocol"]["const"] = protocol.name;
  return {{"if", std::move(condition)}, {"then", std::move(then)}};
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
  properties["tls"] = truth();
  json service = json::object();
  service["type"] = "object";
  service["properties"] = std::move(properties);
  service["required"] = json::array({"protocol"});
  service["additionalProperties"] = false;
  service["oneOf"] = exactly_one({"dsn", "address"});
  if (!conditions.empty()) service["allOf"] = std::move(conditions);
  return service;
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

// Of what has names of the scenario's own.
json named_maps(json item) {
  json map = json::object();
  map["type"] = "object";
  map["minProperties"] = 1;
  map["additionalProperties"] = std::move(item);
  return map;
}

json closed_map() {
  return {{"type", "object"}, {"additionalProperties", false}};
}

json declare_schema() {
  json exchange = closed_map();
  exchange["properties"] = {
      {"type", any_of(json::array({one_of({"direct", "fanout", "topic", "headers"})}))},
      {"durable", truth()}};
  json queue = closed_map();
  queue["properties"] = {{"type", any_of(json::array({one_of({"classic", "quorum"})}))},
                         {"durable", truth()},
                         {"arguments", named_maps({{"type", {"string", "number", "boolean"}}})}};
  json binding = closed_map();
  binding["required"] = {"exchange", "queue"};
  binding["properties"] = {
      {"exchange", any_word()}, {"queue", any_word()}, {"routing_key", any_word()}};
  json declare = closed_map();
  declare["properties"] = {
      {"exchanges", named_maps(std::move(exchange))},
      {"queues", named_maps(std::move(queue))},
      {"bindings", {{"type", "array"}, {"minItems", 1}, {"items", std::move(binding)}}}};
  return declare;
}

}  // namespace

json services_schema() {
  return {{"type", "object"},
          {"minProperties", 1},
          {"maxProperties", CUT_MAX_SERVICES},
          {"propertyNames", {{"pattern", name_pattern}}},
          {"additionalProperties", service_schema()}};
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
         {{"properties", {{"kind", {{"const", publish_workload}}}}}, {"required", {"kind"}}}}}}};
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

}  // namespace cutpoint::yaml::schema
