// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/verify/traffic_builder.h"

#include <arpa/inet.h>
#include <cmath>
#include <stdexcept>

namespace cutpoint::testing {
namespace {

constexpr int tcp_established = 1;
constexpr int tcp_fin_wait1 = 4;
constexpr int tcp_close_wait = 8;

cut_address loopback() {
  return {{0, 0, htonl(0xffff), htonl(INADDR_LOOPBACK)}};
}

Fault black_hole() {
  Fault fault;
  fault.name = "black-hole";
  fault.service = "llm";
  fault.moment = "request.end";
  fault.kind = "blackhole";
  fault.directions = CUT_DOWN;
  fault.acks = CUT_ACKS_PASS;
  fault.scope = CUT_SCOPE_SERVICE;
  return fault;
}

}  // namespace

std::int64_t ns(double seconds) {
  return std::llround((seconds + 1000) * 1e9);
}

TrafficBuilder::TrafficBuilder() {
  const auto words = http_words();
  if (!words) throw std::logic_error("no protocol http");
  words_ = *words;
  scenario.name = "black-hole";
  scenario.services.push_back(
      {.name = "llm", .protocol = "http", .dsn = {}, .address = "127.0.0.1:443"});
  scenario.target = Target{};
  scenario.faults.push_back(black_hole());
  ObserverPlan workers;
  workers.name = "workers";
  workers.broker = "amqp://127.0.0.1";
  workers.queue = "celery";
  workers.workers = 2;
  scenario.observe.push_back(workers);
  facts.scenario = &scenario;
  facts.timeline = &timeline;
  facts.rules.push_back(
      {.name = "black-hole", .armed_ns = ns(0), .heals_ns = {}, .resets = {}, .frozen_cgroup = {}});
  facts.moment_counts.resize(1);
  facts.target.started = true;
  facts.target.exit_code = 0;
}

cut_event TrafficBuilder::blank(std::uint64_t flow, double at, cut_event_kind kind) {
  cut_event event{};
  event.ns = static_cast<std::uint64_t>(ns(at));
  event.flow = flow;
  event.kind = kind;
  event.rule = CUT_NO_RULE;
  event.tuple.local = loopback();
  event.tuple.remote = loopback();
  event.tuple.local_port = static_cast<std::uint16_t>(40000 + flow % 20000);
  event.tuple.remote_port = 443;
  return event;
}

std::uint64_t TrafficBuilder::open(double at, std::uint8_t service) {
  const std::uint64_t flow = ++flows_;
  cut_event event = blank(flow, at, CUT_EVENT_FLOW_OPENED);
  event.service = service;
  timeline.add(event);
  return flow;
}

void TrafficBuilder::message(std::uint64_t flow, double at, cut_direction direction,
                             std::uint64_t moments, std::uint32_t exchange, std::uint32_t status) {
  cut_event event = blank(flow, at, CUT_EVENT_MOMENT);
  event.direction = direction;
  event.moments = moments;
  event.exchange = exchange;
  event.attr[words_.status] = status;
  if (words_.stream && direction == CUT_UPSTREAM) event.attr[*words_.stream] = exchange;
  event.begin = sequence_;
  event.end = sequence_ += 10;
  timeline.add(event);
}

void TrafficBuilder::request(std::uint64_t flow, double at, std::uint32_t exchange) {
  message(flow, at, CUT_UPSTREAM, 1ULL << words_.request_end, exchange, 0);
}

void TrafficBuilder::answer(std::uint64_t flow, double at, std::uint32_t exchange,
                            std::uint32_t status) {
  message(flow, at, CUT_DOWNSTREAM, 1ULL << words_.response_head | 1ULL << words_.response_end,
          exchange, status);
}

void TrafficBuilder::head(std::uint64_t flow, double at, std::uint32_t status) {
  message(flow, at, CUT_DOWNSTREAM, 1ULL << words_.response_head, 0, status);
}

void TrafficBuilder::close(std::uint64_t flow, double at) {
  cut_event event = blank(flow, at, CUT_EVENT_FLOW_STATE);
  event.begin = tcp_established;
  event.end = tcp_fin_wait1;
  timeline.add(event);
}

void TrafficBuilder::closed_by_service(std::uint64_t flow, double at) {
  cut_event event = blank(flow, at, CUT_EVENT_FLOW_STATE);
  event.begin = tcp_established;
  event.end = tcp_close_wait;
  timeline.add(event);
}

void TrafficBuilder::event(std::uint64_t flow, double at, cut_event_kind kind, std::uint32_t attr) {
  cut_event event = blank(flow, at, kind);
  event.attr[0] = attr;
  timeline.add(event);
}

void TrafficBuilder::fire(double at, double heal) {
  const std::uint64_t flow = open(at);
  cut_event event = blank(flow, at, CUT_EVENT_FIRED);
  event.rule = 0;
  event.moments = 1ULL << words_.request_end;
  event.begin = sequence_;
  event.end = event.cut = sequence_ += 10;
  timeline.add(event);
  facts.rules[0].state.fired++;
  facts.rules[0].heals_ns.push_back(ns(heal));
  close(flow, at + 1);
}

void TrafficBuilder::answered(double at, double after, std::uint32_t status) {
  const std::uint64_t flow = open(at);
  request(flow, at);
  answer(flow, at + after, 0, status);
  close(flow, at + after);
}

void TrafficBuilder::given_up(double at, double after) {
  const std::uint64_t flow = open(at);
  request(flow, at);
  close(flow, at + after);
}

void TrafficBuilder::answered_every(double step, double from, double until) {
  for (int i = 0; from + i * step < until; ++i) answered(from + i * step);
}

void TrafficBuilder::note(double at, const std::string& what, nlohmann::json data) {
  data["observer"] = "workers";
  timeline.add(ns(at), Note{"observer", what, std::move(data)});
}

void TrafficBuilder::attached() {
  note(-1, "observer.attached", nlohmann::json::object());
}

void TrafficBuilder::task(const std::string& id, double from, double until, const std::string& how,
                          const std::string& name) {
  if (!name.empty()) note(from, "task.received", {{"id", id}, {"name", name}});
  note(from, "task.started", {{"id", id}});
  if (!how.empty()) note(until, "task." + how, {{"id", id}});
}

void TrafficBuilder::depth(double at, std::uint64_t messages) {
  note(at, "queue.depth", {{"depth", messages}});
}

void TrafficBuilder::end(double at) {
  timeline.add(ns(at), Note{"target", "target.exited", {}});
}

Expectation& TrafficBuilder::expect(const std::string& invariant) {
  Expectation expectation;
  expectation.invariant = invariant;
  if (invariant.starts_with("http.")) expectation.service = "llm";
  scenario.expect.push_back(expectation);
  return scenario.expect.back();
}

Verdict TrafficBuilder::verify() {
  return cutpoint::verify(facts);
}

InvariantResult TrafficBuilder::judge(const std::string& invariant) {
  for (const InvariantResult& result : verify().invariants) {
    if (result.name == invariant) return result;
  }
  throw std::logic_error("no expectation " + invariant);
}

}  // namespace cutpoint::testing
