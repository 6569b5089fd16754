// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/mirror.h"

#include <fmt/format.h>
#include <utility>

namespace cutpoint::probes {

using State = Mirrored::State;

Result<std::optional<Mirrored>> Mirror::refresh(Broker& broker, Management& management) {
  CUTPOINT_TRY_ASSIGN(wanted, look(management));
  if (!wanted) return std::optional<Mirrored>();
  const bool changed = current_ != wanted;
  current_ = std::move(wanted);
  if (current_->mirrored.state == State::seen) {
    // Also where nothing has changed: an exchange made anew has lost its bindings.
    if (Status bound = bind(broker); !bound) {
      current_.reset();
      return std::move(bound).error();
    }
  }
  if (!changed) return std::optional<Mirrored>();
  return std::optional(current_->mirrored);
}

Result<std::optional<Mirrored>> Mirror::restore(Broker& broker) {
  name_.clear();
  if (!current_ || current_->mirrored.state != State::seen) return std::optional<Mirrored>();
  if (Status bound = bind(broker); !bound) {
    current_.reset();
    return std::move(bound).error();
  }
  return std::optional(Mirrored());
}

Result<std::optional<Mirror::Wanted>> Mirror::look(Management& management) const {
  CUTPOINT_TRY_ASSIGN(queue, management.queue(queue_));
  if (!queue) return std::optional<Wanted>();
  const auto exchange = queue->setting("dead-letter-exchange");
  if (!exchange && !queue->policy) return std::optional<Wanted>();  // a policy may yet name one
  if (!exchange || !exchange->is_string()) {
    return std::optional(Wanted{{}, {State::no_exchange, "no dead-letter exchange"}});
  }
  CUTPOINT_TRY_ASSIGN(wanted, look_at_exchange(management, exchange->get<std::string>()));
  return std::optional(std::move(wanted));
}

Result<Mirror::Wanted> Mirror::look_at_exchange(Management& management,
                                                const std::string& exchange) const {
  if (exchange.empty()) {
    return Wanted{
        {},
        {State::unseen, "dead letters go through the default exchange, which cannot be mirrored"}};
  }
  CUTPOINT_TRY_ASSIGN(found, management.exchange(exchange));
  if (!found) {
    return Wanted{{},
                  {State::missing_exchange, fmt::format("there is no exchange `{}`", exchange)}};
  }
  CUTPOINT_TRY_ASSIGN(bindings, management.bindings_from(exchange));
  Wanted wanted;
  for (Management::Binding& binding : bindings) {
    if (binding.to_exchange || binding.destination == name_) continue;
    if (!dead_letter_queue_.empty() && binding.destination != dead_letter_queue_) continue;
    wanted.bindings.push_back({"", exchange, binding.routing_key, std::move(binding.arguments)});
  }
  if (wanted.bindings.empty()) {
    const std::string queue =
        dead_letter_queue_.empty() ? "no queue" : fmt::format("no queue `{}`", dead_letter_queue_);
    wanted.mirrored = {State::unseen,
                       fmt::format("the exchange `{}` leads to {}", exchange, queue)};
  }
  return wanted;
}

Status Mirror::open(Broker& broker) {
  CUTPOINT_TRY_ASSIGN(name, broker.declare(Broker::Queue{"", false, true, nullptr}));
  CUTPOINT_TRY(broker.consume(name));
  name_ = name;
  return {};
}

Status Mirror::bind(Broker& broker) {
  if (name_.empty()) CUTPOINT_TRY(open(broker));
  for (Broker::Binding binding : current_->bindings) {
    binding.queue = name_;
    CUTPOINT_TRY(broker.bind(binding));
  }
  return {};
}

}  // namespace cutpoint::probes
