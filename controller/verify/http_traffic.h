// SPDX-License-Identifier: Apache-2.0
// What a target asked of an HTTP service, as the wire alone shows it: every request from its last
// byte (RFC 9112, 6; RFC 9113, 8.1) to the end of its answer, or to the end of its client's
// patience. Pure functions of the timeline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/timeline/flows.h"
#include "controller/verify/run_facts.h"

namespace cutpoint {

// How the wait for an answer ended.
enum class HttpEnd {
  answered,   // its last byte reached the client's socket
  abandoned,  // the client closed its end, or its kernel gave up
  refused,    // the service ended the connection without an answer, or in the midst of it
  open,       // not at all, until the end of the run
};

// One request, or an attempt at one: a connection that was opened while a fault was on and never
// carried any.
struct HttpRequest {
  cut_tuple tuple{};  // of its flow
  int ordinal = 0;    // of its flow's requests, from 1; 0: the connection carried none
  std::int64_t sent_ns = 0;
  std::optional<std::int64_t> head_ns;  // the answer's status line or first HEADERS frame
  std::uint32_t status = 0;             // 0: no answer, or one of HTTP/2, whose status is packed
  bool is_stream = false;               // of HTTP/2: its client may have given up unheard
  HttpEnd end = HttpEnd::open;
  std::int64_t end_ns = 0;              // open: the end of the run
  std::vector<std::uint64_t> evidence;  // timeline numbers

  [[nodiscard]] std::int64_t waited_ns() const { return end_ns - sent_ns; }
  // Answered, and below 400 as far as that is known.
  [[nodiscard]] bool succeeded() const { return end == HttpEnd::answered && status < 400; }
  // What a circuit breaker has to count: no answer, or one of 5xx.
  [[nodiscard]] bool failed() const {
    return end == HttpEnd::abandoned || end == HttpEnd::refused ||
           (end == HttpEnd::answered && status >= 500);
  }
};

// Time in which faults were on, without a break.
struct FaultWindow {
  std::string fault;  // that began it
  std::int64_t from_ns = 0;
  std::int64_t until_ns = 0;
  std::uint64_t evidence = 0;  // of its first firing

  [[nodiscard]] bool covers(std::int64_t ns) const { return ns >= from_ns && ns <= until_ns; }
};

struct HttpTraffic {
  std::vector<HttpRequest> requests;  // in the order in which they were sent
  std::vector<FaultWindow> windows;   // of the faults on this service
  std::int64_t begin_ns = 0;          // the first that was seen of the run
  std::int64_t end_ns = 0;            // the last
  std::vector<std::string> gaps;      // what is not known of it, in plain words
};

// The bits and the attribute's index by which the programs report; nullopt: no such protocol.
struct HttpWords {
  unsigned request_end = 0;
  unsigned response_head = 0;
  unsigned response_end = 0;
  unsigned status = 0;
  std::optional<unsigned> stream;
};
std::optional<HttpWords> http_words();

// Of enforced faults; `service`: of that one alone. In order, without overlap.
std::vector<FaultWindow> fault_windows(const RunFacts& facts,
                                       const std::optional<std::uint8_t>& service);

// The first of those whose client waited longest; nullptr: there is no request.
const HttpRequest* longest_wait(const HttpTraffic& traffic);

// All of a service's flows.
HttpTraffic read_traffic(const RunFacts& facts, std::uint8_t service, const HttpWords& words);

}  // namespace cutpoint
