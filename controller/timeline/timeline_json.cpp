// SPDX-License-Identifier: Apache-2.0
// The timeline as text: one JSON object per entry.
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <fmt/core.h>

#include "bpf/abi/reasons.h"
#include "controller/timeline/flows.h"
#include "controller/timeline/names.h"
#include "controller/timeline/timeline.h"

namespace cutpoint {
namespace {

nlohmann::json flag_names(unsigned flags) {
  auto names = nlohmann::json::array();
  if ((flags & CUT_FACT_IN_TRANSACTION) != 0) names.push_back("in-transaction");
  if ((flags & CUT_FACT_COLLATERAL) != 0) names.push_back("collateral");
  if ((flags & CUT_FACT_SEVERAL) != 0) names.push_back("several");
  if ((flags & CUT_FACT_LATE) != 0) names.push_back("late");
  return names;
}

nlohmann::json attributes(const cut_event& event, unsigned protocol) {
  auto object = nlohmann::json::object();
  const unsigned count = std::min<unsigned>(attribute_count(protocol), CUT_MAX_ATTRIBUTES);
  for (unsigned index = 0; index < count; ++index) {
    if (event.attr[index] == 0) continue;
    object[std::string{attribute_name(protocol, index)}] =
        attribute_text(protocol, index, event.attr[index]);
  }
  return object;
}

void add_sequence_numbers(nlohmann::json& object, const cut_event& event) {
  object["begin"] = event.begin;
  object["end"] = event.end;
  object["length"] = event.length;
}

void add_message(nlohmann::json& object, const cut_event& event, unsigned protocol) {
  add_sequence_numbers(object, event);
  object["moments"] = moment_names(protocol, event.moments);
  if (auto values = attributes(event, protocol); !values.empty()) object["attributes"] = values;
  if (event.exchange != 0) object["exchange"] = event.exchange;
  if (event.flags != 0) object["flags"] = flag_names(event.flags);
}

// What only this kind of event says.
void add_details(nlohmann::json& object, const cut_event& event, unsigned protocol) {
  switch (static_cast<cut_event_kind>(event.kind)) {
    case CUT_EVENT_MOMENT:
    case CUT_EVENT_HELD:
    case CUT_EVENT_MISMATCH:
      add_message(object, event, protocol);
      return;
    case CUT_EVENT_FIRED:
    case CUT_EVENT_WOULD_FIRE:
      add_message(object, event, protocol);
      object["cut"] = event.cut;
      return;
    case CUT_EVENT_TRUNCATED:
      add_sequence_numbers(object, event);
      object["cut"] = event.cut;
      object["kept"] = event.attr[0];
      return;
    case CUT_EVENT_ALTERED:
      add_sequence_numbers(object, event);
      object["bytes"] = event.attr[0];
      return;
    case CUT_EVENT_SIGNALLED:
      object["pid"] = event.attr[0];
      object["signal"] = event.attr[1];
      return;
    case CUT_EVENT_DUPLICATED:
    case CUT_EVENT_DSACK:
    case CUT_EVENT_REFUSED:
    case CUT_EVENT_SWALLOWED:
    case CUT_EVENT_RELEASED:
    case CUT_EVENT_RETRANSMIT:
    case CUT_EVENT_RETRANSMIT_PEER:
    case CUT_EVENT_RESET_SENT:
    case CUT_EVENT_RESET_RECEIVED:
    case CUT_EVENT_RESET_SENT_PEER:
    case CUT_EVENT_RESET_RECEIVED_PEER:
      add_sequence_numbers(object, event);
      return;
    case CUT_EVENT_FLOW_OPENED:
      object["begin"] = event.begin;
      return;
    case CUT_EVENT_FLOW_JOINED:
      object["synchronised"] = event.attr[0] != 0;
      if (event.attr[0] != 0) object["sent"] = event.begin;
      if (event.attr[0] != 0) object["received"] = event.end;
      if (event.attr[1] != 0) object["peer"] = event.attr[1];
      return;
    case CUT_EVENT_FLOW_STATE:
      object["from"] = tcp_state_name(event.begin);
      object["to"] = tcp_state_name(event.end);
      return;
    case CUT_EVENT_FLOW_DESYNC:
      object["begin"] = event.begin;
      object["desync"] = event.attr[0];
      return;
    case CUT_EVENT_CODE_MAPPED:
      object["pid"] = event.attr[0];
      return;
    case CUT_EVENT_PROCESS_DIED:
      object["pid"] = event.attr[0];
      object["exit_code"] = event.attr[1];
      object["signal"] = event.attr[2];
      return;
    case CUT_EVENT_RTO:
      object["backoff"] = event.begin;
      object["rto_ms"] = event.end;
      return;
    case CUT_EVENT_FLOW_ESTABLISHED:
    case CUT_EVENT_FLOW_CLOSED:
    case CUT_EVENT_KINDS:
      return;
  }
}

bool has_direction(const cut_event& event) {
  switch (static_cast<cut_event_kind>(event.kind)) {
    case CUT_EVENT_MOMENT:
    case CUT_EVENT_FIRED:
    case CUT_EVENT_HELD:
    case CUT_EVENT_WOULD_FIRE:
    case CUT_EVENT_MISMATCH:
    case CUT_EVENT_TRUNCATED:
    case CUT_EVENT_SWALLOWED:
    case CUT_EVENT_RELEASED:
    case CUT_EVENT_FLOW_DESYNC:
    case CUT_EVENT_ALTERED:
    case CUT_EVENT_DUPLICATED:
    case CUT_EVENT_DSACK:
    case CUT_EVENT_REFUSED:
    case CUT_EVENT_SIGNALLED:
      return true;
    case CUT_EVENT_FLOW_OPENED:
    case CUT_EVENT_FLOW_JOINED:
    case CUT_EVENT_FLOW_ESTABLISHED:
    case CUT_EVENT_FLOW_STATE:
    case CUT_EVENT_FLOW_CLOSED:
    case CUT_EVENT_CODE_MAPPED:
    case CUT_EVENT_PROCESS_DIED:
    case CUT_EVENT_RETRANSMIT:
    case CUT_EVENT_RETRANSMIT_PEER:
    case CUT_EVENT_RTO:
    case CUT_EVENT_RESET_SENT:
    case CUT_EVENT_RESET_RECEIVED:
    case CUT_EVENT_RESET_SENT_PEER:
    case CUT_EVENT_RESET_RECEIVED_PEER:
    case CUT_EVENT_KINDS:
      return false;
  }
  return false;
}

std::string name_or_number(const std::vector<std::string>& names, unsigned index) {
  return index < names.size() ? names[index] : std::to_string(index);
}

}  // namespace

std::string format_endpoint(const cut_address& address, std::uint16_t port) {
  in6_addr bytes{};
  static_assert(sizeof(bytes) == sizeof(address));
  std::memcpy(&bytes, &address, sizeof(bytes));
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) {
    inet_ntop(AF_INET, &address.word[3], text.data(), text.size());
    return fmt::format("{}:{}", text.data(), port);
  }
  inet_ntop(AF_INET6, &bytes, text.data(), text.size());
  return fmt::format("[{}]:{}", text.data(), port);
}

