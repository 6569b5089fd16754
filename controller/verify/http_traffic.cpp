// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/http_traffic.h"

#include <algorithm>
#include <deque>

#include "controller/scenario/registry.h"
#include "controller/verify/messages.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr unsigned tcp_close_wait = 8;  // include/net/tcp_states.h: the peer's FIN has arrived

bool has(const Message& message, unsigned moment) {
  return message.is(moment);
}

// How a flow went, but for its messages.
struct Life {
  std::int64_t opened_ns = 0;
  bool opened = false;  // while we looked
  bool unread = false;  // part of what was said is not known
  std::optional<std::int64_t> unread_from_ns;
  std::optional<std::int64_t> client_gone_ns;
  std::optional<std::int64_t> service_gone_ns;
  bool service_finished = false;    // by a FIN, no RST
  std::vector<std::uint64_t> ends;  // timeline numbers of these two
};

void lose_track(Life& life, std::int64_t ns) {
  life.unread = true;
  if (!life.unread_from_ns) life.unread_from_ns = ns;
}

void note_state(Life& life, const Entry& entry) {
  const cut_event& event = *entry.event();
  if (event.kind == CUT_EVENT_FLOW_STATE && event.end == tcp_close_wait && !life.service_gone_ns) {
    life.service_gone_ns = entry.ns;
    life.service_finished = true;
    life.ends.push_back(entry.number);
  }
  if (is_client_closing(event) && !life.client_gone_ns) {
    life.client_gone_ns = entry.ns;
    life.ends.push_back(entry.number);
  }
}

void read_entry(Life& life, Messages& messages, const Entry& entry) {
  messages.read(entry);
  const cut_event& event = *entry.event();
  switch (static_cast<cut_event_kind>(event.kind)) {
    case CUT_EVENT_FLOW_OPENED:
      life.opened = true;
      return;
    case CUT_EVENT_FLOW_JOINED:
      if (event.attr[0] == 0) lose_track(life, entry.ns);
      return;
    case CUT_EVENT_FLOW_DESYNC:
      return lose_track(life, entry.ns);
    case CUT_EVENT_FLOW_STATE:
    case CUT_EVENT_FLOW_CLOSED:
      return note_state(life, entry);
    case CUT_EVENT_RESET_RECEIVED:
      if (!life.client_gone_ns && !life.service_gone_ns) {
        life.service_gone_ns = entry.ns;
        life.ends.push_back(entry.number);
      }
      return;
    case CUT_EVENT_MOMENT:
    case CUT_EVENT_FIRED:
    case CUT_EVENT_HELD:
    case CUT_EVENT_WOULD_FIRE:
    case CUT_EVENT_MISMATCH:
    case CUT_EVENT_ALTERED:
    case CUT_EVENT_RELEASED:
    case CUT_EVENT_CODE_MAPPED:
    case CUT_EVENT_PROCESS_DIED:
    case CUT_EVENT_FLOW_ESTABLISHED:
    case CUT_EVENT_TRUNCATED:
    case CUT_EVENT_DUPLICATED:
    case CUT_EVENT_DSACK:
    case CUT_EVENT_REFUSED:
    case CUT_EVENT_SIGNALLED:
    case CUT_EVENT_SWALLOWED:
    case CUT_EVENT_RETRANSMIT:
    case CUT_EVENT_RETRANSMIT_PEER:
    case CUT_EVENT_RTO:
    case CUT_EVENT_RESET_SENT:
    case CUT_EVENT_RESET_SENT_PEER:
    case CUT_EVENT_RESET_RECEIVED_PEER:
    case CUT_EVENT_KINDS:
      return;
  }
}

// The requests of one flow and their answers, put together: by the number of the exchange, or where
// there is none in order, as HTTP/1.1 answers (RFC 9112, 9.3.2).
class Exchanges {
 public:
  Exchanges(const cut_tuple& tuple, const HttpWords& words) : tuple_(tuple), words_(words) {}

  void see(const Message& message) {
    if (message.direction == CUT_UPSTREAM) {
      if (has(message, words_.request_end)) ask(message);
      return;
    }
    if (!message.delivered_ns) return;
    const bool head = has(message, words_.response_head);
    const bool end = has(message, words_.response_end);
    if (!head && !end) return;
    HttpRequest* request = asked(message.exchange);
    // What is answered without having been asked, such as a 408 of an idle connection.
    if (request == nullptr) return;
    const std::uint32_t status = message.attr[words_.status];
    if (head && !request->head_ns) request->head_ns = message.delivered_ns;
    if (status != 0) request->status = status;
    // An interim answer announces the final one (RFC 9110, 15.2); 101 is final.
    const bool interim = status >= 100 && status < 200 && status != 101;
    if (end && !interim) {
      request->end = HttpEnd::answered;
      request->end_ns = *message.delivered_ns;
    }
    request->evidence.insert(request->evidence.end(), message.evidence.begin(),
                             message.evidence.end());
  }

