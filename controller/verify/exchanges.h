// SPDX-License-Identifier: Apache-2.0
// Requests and answers of the flows whose protocol pairs them by number and by nothing more: HTTP.
#pragma once

#include <cstdint>
#include <vector>

#include "controller/verify/run_facts.h"

namespace cutpoint {

// Of one flow. What was delivered: a request that a cut holds, or an answer, is not.
struct FlowExchanges {
  std::uint64_t flow = 0;  // socket cookie
  std::uint8_t service = 0;
  int requests = 0;  // all of them
  int begun = 0;     // of them, those with the head of an answer
  int answered = 0;  // of them, those with all of it; never one that ends with its connection
};

// Does any of the run's services speak it?
bool speaks(const Scenario& scenario, std::string_view protocol);

// Those that sent a request, in the order of their first events.
std::vector<FlowExchanges> exchanges_of(const RunFacts& facts);

// "api: 12 requests on 3 connections; 11 were answered, 1 was not.": one line per such service.
std::vector<std::string> summarise_exchanges(const RunFacts& facts);

}  // namespace cutpoint
