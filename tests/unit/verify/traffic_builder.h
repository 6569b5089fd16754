// SPDX-License-Identifier: Apache-2.0
// Builds the timeline of a target that asks an HTTP service and runs Celery tasks, in seconds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controller/verify/http_traffic.h"
#include "controller/verify/verify.h"

namespace cutpoint::testing {

// One service `llm`, one fault `black-hole` on it, one observer `workers` of 2 workers.
class TrafficBuilder {
 public:
  TrafficBuilder();
  TrafficBuilder(const TrafficBuilder&) = delete;
  TrafficBuilder& operator=(const TrafficBuilder&) = delete;

  std::uint64_t open(double at, std::uint8_t service = 0);  // cookie of the new connection
  void request(std::uint64_t flow, double at, std::uint32_t exchange = 0);
  void answer(std::uint64_t flow, double at, std::uint32_t exchange = 0,
              std::uint32_t status = 200);
  void head(std::uint64_t flow, double at, std::uint32_t status = 200);  // without its end
  void close(std::uint64_t flow, double at);                             // by the client
  void closed_by_service(std::uint64_t flow, double at);
  void event(std::uint64_t flow, double at, cut_event_kind kind, std::uint32_t attr = 0);
  void fire(double at, double heal);  // on a connection of its own

  // On a connection of its own: sent, and answered or given up after so many seconds.
  void answered(double at, double after = 0.1, std::uint32_t status = 200);
  void given_up(double at, double after);
  // One connection of the kind for every step from `from` until `until`.
  void answered_every(double step, double from, double until);

  void note(double at, const std::string& what, nlohmann::json data);
  void attached();
  void task(const std::string& id, double from, double until, const std::string& how = "succeeded",
            const std::string& name = "app.ask");
  void depth(double at, std::uint64_t messages);
  void end(double at);  // of the run

  Expectation& expect(const std::string& invariant);
  Verdict verify();
  InvariantResult judge(const std::string& invariant);  // the only expectation of that name

  Scenario scenario;
  Timeline timeline;
  RunFacts facts;

 private:
  cut_event blank(std::uint64_t flow, double at, cut_event_kind kind);
  void message(std::uint64_t flow, double at, cut_direction direction, std::uint64_t moments,
               std::uint32_t exchange, std::uint32_t status);

  std::uint64_t flows_ = 0;
  std::uint32_t sequence_ = 1000;
  HttpWords words_;
};

std::int64_t ns(double seconds);

}  // namespace cutpoint::testing
