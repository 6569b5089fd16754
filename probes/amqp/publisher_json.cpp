// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "probes/amqp/publisher.h"

namespace cutpoint::probes {
namespace {

using Json = nlohmann::json;
using std::chrono::nanoseconds;

Json phase_to_json(const PublishPhase& phase) {
  Json object{{"name", phase.name},
              {"messages", phase.messages},
              {"rate", phase.rate},
              {"poison", phase.poison}};
  if (phase.poison_every) object["poison_every_ns"] = phase.poison_every->count();
  return object;
}

PublishPhase phase_from_json(const Json& object) {
  PublishPhase phase;
  object.at("name").get_to(phase.name);
  object.at("messages").get_to(phase.messages);
  object.at("rate").get_to(phase.rate);
  object.at("poison").get_to(phase.poison);
  if (object.contains("poison_every_ns")) {
    phase.poison_every = nanoseconds(object.at("poison_every_ns").get<std::int64_t>());
  }
  return phase;
}

}  // namespace

std::string to_json(const PublishOptions& options) {
  Json object{{"url", options.url},
              {"exchange", options.exchange},
              {"routing_key", options.routing_key},
              {"queue", options.queue},
              {"celery_task", options.celery_task},
              {"body", options.body},
              {"phases", Json::array()},
              {"patience_ns", options.patience.count()},
              {"drain_ns", options.drain.count()},
              {"history", options.history}};
  for (const PublishPhase& phase : options.phases) {
    object["phases"].push_back(phase_to_json(phase));
  }
  return object.dump();
}

PublishOptions publish_options_from_json(const std::string& text) {
  const Json object = Json::parse(text);
  PublishOptions options;
  object.at("url").get_to(options.url);
  object.at("exchange").get_to(options.exchange);
  object.at("routing_key").get_to(options.routing_key);
  object.at("queue").get_to(options.queue);
  object.at("celery_task").get_to(options.celery_task);
  object.at("body").get_to(options.body);
  for (const Json& phase : object.at("phases")) options.phases.push_back(phase_from_json(phase));
  options.patience = nanoseconds(object.at("patience_ns").get<std::int64_t>());
  options.drain = nanoseconds(object.at("drain_ns").get<std::int64_t>());
  object.at("history").get_to(options.history);
  return options;
}

}  // namespace cutpoint::probes
