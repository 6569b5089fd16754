// SPDX-License-Identifier: Apache-2.0
// The figures of a broker: what became of poison, and of the rate beside it.
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
  Measured most{.why = "no poison message was published"};
  for (const PublishedMessage* message : poison_of(all)) {
    const auto deliveries = all.deliveries_of(*message);
    const auto times = static_cast<double>(deliveries.size());
    if (most.value && *most.value >= times) continue;
    most = {.value = times};
    for (const AmqpDelivery* delivery : deliveries) cite(most, *delivery);
  }
  return most;
}

Measured coming_back(const AmqpCase& all, bool is_watched) {
  const auto poison = poison_of(all);
  if (poison.empty()) return {.why = "no poison message was published"};
  if (!is_watched) return {.why = "nobody watched for dead letters"};
  Measured measured{.value = 0};
  for (const PublishedMessage* message : poison) {
    const auto deliveries = all.deliveries_of(*message);
    if (deliveries.empty() || !deliveries.back()->comes_back()) continue;
    if (!all.letters_of(*message).empty()) continue;
    if (!all.queue.lost.empty()) return {.why = all.queue.lost};  // it may have been there unseen
    *measured.value += 1;
    cite(measured, *deliveries.back());
  }
  return measured;
}

// As amqp.redeliveries has it: what comes back because cutpoint ends the target is not counted.
Measured redeliveries(const AmqpCase& all) {
  Measured measured{.value = 0};
  for (const AmqpDelivery& delivery : all.traffic.deliveries) {
    if (!delivery.redelivered || delivery.ns >= all.traffic.end_ns) continue;
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
  std::string observer;
  for (const ObserverPlan& plan : facts.scenario->observe) {
    if (plan.kind == ObserverKind::amqp) observer = plan.name;
  }
  const AmqpCase all = amqp_case(facts, service, observer);
  Figures figures;
  figures["amqp.processes_died"] = processes_died(all);
  figures["amqp.redelivered"] = redeliveries(all);
  figures["amqp.poison_deliveries"] = most_deliveries(all);
  figures["amqp.poison_coming_back"] = coming_back(all, !observer.empty());
  figures["amqp.throughput_ratio"] = ratio_of(facts, verdict, "amqp.throughput_retained", service);
  return figures;
}

}  // namespace cutpoint
