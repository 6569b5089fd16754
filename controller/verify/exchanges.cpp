// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/exchanges.h"

#include <algorithm>
#include <fmt/core.h>
#include <set>

#include "bpf/abi/http.h"
#include "controller/timeline/flows.h"
#include "controller/verify/messages.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr std::string_view protocol = "http";

// Exchanges of which a message of that moment was delivered.
std::set<std::uint32_t> with(const Flow& flow, const Messages& messages, cut_http_moment moment) {
  // What is delivered after its client has gone is nobody's question, and heard by nobody.
  const auto gone = std::find_if(flow.entries.begin(), flow.entries.end(), [](const Entry* entry) {
    return is_client_closing(*entry->event());
  });
  std::set<std::uint32_t> exchanges;
  for (const Message& message : messages.list()) {
    const bool in_time = message.delivered_ns &&
                         (gone == flow.entries.end() || *message.delivered_ns <= (*gone)->ns);
    if (in_time && message.is(moment)) exchanges.insert(message.exchange);
  }
  return exchanges;
}

int common(const std::set<std::uint32_t>& one, const std::set<std::uint32_t>& other) {
  return static_cast<int>(std::count_if(
      one.begin(), one.end(), [&](std::uint32_t exchange) { return other.contains(exchange); }));
}

std::string line_of(const std::string& service, const std::vector<FlowExchanges>& flows) {
  int requests = 0;
  int begun = 0;
  for (const FlowExchanges& flow : flows) {
    requests += flow.requests;
    begun += flow.begun;
  }
  if (requests == 0) return fmt::format("The target sent no request to {}.", service);
  const int unanswered = requests - begun;
  return fmt::format("{}: {} on {}; {} {} answered, {} {} not.", service,
                     counted(static_cast<std::uint64_t>(requests), "request"),
                     counted(flows.size(), "connection"), begun, begun == 1 ? "was" : "were",
                     unanswered, unanswered == 1 ? "was" : "were");
}

}  // namespace

bool speaks(const Scenario& scenario, std::string_view name) {
  return std::any_of(scenario.services.begin(), scenario.services.end(),
                     [&](const Service& service) { return service.protocol == name; });
}

std::vector<FlowExchanges> exchanges_of(const RunFacts& facts) {
  std::vector<FlowExchanges> all;
  if (!speaks(*facts.scenario, protocol)) return all;
  for (const Flow& flow : flows_of(*facts.timeline)) {
    if (flow.service >= facts.scenario->services.size() ||
        facts.scenario->services[flow.service].protocol != protocol)
      continue;
    Messages messages(facts.scenario->faults);
    for (const Entry* entry : flow.entries) messages.read(*entry);
    const auto requests = with(flow, messages, CUT_HTTP_REQUEST_END);
    if (requests.empty()) continue;
    all.push_back({flow.cookie, flow.service, static_cast<int>(requests.size()),
                   common(requests, with(flow, messages, CUT_HTTP_RESPONSE_HEAD)),
                   common(requests, with(flow, messages, CUT_HTTP_RESPONSE_END))});
  }
  return all;
}

std::vector<std::string> summarise_exchanges(const RunFacts& facts) {
  std::vector<std::string> lines;
  const std::vector<FlowExchanges> all = exchanges_of(facts);
  const auto& services = facts.scenario->services;
  for (std::size_t index = 0; index < services.size(); ++index) {
    if (services[index].protocol != protocol) continue;
    std::vector<FlowExchanges> flows;
    std::copy_if(all.begin(), all.end(), std::back_inserter(flows),
                 [&](const FlowExchanges& flow) { return flow.service == index; });
    lines.push_back(line_of(services[index].name, flows));
  }
  return lines;
}

}  // namespace cutpoint
