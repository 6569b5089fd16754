// SPDX-License-Identifier: Apache-2.0
#include "controller/run/top_board.h"

#include <algorithm>
#include <tuple>

#include "controller/timeline/error_code.h"
#include "controller/timeline/timeline.h"
#include "generated/protocols.h"

namespace cutpoint {
namespace {

constexpr double ns_per_second = 1e9;

// Of "127.0.0.1:40112 -> 127.0.0.1:5432".
std::string client_of(const std::string& flow) {
  return flow.substr(0, flow.find(' '));
}

// A commit is a part of its exchange: it would be counted twice.
bool is_part(const Answered& answered) {
  const MomentPair& pair = moment_pairs()[answered.pair];
  return pair.protocol == CUT_PROTOCOL_POSTGRES && pair.from == CUT_PG_COMMIT_REQUEST;
}

}  // namespace

void TopBoard::flow_known(const cut_event& event, const TracedFlow& words) {
  Flow flow;
  flow.words = words;
  flow.synchronised = is_synchronised(event);
  flows_.insert_or_assign(event.flow, std::move(flow));
}

void TopBoard::flow_named(std::uint64_t flow, const TracedFlow& words) {
  if (const auto found = flows_.find(flow); found != flows_.end()) found->second.words = words;
}

void TopBoard::see(const cut_event& event, const std::vector<Answered>& answered) {
  const auto found = flows_.find(event.flow);
  if (found == flows_.end()) return;
  Flow& flow = found->second;
  if (event.kind == CUT_EVENT_FLOW_JOINED) flow.synchronised = is_synchronised(event);
  if (event.kind == CUT_EVENT_FLOW_DESYNC) flow.synchronised = false;
  if (event.kind == CUT_EVENT_RETRANSMIT || event.kind == CUT_EVENT_RETRANSMIT_PEER) {
    ++flow.retransmits;
  }
  if (event.kind != CUT_EVENT_MOMENT) return;
  for (const Answered& each : answered) {
    if (is_part(each)) continue;
    if (!flow.answered) flow.answered = std::make_unique<Durations>();
    flow.answered->add(each.answered_ns - each.asked_ns);
  }
  std::string error = error_code(event, flow.words.protocol);
  if (error.empty()) return;
  flow.error = std::move(error);
  flow.error_ns = static_cast<std::int64_t>(event.ns);
}

void TopBoard::add(Sum& sum, const Flow& flow, const TcpState* socket) {
  TopRow& row = sum.row;
  ++row.flows;
  row.not_readable += flow.synchronised ? 0 : 1;
  row.retransmits += flow.retransmits;
  if (flow.answered) sum.answered.add(*flow.answered);
  if (!flow.error.empty() && flow.error_ns >= sum.error_ns) {
    row.error = flow.error;
    sum.error_ns = flow.error_ns;
  }
  if (socket == nullptr) return;
  row.rtt_us = std::max(row.rtt_us, socket->rtt_us);
  row.rto_us = std::max(row.rto_us, socket->rto_us);
  const bool accepted = flow.words.accepted;
  row.service_window_zero |= accepted ? socket->own_window_zero : socket->peer_window_zero;
  row.client_window_zero |= accepted ? socket->peer_window_zero : socket->own_window_zero;
}

std::vector<TopRow> TopBoard::take_rows(bool by_process, const std::vector<Waiting>& waiting,
                                        const std::unordered_map<std::uint64_t, TcpState>& sockets,
                                        std::int64_t now_ns, std::int64_t interval_ns) {
  // Flow, or else process: one of which nothing is known is told by its flow all the same.
  std::map<std::tuple<pid_t, std::string, std::uint64_t>, Sum> sums;
  const auto sum_of = [&](std::uint64_t cookie, const Flow& flow) -> Sum& {
    const bool alone = !by_process || flow.words.pid == 0;
    Sum& sum = alone ? sums[{0, {}, cookie}] : sums[{flow.words.pid, flow.words.service, 0}];
    if (!sum.row.service.empty()) return sum;
    sum.row.flows = 0;
    sum.row.process = flow.words.comm;
    sum.row.pid = flow.words.pid;
    sum.row.service = flow.words.service;
    sum.row.client = client_of(flow.words.flow);
    return sum;
  };
  for (auto& [cookie, flow] : flows_) {
    const auto socket = sockets.find(cookie);
    add(sum_of(cookie, flow), flow, socket == sockets.end() ? nullptr : &socket->second);
    flow.answered.reset();
  }
  for (const Waiting& each : waiting) {
    const auto found = flows_.find(each.flow);
    if (found == flows_.end()) continue;
    TopRow& row = sum_of(each.flow, found->second).row;
    row.in_flight += each.count;
    row.oldest_ns = std::max(row.oldest_ns, now_ns - each.oldest_ns);
  }
  std::vector<TopRow> rows;
  rows.reserve(sums.size());
  for (auto& [key, sum] : sums) {
    const double seconds = static_cast<double>(interval_ns) / ns_per_second;
    const Durations& answered = sum.answered;
    if (seconds > 0) sum.row.answers_per_second = static_cast<double>(answered.count()) / seconds;
    sum.row.p50_ns = answered.quantile_ns(0.5);
    sum.row.p99_ns = answered.quantile_ns(0.99);
    rows.push_back(std::move(sum.row));
  }
  return rows;
}

std::size_t TopBoard::not_synchronised() const {
  return static_cast<std::size_t>(std::count_if(
      flows_.begin(), flows_.end(), [](const auto& flow) { return !flow.second.synchronised; }));
}

}  // namespace cutpoint
