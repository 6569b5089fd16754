// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/verify/run_builder.h"

#include <algorithm>
#include <arpa/inet.h>

namespace cutpoint::testing {
namespace {

constexpr int tcp_established = 1;
constexpr int tcp_fin_wait1 = 4;

cut_address loopback() {
  return {{0, 0, htonl(0xffff), htonl(INADDR_LOOPBACK)}};
}

Expectation expect(const std::string& invariant, Severity severity) {
  Expectation expectation;
  expectation.invariant = invariant;
  expectation.service = "db";
  expectation.severity = severity;
  return expectation;
}

std::vector<Expectation> all_invariants() {
  std::vector<Expectation> all = {expect("postgres.atomic", Severity::critical),
                                  expect("postgres.acked_is_durable", Severity::critical),
                                  expect("postgres.exactly_once", Severity::critical),
                                  expect("postgres.belief_agrees", Severity::high),
                                  expect("postgres.recovers_within", Severity::high),
                                  expect("postgres.no_orphans", Severity::high)};
  all[0].tables = {"products", "variants"};
  all[0].by = "order_id";
  all[2].by = "order_id";
  all[4].time = std::chrono::seconds(45);
  all[5].after = std::chrono::seconds(10);
  return all;
}

Fault partition_at_commit() {
  Fault fault;
  fault.name = "partition-at-commit";
  fault.service = "db";
  fault.moment = "commit.request";
  fault.moment_bit = CUT_PG_COMMIT_REQUEST;
  fault.nth = 20;
  fault.kind = "blackhole";
  fault.scope = CUT_SCOPE_SERVICE;
  fault.duration = std::chrono::seconds(30);
  return fault;
}

}  // namespace

RunBuilder::RunBuilder() {
  scenario.name = "split-brain";
  scenario.title = "The network is severed while PostgreSQL commits";
  scenario.services.push_back({"db", "postgres", "host=127.0.0.1 password=secret", ""});
  scenario.workload = OrdersWorkload{};
  scenario.faults.push_back(partition_at_commit());
  scenario.expect = all_invariants();
  facts.scenario = &scenario;
  facts.timeline = &timeline;
  facts.has_history = true;
  RuleFacts rule;
  rule.name = "partition-at-commit";
  rule.armed_ns = now_.count();
  facts.rules.push_back(rule);
  facts.moment_counts.resize(1);
  facts.rows[0] = {{"products", {}}, {"variants", {}}};
  facts.target.started = true;
  facts.target.exit_code = 0;
}

FlowBuilder RunBuilder::connect(int pid, std::uint8_t service) {
  FlowBuilder flow(*this, ++flows_, pid, service);
  flow.event(CUT_EVENT_FLOW_OPENED, 999).event(CUT_EVENT_FLOW_ESTABLISHED);
  cut_event key = flow.blank(CUT_EVENT_MOMENT, CUT_DOWNSTREAM);
  key.moments = 1ULL << CUT_PG_BACKEND_KEY;
  key.attr[CUT_PG_ATTR_PID] = static_cast<std::uint32_t>(pid);
  const auto span = flow.next(CUT_DOWNSTREAM, 13);
  key.begin = span.begin;
  key.end = span.end;
  flow.emit(key);
  return flow;
}

RunBuilder& RunBuilder::wait(std::chrono::milliseconds time) {
  now_ += time;
  return *this;
}

RunBuilder& RunBuilder::heal() {
  facts.rules.front().heals_ns.push_back(now_.count());
  return wait(std::chrono::milliseconds(1));
}

RunBuilder& RunBuilder::without_history() {
  facts.has_history = false;
  facts.history.clear();
  return *this;
}

RunBuilder& RunBuilder::without_xids() {
  facts.xact_status.clear();
  for (auto& record : facts.history) record.xid.clear();
  return *this;
}

RunBuilder& RunBuilder::only(const std::string& invariant) {
  std::erase_if(scenario.expect, [&invariant](const Expectation& expectation) {
    return expectation.invariant != invariant;
  });
  return *this;
}

FlowBuilder::FlowBuilder(RunBuilder& run, std::uint64_t cookie, int pid, std::uint8_t service)
    : run_(run),
      cookie_(cookie),
      pid_(pid),
      service_(service),
      port_(static_cast<std::uint16_t>(40000 + cookie)) {}

cut_event FlowBuilder::blank(cut_event_kind kind, cut_direction direction) const {
  cut_event event{};
  event.kind = kind;
  event.direction = direction;
  event.flow = has_socket_ ? cookie_ : 0;
  event.tuple = {loopback(), loopback(), port_, 5432};
  event.service = service_;
  event.rule = CUT_NO_RULE;
  event.exchange = exchange_;
  return event;
}

void FlowBuilder::emit(cut_event event) {
  run_.wait(std::chrono::milliseconds(1));
  event.ns = static_cast<std::uint64_t>(run_.now_ns());
  event.number = run_.facts.events_seen++;
  run_.timeline.add(event);
}

FlowBuilder::Span FlowBuilder::next(cut_direction direction, std::uint32_t length) {
  const std::uint32_t begin = next_seq_[direction];
  next_seq_[direction] += length;
  return {begin, begin + length};
}

void FlowBuilder::message(cut_event_kind kind, cut_direction direction, unsigned moment, Span span,
                          std::uint32_t cut) {
  cut_event event = blank(kind, direction);
  event.moments = 1ULL << moment;
  event.begin = span.begin;
  event.end = span.end;
  event.length = span.end - span.begin;
  event.flags = CUT_FACT_IN_TRANSACTION;
  if (kind == CUT_EVENT_FIRED || kind == CUT_EVENT_WOULD_FIRE) {
    event.rule = 0;
    event.cut = cut;
    ++(kind == CUT_EVENT_FIRED ? run_.rule().fired : run_.rule().would_fire);
    if (kind == CUT_EVENT_FIRED) ++run_.rule().segments_swallowed;
  }
  emit(event);
}

FlowBuilder& FlowBuilder::event(cut_event_kind kind, std::uint32_t begin, std::uint32_t end) {
  cut_event event = blank(kind, CUT_UPSTREAM);
  event.begin = begin;
  event.end = end;
  emit(event);
  return *this;
}

void FlowBuilder::record(const std::string& type) {
  newest_.type = type;
  newest_.ns = run_.now_ns();
  run_.facts.history.push_back(newest_);
}

FlowBuilder& FlowBuilder::invoke(int id, int attempt, const std::string& op) {
  newest_ = {};
  newest_.op = op;
  newest_.id = std::to_string(id);
  newest_.attempt = attempt;
  newest_.pid = pid_;
  newest_.xid = std::to_string(++run_.xids_);
  record("invoke");
  return *this;
}

FlowBuilder& FlowBuilder::request() {
  request_ = next(CUT_UPSTREAM, RunBuilder::request_bytes);
  message(CUT_EVENT_MOMENT, CUT_UPSTREAM, CUT_PG_COMMIT_REQUEST, request_);
  return *this;
}

FlowBuilder& FlowBuilder::cut_request(std::uint32_t kept) {
  request_ = next(CUT_UPSTREAM, RunBuilder::request_bytes);
  message(CUT_EVENT_FIRED, CUT_UPSTREAM, CUT_PG_COMMIT_REQUEST, request_, request_.begin + kept);
  if (kept >= RunBuilder::request_bytes) {
    message(CUT_EVENT_MOMENT, CUT_UPSTREAM, CUT_PG_COMMIT_REQUEST, request_);
  }
  return *this;
}

FlowBuilder& FlowBuilder::hold_request() {
  request_ = next(CUT_UPSTREAM, RunBuilder::request_bytes);
  message(CUT_EVENT_HELD, CUT_UPSTREAM, CUT_PG_COMMIT_REQUEST, request_);
  return *this;
}

FlowBuilder& FlowBuilder::deliver_request() {
  message(CUT_EVENT_MOMENT, CUT_UPSTREAM, CUT_PG_COMMIT_REQUEST, request_);
  return release_request();
}

FlowBuilder& FlowBuilder::answer(unsigned moment) {
  ack_ = next(CUT_DOWNSTREAM, RunBuilder::ack_bytes);
  message(CUT_EVENT_MOMENT, CUT_DOWNSTREAM, moment, ack_);
  return *this;
}

FlowBuilder& FlowBuilder::exchange(std::uint32_t number) {
  exchange_ = number;
  return *this;
}

FlowBuilder& FlowBuilder::ack() {
  return answer(CUT_PG_COMMIT_ACK);
}

FlowBuilder& FlowBuilder::cut_ack() {
  ack_ = next(CUT_DOWNSTREAM, RunBuilder::ack_bytes);
  message(CUT_EVENT_FIRED, CUT_DOWNSTREAM, CUT_PG_COMMIT_ACK, ack_, ack_.begin);
  return *this;
}

FlowBuilder& FlowBuilder::mismatch() {
  answer(CUT_PG_ROLLBACK_ACK);
  message(CUT_EVENT_MISMATCH, CUT_DOWNSTREAM, CUT_PG_ROLLBACK_ACK, ack_);
  return *this;
}

FlowBuilder& FlowBuilder::rollback_request() {
  message(CUT_EVENT_MOMENT, CUT_UPSTREAM, CUT_PG_ROLLBACK_REQUEST, next(CUT_UPSTREAM, 16));
  return *this;
}

FlowBuilder& FlowBuilder::rollback() {
  return rollback_request().answer(CUT_PG_ROLLBACK_ACK);
}

FlowBuilder& FlowBuilder::release_request() {
  return event(CUT_EVENT_RELEASED, request_.begin, request_.end);
}

FlowBuilder& FlowBuilder::release_ack() {
  cut_event event = blank(CUT_EVENT_RELEASED, CUT_DOWNSTREAM);
  event.begin = ack_.begin;
  event.end = ack_.end;
  emit(event);
  return *this;
}

FlowBuilder& FlowBuilder::close() {
  return event(CUT_EVENT_FLOW_STATE, tcp_established, tcp_fin_wait1);
}

FlowBuilder& FlowBuilder::socket_gone() {
  event(CUT_EVENT_FLOW_CLOSED);
  has_socket_ = false;
  return *this;
}

FlowBuilder& FlowBuilder::says(const std::string& type) {
  record(type);
  return *this;
}

FlowBuilder& FlowBuilder::found_out(bool committed) {
  newest_.committed = committed;
  record("resolved");
  newest_.committed.reset();
  return *this;
}

FlowBuilder& FlowBuilder::fate(probes::XactStatus status) {
  run_.facts.xact_status[{service_, newest_.xid}] = status;
  return *this;
}

FlowBuilder& FlowBuilder::seen(const std::string& xid, probes::XactStatus status) {
  const std::int64_t asked_ns = run_.now_ns();
  run_.wait(std::chrono::milliseconds(1));
  run_.facts.seen_xids.push_back({cookie_, xid, asked_ns, run_.now_ns()});
  run_.facts.xact_status[{service_, xid}] = status;
  return *this;
}

FlowBuilder& FlowBuilder::committed() {
  for (auto& [table, rows] : run_.facts.rows[0]) ++rows[newest_.id];
  return fate(probes::XactStatus::committed);
}

FlowBuilder& FlowBuilder::aborted() {
  return fate(probes::XactStatus::aborted);
}

FlowBuilder& FlowBuilder::commit(int id, int attempt) {
  ++exchange_;
  return invoke(id, attempt).request().ack().says("ok").committed();
}

std::vector<std::string> invariants_that_are(Outcome outcome, const Verdict& verdict) {
  std::vector<std::string> names;
  for (const InvariantResult& result : verdict.invariants) {
    if (result.outcome == outcome) names.push_back(result.name);
  }
  return names;
}

const InvariantResult& invariant(const Verdict& verdict, const std::string& name) {
  static const InvariantResult missing;
  const auto found =
      std::find_if(verdict.invariants.begin(), verdict.invariants.end(),
                   [&name](const InvariantResult& result) { return result.name == name; });
  return found == verdict.invariants.end() ? missing : *found;
}

FlowBuilder orders_up_to_the_cut(RunBuilder& run) {
  FlowBuilder flow = run.connect(4711);
  for (int id = 1; id < 20; ++id) flow.commit(id);
  flow.invoke(20);
  return flow;
}

void remaining_orders(RunBuilder& run) {
  FlowBuilder flow = run.connect(4999);
  for (int id = 21; id <= 50; ++id) flow.commit(id);
  flow.close();
}

}  // namespace cutpoint::testing
