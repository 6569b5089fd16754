// SPDX-License-Identifier: Apache-2.0
// `observe:` — who is watched beside the wire.
#include <algorithm>
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

std::vector<std::string> keys_of(ObserverKind kind) {
  switch (kind) {
    case ObserverKind::celery:
      return {"kind", "broker", "queue", "workers", "every"};
    case ObserverKind::amqp:
      return {"kind", "broker", "management", "queue", "dead_letter_queue", "every"};
  }
  return {};
}

// Those of any kind, where it is not known.
std::vector<std::string> all_keys() {
  return {"kind", "broker", "management", "queue", "dead_letter_queue", "workers", "every"};
}

// The value may hold a password: it is never part of a message.
void read_management(const Field& field, ObserverPlan& observer) {
  if (!yaml::read_text(field, observer.management)) return;
  if (observer.management.starts_with("http://")) return;
  field.complain("`management` is no URL of a management API: it is `http://user@host:port`");
}

void read_every(const Field& field, ObserverPlan& observer) {
  if (!yaml::read_duration(field, false, observer.every)) return;
  if (observer.every < least_every) field.complain("`every` must be 50ms or longer");
}

void read_keys(const MapReader& map, ObserverKind kind, ObserverPlan& observer) {
  observer.kind = kind;
  read_broker(map.required("broker", "it is the AMQP URL of the broker"), observer.broker);
  if (kind == ObserverKind::celery) {
    observer.queue = "celery";
    yaml::read_text(map.optional("queue"), observer.queue);
    yaml::read_number<std::uint32_t>(
        map.required("workers", "it is how many processes or threads run tasks"), 1,
        observer.workers, most_workers);
  } else {
    yaml::read_text(map.required("queue", "it is the queue that is watched"), observer.queue);
    read_management(map.optional("management"), observer);
    yaml::read_text(map.optional("dead_letter_queue"), observer.dead_letter_queue);
  }
  read_every(map.optional("every"), observer);
}

// The kind that it names; nullopt: none, which is complained about later.
std::optional<ObserverKind> kind_of(const Field& field) {
  const std::string* kind = yaml::peek(field, "kind");
  const std::vector<std::string>& kinds = observer_kinds();
  const auto found = kind == nullptr ? kinds.end() : std::find(kinds.begin(), kinds.end(), *kind);
  if (found == kinds.end()) return std::nullopt;
  return static_cast<ObserverKind>(found - kinds.begin());
}

}  // namespace

void read_broker(const Field& field, std::string& broker) {
  if (!yaml::read_text(field, broker)) return;
  if (broker.starts_with("amqp://")) return;
  field.complain("`broker` is no AMQP URL: it is `amqp://user@host:port/vhost`, without TLS");
}

// In the order of ObserverKind.
const std::vector<std::string>& observer_kinds() {
  static const std::vector<std::string> list{"celery", "amqp"};
  return list;
}

std::string_view observer_kind_name(ObserverKind kind) {
  return observer_kinds()[static_cast<std::size_t>(kind)];
}

void read_observe(const Field& field, Scenario& scenario) {
  if (!field) return;
  for (const auto& [key, value] : yaml::read_entries(field)) {
    ObserverPlan observer;
    yaml::read_name(key, observer.name);
    const auto kind = kind_of(value);
    const MapReader map(value, fmt::format("observer `{}`", key.node->text),
                        kind ? keys_of(*kind) : all_keys());
    if (map.is_map()) {
      const std::vector<std::string>& kinds = observer_kinds();
      std::size_t index = 0;
      yaml::read_index(map.required("kind", fmt::format("valid: {}", fmt::join(kinds, ", "))),
                       "observer", "", kinds, index);
    }
    if (kind) read_keys(map, *kind, observer);
    scenario.observe.push_back(observer);
  }
}

yaml::Shape shape_of_observer(ObserverKind kind) {
  yaml::Shape shape;
  ObserverPlan unused;
  const MapReader map({nullptr, "observe", nullptr, &shape}, "", keys_of(kind));
  std::size_t index = 0;
  yaml::read_index(map.required("kind"), "observer", "", {std::string(observer_kind_name(kind))},
                   index);
  read_keys(map, kind, unused);
  return shape;
}

}  // namespace cutpoint
