// SPDX-License-Identifier: Apache-2.0
// The curves of a picture: what was in flight, how deep queues were, how many workers were busy.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/report/recorded_entry.h"
#include "controller/report/trace_spans.h"

namespace cutpoint::html {

using Point = std::pair<std::int64_t, std::int64_t>;  // nanoseconds, number

// How much of something there was, from each time on.
struct Curve {
  std::string label;
  std::vector<Point> points;
};

// At most so many points each: of those that share a stretch of time, the highest and the last
// stay.
inline constexpr std::size_t most_points = 1200;
Curve thinned(Curve curve);

// Counts what was asked and not yet answered, from the lines of a timeline: COMMITs of postgres;
// of amqp, messages published and not confirmed, delivered and not settled; and reads the depths
// that observers saw. Requests of http are in report.json, as `series`.
class Counts {
 public:
  void add(const nlohmann::json& line);
  [[nodiscard]] std::vector<Curve> take() &&;

 private:
  void changed(const nlohmann::json& line, const Span& span, std::int64_t by);
  void set(const std::string& label, std::int64_t ns, std::int64_t number);

  FlowIds flow_ids_;
  std::unordered_map<std::string, FlowSpans> flows_;  // by what flow_ids_ calls them
  std::map<std::string, Curve> curves_;
};

// Those of report.json's `series`: its times are in milliseconds since the start, `zero_ns`.
std::vector<Curve> curves_of_series(const nlohmann::json& series, std::int64_t zero_ns);

}  // namespace cutpoint::html