  std::deque<HttpRequest>& list() { return list_; }

 private:
  void ask(const Message& message) {
    if (message.exchange != 0 && find(message.exchange) != nullptr) return;
    HttpRequest request;
    request.tuple = tuple_;
    request.ordinal = static_cast<int>(list_.size()) + 1;
    request.sent_ns = message.seen_ns;
    request.is_stream = words_.stream && message.attr[*words_.stream] != 0;
    request.evidence = message.evidence;
    list_.push_back(std::move(request));
    numbers_.push_back(message.exchange);
  }

  HttpRequest* find(std::uint32_t exchange) {
    // The newest first: numbers may come again on a connection that lives long.
    for (std::size_t i = list_.size(); i-- > 0;) {
      if (numbers_[i] == exchange && list_[i].end != HttpEnd::answered) return &list_[i];
    }
    return nullptr;
  }

  HttpRequest* asked(std::uint32_t exchange) {
    if (exchange != 0) return find(exchange);
    const auto oldest = std::find_if(list_.begin(), list_.end(), [](const HttpRequest& request) {
      return request.end != HttpEnd::answered;
    });
    return oldest == list_.end() ? nullptr : &*oldest;
  }

  cut_tuple tuple_;
  const HttpWords& words_;
  std::deque<HttpRequest> list_;
  std::vector<std::uint32_t> numbers_;  // of the exchanges, beside list_
};

struct Step {
  std::int64_t ns;
  const Message* message;
};

// A request at the time it left, an answer at the time it arrived.
std::vector<Step> in_order(const std::vector<Message>& messages) {
  std::vector<Step> steps;
  steps.reserve(messages.size());
  for (const Message& message : messages) {
    const bool up = message.direction == CUT_UPSTREAM;
    steps.push_back(
        {up ? message.seen_ns : message.delivered_ns.value_or(message.seen_ns), &message});
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& left, const Step& right) { return left.ns < right.ns; });
  return steps;
}

// Whoever ended the connection ended the wait: the client, or the service before it.
void end_by_connection(HttpRequest& request, const Life& life, std::int64_t end_ns) {
  if (request.end == HttpEnd::answered) return;
  const std::int64_t never = end_ns + 1;
  const std::int64_t client = life.client_gone_ns.value_or(never);
  const std::int64_t service = life.service_gone_ns.value_or(never);
  request.end_ns = std::min({client, service, end_ns});
  if (client == never && service == never) return;
  request.end = service < client ? HttpEnd::refused : HttpEnd::abandoned;
  // An answer of HTTP/1.1 may end with its connection (RFC 9112, 6.3).
  const bool to_the_end = request.head_ns && !request.is_stream && life.service_finished;
  if (request.end == HttpEnd::refused && to_the_end) request.end = HttpEnd::answered;
  request.evidence.insert(request.evidence.end(), life.ends.begin(), life.ends.end());
}

bool any_covers(const std::vector<FaultWindow>& windows, std::int64_t ns) {
  return std::any_of(windows.begin(), windows.end(),
                     [ns](const FaultWindow& window) { return window.covers(ns); });
}

// Of a flow that the programs could not read to its end only what was answered is known.
bool is_known(const HttpRequest& request, const Life& life) {
  return !life.unread || (request.end == HttpEnd::answered && request.ordinal > 0 &&
                          request.end_ns < *life.unread_from_ns);
}

// Number of flows of which something is not known.
void read_flow(const Flow& flow, const HttpWords& words, const RunFacts& facts,
               HttpTraffic& traffic, std::uint64_t& unread) {
  Life life;
  life.opened_ns = flow.entries.front()->ns;
  Messages messages(facts.scenario->faults);
  for (const Entry* entry : flow.entries) read_entry(life, messages, *entry);
  Exchanges exchanges(flow.tuple, words);
  for (const Step& step : in_order(messages.list())) exchanges.see(*step.message);
  auto& requests = exchanges.list();
  if (requests.empty() && life.opened && any_covers(traffic.windows, life.opened_ns)) {
    requests.push_back({.tuple = flow.tuple,
                        .sent_ns = life.opened_ns,
                        .head_ns = std::nullopt,
                        .evidence = {flow.entries.front()->number}});
  }
  for (HttpRequest& request : requests) {
    end_by_connection(request, life, traffic.end_ns);
    if (is_known(request, life)) traffic.requests.push_back(std::move(request));
  }
  unread += life.unread ? 1 : 0;
}

std::vector<std::int64_t> sorted(std::vector<std::int64_t> times) {
  std::sort(times.begin(), times.end());
  return times;
}

struct Firing {
  std::int64_t ns;
  std::uint64_t number;
};

