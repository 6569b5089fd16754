// SPDX-License-Identifier: Apache-2.0
// What the invariants about an HTTP service have in common.
#pragma once

#include <optional>
#include <string>

#include "controller/verify/http_traffic.h"
#include "controller/verify/invariants.h"

namespace cutpoint {

// What one of them judges: the traffic alone, and its parameters.
using HttpJudge = InvariantResult (*)(const Case&, const HttpTraffic&);

// Judges the traffic of the case's service. Where something of it is not known, nothing holds;
// where it was not even cut, nothing is violated or holds. `expected` is the judge's.
InvariantResult judge_traffic(const Case& of, HttpJudge judge);

// "the 3rd request on 127.0.0.1:40712 -> 127.0.0.1:443", "the connection 127.0.0.1:40712 -> …,
// which carried no request".
std::string label(const HttpRequest& request);

void cite(InvariantResult& result, const HttpRequest& request);

// "97 requests and 3 connections without one"
std::string amount_text(std::size_t requests, std::size_t connections);
// Of all of these.
std::string amount_text(const std::vector<const HttpRequest*>& requests);

}  // namespace cutpoint
