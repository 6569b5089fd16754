// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/verify/amqp_builder.h"

#include <arpa/inet.h>
#include <stdexcept>

#include "controller/scenario/registry.h"
#include "tests/unit/verify/traffic_builder.h"

namespace cutpoint::testing {
namespace {

constexpr int tcp_established = 1;
constexpr int tcp_fin_wait1 = 4;
constexpr std::uint32_t requeue = 1U << CUT_AMQP_FLAG_REQUEUE;

cut_address loopback() {
  return {{0, 0, htonl(0xffff), htonl(INADDR_LOOPBACK)}};
}

Fault corrupting() {
  Fault fault;
  fault.name = "corrupted";
  fault.service = "mq";
  fault.moment = "content.body";
  fault.kind = "corrupt";
  fault.changed = 1;
  return fault;
}

ObserverPlan of_work() {
  ObserverPlan plan;
  plan.name = "work";
  plan.kind = ObserverKind::amqp;
  plan.broker = "amqp://127.0.0.1";
  plan.management = "http://127.0.0.1";
  plan.queue = "work";
  plan.dead_letter_queue = "work.dead";
  return plan;
}

PublishPhase of_phases(const std::string& name, int poison) {
  PublishPhase phase;
  phase.name = name;
  phase.messages = 10;
  phase.rate = 10;
  phase.poison = poison;
  return phase;
}

}  // namespace

AmqpBuilder::AmqpBuilder() {
  scenario.name = "poison-pill";
  scenario.services.push_back(
      {.name = "mq", .protocol = "amqp", .dsn = {}, .address = "127.0.0.1:5672"});
  scenario.services.push_back(
      {.name = "db", .protocol = "postgres", .dsn = "host=127.0.0.1", .address = {}});
  scenario.target = Target{};
  scenario.target->command = {"consumers"};
  scenario.publish = PublishWorkload{};
  scenario.publish->phases = {of_phases("baseline", 0), of_phases("storm", 1)};
  scenario.observe.push_back(of_work());
  scenario.faults.push_back(corrupting());
  facts.scenario = &scenario;
  facts.timeline = &timeline;
  RuleFacts rule;
  rule.name = "corrupted";
  rule.armed_ns = ns(0);
  rule.heals_ns = {ns(1)};
  rule.state.fired = 1;
  rule.state.segments_altered = 1;
  facts.rules.push_back(rule);
  facts.moment_counts.resize(2);
  facts.target.started = true;
  facts.target.exit_code = 0;
  facts.rows[1] = {{"handled", {}}};
  publisher = open(-2);
  event(publisher, -2, CUT_AMQP_CHANNEL_OPEN);
  event(publisher, -2, CUT_AMQP_CONFIRM_SELECT);
  consumer = open(-2);
  event(consumer, -2, CUT_AMQP_CONSUME);
  mirrored(-1);
}

cut_event AmqpBuilder::blank(std::uint64_t flow, double at, cut_event_kind kind) {
  cut_event event{};
  event.ns = static_cast<std::uint64_t>(ns(at));
  event.flow = flow;
  event.kind = kind;
  event.rule = CUT_NO_RULE;
  event.tuple.local = loopback();
  event.tuple.remote = loopback();
  event.tuple.local_port = static_cast<std::uint16_t>(40000 + flow);
  event.tuple.remote_port = 5672;
  return event;
}

std::uint64_t AmqpBuilder::open(double at) {
  const std::uint64_t flow = ++flows_;
  timeline.add(blank(flow, at, CUT_EVENT_FLOW_OPENED));
  return flow;
}

Span AmqpBuilder::event(std::uint64_t flow, double at, cut_amqp_moment moment,
                        const std::map<cut_amqp_attribute, std::uint32_t>& attributes,
                        cut_event_kind how) {
  cut_event event = blank(flow, at, how);
  event.direction = find_protocol("amqp")->moments.at(moment).direction;
  event.moments = 1ULL << moment;
  event.attr[CUT_AMQP_ATTR_CHANNEL] = 1;
  for (const auto& [attribute, value] : attributes) event.attr[attribute] = value;
  event.begin = sequence_;
  event.end = sequence_ += 10;
  timeline.add(event);
  return {flow, static_cast<cut_direction>(event.direction), event.begin, event.end};
}

Span AmqpBuilder::publish(std::uint64_t flow, double at, const std::string& id,
                          cut_event_kind how) {
  return event(flow, at, CUT_AMQP_PUBLISH,
               {{CUT_AMQP_ATTR_MESSAGE_ID, id.empty() ? 0 : hash_of(id)}}, how);
}

Span AmqpBuilder::confirm(std::uint64_t flow, double at, std::uint32_t tag, std::uint32_t flags,
                          cut_event_kind how) {
  return event(flow, at, CUT_AMQP_CONFIRM_ACK,
               {{CUT_AMQP_ATTR_DELIVERY_TAG, tag}, {CUT_AMQP_ATTR_FLAG, flags}}, how);
}

Span AmqpBuilder::deliver(std::uint64_t flow, double at, std::uint32_t tag, const std::string& id,
                          bool redelivered) {
  return event(flow, at, CUT_AMQP_DELIVER,
               {{CUT_AMQP_ATTR_DELIVERY_TAG, tag},
                {CUT_AMQP_ATTR_MESSAGE_ID, id.empty() ? 0 : hash_of(id)},
                {CUT_AMQP_ATTR_REDELIVERED, redelivered ? 1 : 0}});
}

Span AmqpBuilder::settle(std::uint64_t flow, double at, cut_amqp_moment moment, std::uint32_t tag,
                         std::uint32_t flags, cut_event_kind how) {
  return event(flow, at, moment, {{CUT_AMQP_ATTR_DELIVERY_TAG, tag}, {CUT_AMQP_ATTR_FLAG, flags}},
               how);
}

void AmqpBuilder::release(const Span& held, double at) {
  cut_event event = blank(held.flow, at, CUT_EVENT_RELEASED);
  event.direction = held.direction;
  event.begin = held.begin;
  event.end = held.end;
  timeline.add(event);
}

void AmqpBuilder::alter(const Span& changed, double at) {
  cut_event event = blank(changed.flow, at, CUT_EVENT_ALTERED);
  event.direction = changed.direction;
  event.begin = changed.begin + 5;
  event.end = changed.begin + 6;
  timeline.add(event);
}

void AmqpBuilder::close(std::uint64_t flow, double at) {
  cut_event event = blank(flow, at, CUT_EVENT_FLOW_STATE);
  event.begin = tcp_established;
  event.end = tcp_fin_wait1;
  timeline.add(event);
}

void AmqpBuilder::died(double at, std::uint32_t pid, std::uint32_t exit_code,
                       std::uint32_t signal) {
  cut_event event = blank(0, at, CUT_EVENT_PROCESS_DIED);
  event.tuple = {};
  event.attr[0] = pid;
  event.attr[1] = exit_code;
  event.attr[2] = signal;
  timeline.add(event);
}

void AmqpBuilder::says(double at, const std::string& id, const std::string& type, bool poison) {
  probes::HistoryRecord line;
  line.op = "publish";
  line.id = id;
  line.type = type;
  line.ns = ns(at);
  line.poison = poison;
  facts.published.push_back(line);
}

void AmqpBuilder::phase(const std::string& name, double from, double until) {
  probes::HistoryRecord line;
  line.op = "phase";
  line.id = name;
  line.type = "invoke";
  line.ns = ns(from);
  facts.published.push_back(line);
  if (until == 0) return;
  line.type = "ok";
  line.ns = ns(until);
  facts.published.push_back(line);
}

Span AmqpBuilder::send(double at, const std::string& id, bool poison) {
  says(at, id, "invoke", poison);
  const Span place = publish(publisher, at + 0.001, id);
  confirm(publisher, at + 0.002, ++published_);
  says(at + 0.003, id, "ok", poison);
  return place;
}

Span AmqpBuilder::take(double at, const std::string& id, Settled how, bool redelivered) {
  const Span place = deliver(consumer, at, ++delivered_, id, redelivered);
  switch (how) {
    case Settled::acked:
      settle(consumer, at + 0.1, CUT_AMQP_ACK, delivered_);
      break;
    case Settled::requeued:
      settle(consumer, at + 0.1, CUT_AMQP_NACK, delivered_, requeue);
      break;
    case Settled::rejected:
      settle(consumer, at + 0.1, CUT_AMQP_REJECT, delivered_);
      break;
    case Settled::open:
    case Settled::automatic:
    case Settled::lost:
      break;
  }
  return place;
}

void AmqpBuilder::handled(const std::string& id, int times) {
  facts.rows[1]["handled"][id] += times;
}

void AmqpBuilder::valid(double at, const std::string& id) {
  send(at, id);
  take(at + 0.01, id, Settled::acked);
  handled(id);
}

void AmqpBuilder::note(double at, const std::string& what, nlohmann::json data) {
  data["observer"] = "work";
  timeline.add(ns(at), Note{"observer", what, std::move(data)});
}

void AmqpBuilder::dead(double at, const std::string& id, const std::string& reason,
                       const std::string& queue) {
  nlohmann::json data{{"id", id}, {"x_death", !reason.empty()}};
  if (!reason.empty()) data["reason"] = reason;
  if (!queue.empty()) data["queue"] = queue;
  note(at, "dead_letter", std::move(data));
}

void AmqpBuilder::mirrored(double at) {
  note(at, "dead_letters.mirrored", {{"sight", name(probes::Mirrored::State::seen)}});
}

void AmqpBuilder::not_mirrored(double at, probes::Mirrored::State state, const std::string& why) {
  note(at, "dead_letters.mirrored", {{"sight", name(state)}, {"why", why}});
}

void AmqpBuilder::without_mirror() {
  Timeline rest;
  for (const Entry& entry : timeline.entries()) {
    const Note* one = entry.note();
    if (entry.event() != nullptr) rest.add(*entry.event());
    if (one != nullptr && one->what != "dead_letters.mirrored") rest.add(entry.ns, *one);
  }
  timeline = rest;
}

void AmqpBuilder::queue_at_the_end(std::uint64_t ready, std::uint32_t consumers) {
  facts.queues["work"] = {
      .ready = ready, .consumers = consumers, .unacknowledged = 0, .dead_ready = 0};
}

void AmqpBuilder::end(double at, int pid) {
  timeline.add(ns(at),
               Note{"target", "workload.exited", {{"status", "exit code 0"}, {"pid", pid}}});
}

Expectation& AmqpBuilder::expect(const std::string& invariant) {
  Expectation expectation;
  expectation.invariant = invariant;
  expectation.service = "mq";
  expectation.observer = "work";
  expectation.severity = find_invariant(invariant)->severity;
  scenario.expect.push_back(expectation);
  return scenario.expect.back();
}

InvariantResult AmqpBuilder::judge(const std::string& invariant) {
  for (const InvariantResult& result : verify().invariants) {
    if (result.name == invariant) return result;
  }
  throw std::logic_error("no expectation " + invariant);
}

}  // namespace cutpoint::testing