std::vector<Firing> firings_of(const Timeline& timeline, std::size_t rule) {
  std::vector<Firing> firings;
  for (const Entry& entry : timeline.entries()) {
    const cut_event* event = entry.event();
    if (event == nullptr || event->kind != CUT_EVENT_FIRED || event->rule != rule) continue;
    firings.push_back({entry.ns, entry.number});
  }
  std::stable_sort(firings.begin(), firings.end(),
                   [](const Firing& left, const Firing& right) { return left.ns < right.ns; });
  return firings;
}

// On as long as more of its firings have begun than were healed.
void add_windows(const std::string& fault, const std::vector<Firing>& firings,
                 const std::vector<std::int64_t>& heals, std::int64_t end_ns,
                 std::vector<FaultWindow>& windows) {
  std::size_t next = 0;
  while (next < firings.size()) {
    FaultWindow window{fault, firings[next].ns, end_ns, firings[next].number};
    for (; next < firings.size(); ++next) {
      if (next < heals.size()) window.until_ns = heals[next];
      if (next >= heals.size()) window.until_ns = end_ns;
      if (next + 1 < firings.size() && firings[next + 1].ns > window.until_ns) break;
    }
    ++next;
    windows.push_back(window);
  }
}

std::vector<FaultWindow> merged(std::vector<FaultWindow> windows) {
  std::stable_sort(windows.begin(), windows.end(),
                   [](const FaultWindow& left, const FaultWindow& right) {
                     return left.from_ns < right.from_ns;
                   });
  std::vector<FaultWindow> apart;
  for (FaultWindow& window : windows) {
    if (apart.empty() || window.from_ns > apart.back().until_ns) {
      apart.push_back(std::move(window));
    } else {
      apart.back().until_ns = std::max(apart.back().until_ns, window.until_ns);
    }
  }
  return apart;
}

std::pair<std::int64_t, std::int64_t> span_of(const Timeline& timeline) {
  const auto& entries = timeline.entries();
  if (entries.empty()) return {0, 0};
  const auto [first, last] =
      std::minmax_element(entries.begin(), entries.end(),
                          [](const Entry& left, const Entry& right) { return left.ns < right.ns; });
  return {first->ns, last->ns};
}

}  // namespace

std::optional<HttpWords> http_words() {
  const ProtocolInfo* http = find_protocol("http");
  if (http == nullptr) return std::nullopt;
  const MomentInfo* request_end = http->moment("request.end");
  const MomentInfo* response_head = http->moment("response.head");
  const MomentInfo* response_end = http->moment("response.end");
  const AttributeInfo* status = http->attribute("status");
  if (request_end == nullptr || response_head == nullptr || response_end == nullptr ||
      status == nullptr) {
    return std::nullopt;
  }
  HttpWords words{request_end->bit, response_head->bit, response_end->bit, status->index, {}};
  if (const AttributeInfo* stream = http->attribute("stream")) words.stream = stream->index;
  return words;
}

std::vector<FaultWindow> fault_windows(const RunFacts& facts,
                                       const std::optional<std::uint8_t>& service) {
  const Scenario& scenario = *facts.scenario;
  const std::int64_t end_ns = span_of(*facts.timeline).second;
  std::vector<FaultWindow> windows;
  for (std::size_t i = 0; i < facts.rules.size() && i < scenario.faults.size(); ++i) {
    const Fault& fault = scenario.faults[i];
    if (fault.mode == CUT_OBSERVE) continue;
    if (service && service_index(scenario, fault.service) != *service) continue;
    add_windows(fault.name, firings_of(*facts.timeline, i), sorted(facts.rules[i].heals_ns), end_ns,
                windows);
  }
  return merged(std::move(windows));
}

const HttpRequest* longest_wait(const HttpTraffic& traffic) {
  const auto longest = std::max_element(traffic.requests.begin(), traffic.requests.end(),
                                        [](const HttpRequest& left, const HttpRequest& right) {
                                          return left.waited_ns() < right.waited_ns();
                                        });
  return longest == traffic.requests.end() ? nullptr : &*longest;
}

HttpTraffic read_traffic(const RunFacts& facts, std::uint8_t service, const HttpWords& words) {
  HttpTraffic traffic;
  std::tie(traffic.begin_ns, traffic.end_ns) = span_of(*facts.timeline);
  traffic.windows = fault_windows(facts, service);
  std::uint64_t unread = 0;
  for (const Flow& flow : flows_of(*facts.timeline)) {
    if (flow.service == service) read_flow(flow, words, facts, traffic, unread);
  }
  std::stable_sort(traffic.requests.begin(), traffic.requests.end(),
                   [](const HttpRequest& left, const HttpRequest& right) {
                     return left.sent_ns < right.sent_ns;
                   });
  if (unread > 0) {
    traffic.gaps.push_back(counted(unread, "connection") + " could not be read to the end");
  }
  if (facts.events_lost > 0) traffic.gaps.push_back(counted(facts.events_lost, "event") + " lost");
  return traffic;
}

}  // namespace cutpoint
