// SPDX-License-Identifier: Apache-2.0
// `observe:` — who is watched beside the wire.
#include <fmt/format.h>

#include "controller/scenario/registry.h"
#include "controller/scenario/sections.h"
#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;

constexpr std::uint32_t most_workers = 10'000;
constexpr Duration least_every = std::chrono::milliseconds(50);

const std::vector<std::string> keys{"kind", "broker", "queue", "workers", "every"};

// The value may hold a password: it is never part of a message.
void read_broker(const Field& field, CeleryObserver& observer) {
  if (!yaml::read_text(field, observer.broker)) return;
  if (observer.broker.starts_with("amqp://")) return;
  field.complain("`broker` is no AMQP URL: it is `amqp://user@host:port/vhost`, without TLS");
}

void read_every(const Field& field, CeleryObserver& observer) {
  if (!yaml::read_duration(field, false, observer.every)) return;
  if (observer.every < least_every) field.complain("`every` must be 50ms or longer");
}

void read_keys(const MapReader& map, CeleryObserver& observer) {
  std::size_t kind = 0;
  const std::vector<std::string>& kinds = observer_kinds();
  yaml::read_index(map.required("kind", fmt::format("valid: {}", fmt::join(kinds, ", "))),
                   "observer", "", kinds, kind);
  read_broker(map.required("broker", "it is the AMQP URL of the workers' broker"), observer);
  yaml::read_text(map.optional("queue"), observer.queue);
  yaml::read_number<std::uint32_t>(
      map.required("workers", "it is how many processes or threads run tasks"), 1, observer.workers,
      most_workers);
  read_every(map.optional("every"), observer);
}

}  // namespace

const std::vector<std::string>& observer_kinds() {
  static const std::vector<std::string> list{"celery"};
  return list;
}

void read_observe(const Field& field, Scenario& scenario) {
  if (!field) return;
  for (const auto& [key, value] : yaml::read_entries(field)) {
    CeleryObserver observer;
    yaml::read_name(key, observer.name);
    const MapReader map(value, fmt::format("observer `{}`", key.node->text), keys);
    if (map.is_map()) read_keys(map, observer);
    scenario.observe.push_back(observer);
  }
}

yaml::Shape shape_of_observer() {
  yaml::Shape shape;
  CeleryObserver unused;
  read_keys(MapReader({nullptr, "observe", nullptr, &shape}, "", keys), unused);
  return shape;
}

}  // namespace cutpoint
