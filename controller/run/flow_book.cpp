// SPDX-License-Identifier: Apache-2.0
#include "controller/run/flow_book.h"

#include <algorithm>
#include <netinet/tcp.h>

#include "bpf/abi/postgres.h"
#include "controller/util/serial_number.h"

namespace cutpoint {
namespace {

bool has(const cut_event& event, unsigned moment) {
  return ((event.moments >> moment) & 1U) != 0;
}

// Exchanges are answered one after another; an error ends all that is left of its own.
void close_answered(std::vector<std::uint32_t>& open, const cut_event& event) {
  const bool fails = has(event, CUT_PG_ERROR);
  if (!fails && !has(event, CUT_PG_COMMIT_ACK) && !has(event, CUT_PG_ROLLBACK_ACK)) return;
  std::erase_if(open, [&](std::uint32_t exchange) {
    return serial_before(exchange, event.exchange) || (fails && exchange == event.exchange);
  });
  if (!fails && !open.empty() && open.front() == event.exchange) open.erase(open.begin());
}

}  // namespace

bool FlowBook::asks_for_commit(const cut_event& event) {
  return event.kind == CUT_EVENT_MOMENT && event.direction == CUT_UPSTREAM &&
         has(event, CUT_PG_COMMIT_REQUEST);
}

bool FlowBook::answers_no_commit(const cut_event& event) const {
  if (event.kind != CUT_EVENT_MOMENT || !has(event, CUT_PG_COMMIT_ACK)) return false;
  const FlowNote* note = find(event.flow);
  return note == nullptr || note->open_commits.empty();
}

bool FlowBook::cuts_commit(const cut_event& event) {
  return (event.kind == CUT_EVENT_HELD || event.kind == CUT_EVENT_FIRED) &&
         has(event, CUT_PG_COMMIT_REQUEST);
}

void FlowBook::see_moment(FlowNote& note, const cut_event& event) {
  if (has(event, CUT_PG_BACKEND_KEY)) {
    note.backend_pid = static_cast<int>(event.attr[CUT_PG_ATTR_PID]);
  }
  if (has(event, CUT_PG_COMMIT_ACK)) last_commit_ns_ = static_cast<std::int64_t>(event.ns);
  if (event.direction == CUT_UPSTREAM && has(event, CUT_PG_COMMIT_REQUEST)) {
    note.open_commits.push_back(event.exchange);
  }
  if (event.direction == CUT_DOWNSTREAM) close_answered(note.open_commits, event);
}

// Whatever ends in these bytes has arrived.
void FlowBook::see_released(FlowNote& note, const cut_event& event) {
  const auto arrived = [&](const cut_event& held) {
    return held.direction == event.direction && !serial_before(event.end, held.end);
  };
  for (const cut_event& held : note.held) {
    if (!arrived(held)) continue;
    cut_event told = held;
    told.ns = event.ns;
    see_moment(note, told);
  }
  std::erase_if(note.held, arrived);
}

void FlowBook::see_state(FlowNote& note, const cut_event& event) {
  switch (event.end) {
    case TCP_ESTABLISHED:
      note.established = true;
      break;
    case TCP_FIN_WAIT1:
    case TCP_LAST_ACK:
    case TCP_CLOSE:
      note.client_gone = true;
      break;
    default:
      break;
  }
}

void FlowBook::see(const cut_event& event) {
  if (event.flow == 0) return;
  FlowNote& note = flows_[event.flow];
  note.cookie = event.flow;
  note.service = event.service;
  const auto ns = static_cast<std::int64_t>(event.ns);
  switch (static_cast<cut_event_kind>(event.kind)) {
    case CUT_EVENT_MOMENT:
      // What a silence had held is told of once more as it passes.
      std::erase_if(note.held, [&](const cut_event& held) {
        return held.direction == event.direction && held.begin == event.begin;
      });
      see_moment(note, event);
      break;
    case CUT_EVENT_FIRED:
      note.cut = true;
      break;
    case CUT_EVENT_SWALLOWED:
    case CUT_EVENT_TRUNCATED:
      note.cut = true;
      if (event.direction == CUT_UPSTREAM && event.length > 0) note.holds_bytes = true;
      break;
    case CUT_EVENT_HELD:
      note.cut = true;
      if (event.direction == CUT_UPSTREAM) note.holds_bytes = true;
      note.held.push_back(event);
      break;
    case CUT_EVENT_RELEASED:
      see_released(note, event);
      if (event.direction == CUT_UPSTREAM) note.holds_bytes = false;
      note.settled_ns = ns;
      break;
    case CUT_EVENT_FLOW_STATE:
      see_state(note, event);
      break;
    case CUT_EVENT_FLOW_CLOSED:
      note.closed = true;
      note.client_gone = true;
      note.holds_bytes = false;
      note.settled_ns = ns;
      break;
    case CUT_EVENT_RESET_RECEIVED:
      note.reset_here = true;
      break;
    case CUT_EVENT_RESET_RECEIVED_PEER:
      note.reset_there = true;
      break;
    case CUT_EVENT_FLOW_JOINED:
      note.established = true;
      if (event.attr[1] != 0) note.backend_pid = static_cast<int>(event.attr[1]);
      break;
    case CUT_EVENT_FLOW_OPENED:
    case CUT_EVENT_FLOW_ESTABLISHED:
    case CUT_EVENT_FLOW_DESYNC:
    case CUT_EVENT_WOULD_FIRE:
    case CUT_EVENT_MISMATCH:  // told of as a moment as well
    case CUT_EVENT_RETRANSMIT:
    case CUT_EVENT_RETRANSMIT_PEER:
    case CUT_EVENT_RTO:
    case CUT_EVENT_RESET_SENT:
    case CUT_EVENT_RESET_SENT_PEER:
    case CUT_EVENT_ALTERED:
    case CUT_EVENT_DUPLICATED:
    case CUT_EVENT_DSACK:
    case CUT_EVENT_REFUSED:
    case CUT_EVENT_SIGNALLED:
    case CUT_EVENT_CODE_MAPPED:
    case CUT_EVENT_PROCESS_DIED:
    case CUT_EVENT_KINDS:
      break;
  }
}

const FlowNote* FlowBook::find(std::uint64_t cookie) const {
  const auto found = flows_.find(cookie);
  return found == flows_.end() ? nullptr : &found->second;
}

bool FlowBook::has_open_commits() const {
  return std::any_of(flows_.begin(), flows_.end(), [](const auto& entry) {
    return !entry.second.open_commits.empty() && !entry.second.client_gone;
  });
}

std::vector<const FlowNote*> FlowBook::cut_flows() const {
  std::vector<const FlowNote*> result;
  for (const auto& [cookie, note] : flows_) {
    if (note.cut) result.push_back(&note);
  }
  return result;
}

}  // namespace cutpoint
