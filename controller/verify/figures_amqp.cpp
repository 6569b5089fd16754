// SPDX-License-Identifier: Apache-2.0
// The figures of a broker: what became of poison, and of the rate beside it.
#include <algorithm>

#include "controller/verify/amqp_case.h"
#include "controller/verify/figures.h"

namespace cutpoint {
namespace {

void cite(Measured& measured, const AmqpDelivery& delivery) {
  measured.evidence.insert(measured.evidence.end(), delivery.evidence.begin(),
                           delivery.evidence.end());
}

std::vector<const PublishedMessage*> poison_of(const AmqpCase& all) {
  std::vector<const PublishedMessage*> poison;
  for (const PublishedMessage& message : all.published) {
    if (!message.is_valid()) poison.push_back(&message);
  }
  return poison;
}

Measured most_deliveries(const AmqpCase& all) {
  const Measured none{.why = "no poison message was published"};
  Measured most = none;
  for (const PublishedMessage* message : poison_of(all)) {
    const auto deliveries = all.deliveries_of(*message);
    const auto times = static_cast<double>(deliveries.size());
    if (most.value && *most.value >= times) continue;
    most = {.value = times};
    for (const AmqpDelivery* delivery : deliveries) cite(most, *delivery);
  }
  return most;
}

// The broker is to deliver it again: its last delivery settled nothing.
bool comes_back(const AmqpCase& all, const PublishedMessage& message) {
  const auto deliveries = all.deliveries_of(message);
  if (deliveries.empty() || !all.letters_of(message).empty()) return false;
  switch (deliveries.back()->settled) {
    case Settled::requeued:
    case Settled::lost:
    case Settled::open:
      return true;
    case Settled::acked:
    case Settled::automatic:
    case Settled::rejected:
      return false;
  }
  return false;
}

Measured coming_back(const AmqpCase& all) {
  if (poison_of(all).empty()) return {.why = "no poison message was published"};
  if (all.of.expectation.observer.empty()) return {.why = "nobody watched for dead letters"};
  if (!all.queue.lost.empty()) return {.why = all.queue.lost};
  Measured measured{.value = 0};
  for (const PublishedMessage* message : poison_of(all)) {
    if (!comes_back(all, *message)) continue;
    *measured.value += 1;
    cite(measured, *all.deliveries_of(*message).back());
  }
  return measured;
}

Measured redeliveries(const AmqpCase& all) {
  Measured measured{.value = 0};
  for (const AmqpDelivery& delivery : all.traffic.deliveries) {
    if (!delivery.redelivered) continue;
    *measured.value += 1;
    cite(measured, delivery);
  }
  return measured;
}

Measured processes_died(const AmqpCase& all) {
  Measured measured{.value = static_cast<double>(all.traffic.deaths.size())};
  for (const ProcessDeath& death : all.traffic.deaths) measured.evidence.push_back(death.number);
  return measured;
}

}  // namespace

Figures figures_of_amqp(const RunFacts& facts, const Verdict& verdict, std::uint8_t service) {
  Expectation watched;
  for (const ObserverPlan& observer : facts.scenario->observe) {
    if (observer.kind == ObserverKind::amqp) watched.observer = observer.name;
  }
  const std::vector<Attempt> none;
  const AmqpCase all = amqp_case({watched, facts, none, service});
  Figures figures;
  figures["amqp.processes_died"] = processes_died(all);
  figures["amqp.redelivered"] = redeliveries(all);
  figures["amqp.poison_deliveries"] = most_deliveries(all);
  figures["amqp.poison_coming_back"] = coming_back(all);
  figures["amqp.throughput_ratio"] = ratio_of(facts, verdict, "amqp.throughput_retained", service);
  return figures;
}

}  // namespace cutpoint
