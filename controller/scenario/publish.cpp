// SPDX-License-Identifier: Apache-2.0
// `workload: { kind: amqp.publish }`.
#include "controller/scenario/publish.h"

#include <fmt/format.h>
#include <set>

#include "controller/scenario/sections.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;

constexpr int most_messages = 1'000'000;
constexpr double most_per_second = 10'000;

void read_phase(const Field& item, std::vector<PublishPhase>& phases) {
  const MapReader map(item, "a phase", {"name", "messages", "rate", "poison", "poison_every"});
  if (!map.is_map()) return;
  PublishPhase phase;
  yaml::read_name(map.required("name"), phase.name);
  yaml::read_number(map.required("messages", "it is how many valid messages it has"), 1,
                    phase.messages, most_messages);
  const Field rate = map.required("rate", "it is how many of them there are per second");
  if (yaml::read_ratio(rate, phase.rate) && phase.rate > most_per_second) {
    rate.complain(fmt::format("`rate` must be {} per second at most", most_per_second));
  }
  yaml::read_number(map.optional("poison"), 0, phase.poison, most_messages);
  Duration every{};
  if (yaml::read_duration(map.optional("poison_every"), false, every)) phase.poison_every = every;
  phases.push_back(std::move(phase));
}

void read_phases(const Field& field, std::vector<PublishPhase>& phases) {
  if (field.shape != nullptr) {
    read_phase({nullptr, field.name, nullptr, field.shape}, phases);
    field.shape->kind = yaml::Shape::Kind::maps;
    return;
  }
  std::set<std::string> names;
  for (const Field& item : yaml::read_list(field)) {
    const std::size_t before = phases.size();
    read_phase(item, phases);
    if (phases.size() == before || phases.back().name.empty()) continue;
    if (!names.insert(phases.back().name).second) {
      item.complain(fmt::format("two phases are called `{}`", phases.back().name));
    }
  }
}

}  // namespace

const std::vector<std::string>& publish_keys() {
  static const std::vector<std::string> list{"kind",        "broker",      "queue", "exchange",
                                             "routing_key", "celery_task", "body",  "phases",
                                             "declare",     "patience",    "drain"};
  return list;
}

void read_publish(const MapReader& map, Scenario& scenario) {
  PublishWorkload publish;
  read_broker(map.required("broker", "it is the AMQP URL of the broker"), publish.broker);
  yaml::read_text(map.required("queue", "it is the queue that is published to"), publish.queue);
  const Field exchange = map.optional("exchange");
  yaml::read_text(exchange, publish.exchange);
  const Field routing_key = map.optional("routing_key");
  yaml::read_text(routing_key, publish.routing_key);
  if (routing_key && routing_key.node != nullptr && !exchange) {
    routing_key.complain("`routing_key` goes with `exchange`: by the default one it is the queue");
  }
  yaml::read_text(map.optional("celery_task"), publish.celery_task);
  const Field body = map.optional("body");
  yaml::read_text(body, publish.body);
  if (body && body.node != nullptr && !publish.celery_task.empty()) {
    body.complain("`body` is not used for `celery_task`, whose bodies are Celery's");
  }
  read_phases(map.required("phases", "each has a name, messages and a rate"), publish.phases);
  if (const Field declare = map.optional("declare"); declare || declare.shape != nullptr) {
    publish.declare.emplace();
    read_declare(declare, *publish.declare);
  }
  yaml::read_duration(map.optional("patience"), false, publish.patience);
  yaml::read_duration(map.optional("drain"), true, publish.drain);
  scenario.publish = std::move(publish);
}

}  // namespace cutpoint