std::string format_flow(const cut_tuple& tuple) {
  return format_endpoint(tuple.local, tuple.local_port) + " -> " +
         format_endpoint(tuple.remote, tuple.remote_port);
}

nlohmann::json Timeline::to_json(const Entry& entry, const std::vector<std::string>& service_names,
                                 const std::vector<std::string>& fault_names,
                                 const std::vector<unsigned>& protocols) {
  nlohmann::json object = {{"seq", entry.number}, {"ns", entry.ns}};
  if (const Note* note = entry.note()) {
    object["source"] = note->source;
    object["what"] = note->what;
    if (!note->data.empty()) object["data"] = note->data;
    return object;
  }
  const cut_event& event = *entry.event();
  const unsigned protocol = event.service < protocols.size() ? protocols[event.service] : 0;
  object["source"] = "kernel";
  object["what"] = event_name(event.kind);
  object["number"] = event.number;
  object["flow"] = format_flow(event.tuple);
  object["cookie"] = event.flow;
  object["service"] = name_or_number(service_names, event.service);
  if (has_direction(event)) object["direction"] = direction_name(event.direction);
  if (event.reason != CUT_REASON_NONE) object["reason"] = reason_name(event.reason);
  if (event.rule != CUT_NO_RULE) object["fault"] = name_or_number(fault_names, event.rule);
  add_details(object, event, protocol);
  return object;
}

}  // namespace cutpoint
