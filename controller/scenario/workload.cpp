// SPDX-License-Identifier: Apache-2.0
// `workload:` — cutpoint's own: it is the target, or publishes beside one.
#include <fmt/format.h>

#include "controller/scenario/publish.h"
#include "controller/scenario/registry.h"
#include "controller/scenario/sections.h"
#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;

constexpr int most_orders = 1'000'000;
constexpr int most_connections = 1'000;

const std::vector<std::string>& orders_keys() {
  static const std::vector<std::string> list{"kind",        "service",     "orders",
                                             "connections", "patience",    "give_up",
                                             "retry",       "retry_until", "schema"};
  return list;
}

void read_orders(const MapReader& map, OrdersWorkload& workload) {
  yaml::read_number(map.optional("orders"), 1, workload.orders, most_orders);
  yaml::read_number(map.optional("connections"), 1, workload.connections, most_connections);
  yaml::read_duration_or(map.optional("patience"), "never", workload.patience);
  yaml::read_choice<GiveUp>(
      map.optional("give_up"),
      {{"close", GiveUp::close}, {"tcp_user_timeout", GiveUp::tcp_user_timeout}}, workload.give_up);
  yaml::read_choice<Retry>(
      map.optional("retry"),
      {{"none", Retry::none}, {"naive", Retry::naive}, {"resolve", Retry::resolve}},
      workload.retry);
  yaml::read_duration(map.optional("retry_until"), false, workload.retry_until);
  yaml::read_choice<Schema>(map.optional("schema"),
                            {{"create", Schema::create}, {"expect", Schema::expect}},
                            workload.schema);
}

bool publishes(const WorkloadInfo& workload) {
  return workload.name == publish_workload;
}

// The kind that it names; nullptr: none, which is complained about later.
const WorkloadInfo* kind_of(const Field& field) {
  const std::string* kind = yaml::peek(field, "kind");
  return kind == nullptr ? nullptr : find_workload(*kind);
}

}  // namespace

yaml::Shape shape_of_workload(const WorkloadInfo& workload) {
  yaml::Shape shape;
  const MapReader map({nullptr, "workload", nullptr, &shape}, "",
                      publishes(workload) ? publish_keys() : orders_keys());
  std::size_t index = 0;
  yaml::read_index(map.required("kind"), "workload", "", {workload.name}, index);
  Scenario unused;
  OrdersWorkload orders;
  if (publishes(workload)) {
    read_publish(map, unused);
  } else {
    yaml::read_name(map.optional("service"), orders.service);
    read_orders(map, orders);
  }
  return shape;
}

void read_workload(const Field& field, Scenario& scenario) {
  const WorkloadInfo* kind = kind_of(field);
  const bool publisher = kind != nullptr && publishes(*kind);
  const MapReader map(field, "`workload`", publisher ? publish_keys() : orders_keys());
  if (!map.is_map()) return;
  std::size_t index = 0;
  const std::vector<std::string> kinds = names_of(workloads());
  const bool known =
      yaml::read_index(map.required("kind", fmt::format("valid: {}", fmt::join(kinds, ", "))),
                       "workload", "", kinds, index);
  if (publisher) return read_publish(map, scenario);
  OrdersWorkload workload;
  if (known) {
    workload.service = service_or_only(map, "`workload`", workloads()[index].protocol, scenario);
    expect_dsn(map, "`workload`", workload.service, scenario);
  }
  read_orders(map, workload);
  scenario.workload = workload;
}

}  // namespace cutpoint
