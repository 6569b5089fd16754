// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/trace_line.h"

#include <algorithm>
#include <cctype>
#include <ctime>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "controller/timeline/names.h"

namespace cutpoint {
namespace {

// A process may call itself anything: what is no UTF-8 is replaced.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string quoted_or_null(const std::string& text) {
  return text.empty() ? "null" : quoted(text);
}

// What a terminal would take for a command is not shown to it.
std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }, '?');
  return text;
}

std::vector<std::pair<std::string_view, std::string>> attributes(const cut_event& event,
                                                                 unsigned protocol) {
  std::vector<std::pair<std::string_view, std::string>> said;
  const unsigned count = std::min<unsigned>(attribute_count(protocol), CUT_MAX_ATTRIBUTES);
  for (unsigned i = 0; i < count; ++i) {
    if (event.attr[i] == 0) continue;
    said.emplace_back(attribute_name(protocol, i), attribute_text(protocol, i, event.attr[i]));
  }
  return said;
}

std::string local_time(std::int64_t unix_ns) {
  constexpr std::int64_t ns_per_second = 1'000'000'000;
  constexpr std::int64_t ns_per_us = 1'000;
  const std::time_t seconds = unix_ns / ns_per_second;
  tm parts{};
  ::localtime_r(&seconds, &parts);
  return fmt::format("{:02}:{:02}:{:02}.{:06}", parts.tm_hour, parts.tm_min, parts.tm_sec,
                     unix_ns % ns_per_second / ns_per_us);
}

std::string process_text(const TracedFlow& flow) {
  constexpr std::size_t shown_digits = 12;
  if (flow.comm.empty()) return "?";
  std::string text = printable(flow.comm);
  // In a PID namespace beside ours it has no number here.
  if (flow.pid != 0) text += fmt::format("[{}]", flow.pid);
  if (!flow.container.empty()) return text + "@" + flow.container.substr(0, shown_digits);
  if (flow.unit.ends_with(".service")) return text + "@" + printable(flow.unit);
  return text;
}

}  // namespace

std::string trace_json(const TracedMoment& moment, const cut_event& event, const TracedFlow& flow) {
  std::string line = fmt::format(
      R"({{"seq":{},"ns":{},"service":{},"flow":"{}","pid":{},"comm":{},"cgroup":{},"unit":{},)"
      R"("container":{},"direction":"{}","moment":"{}")",
      moment.seq, event.ns, quoted(flow.service), flow.flow,
      flow.pid == 0 ? "null" : std::to_string(flow.pid), quoted_or_null(flow.comm),
      quoted_or_null(flow.cgroup), quoted_or_null(flow.unit), quoted_or_null(flow.container),
      direction_name(event.direction), moment_name(flow.protocol, moment.bit));
  std::string said;
  for (const auto& [name, text] : attributes(event, flow.protocol)) {
    said += fmt::format(R"({}"{}":{})", said.empty() ? "" : ",", name, quoted(text));
  }
  if (!said.empty()) line += fmt::format(R"(,"attributes":{{{}}})", said);
  if (event.exchange != 0) line += fmt::format(R"(,"exchange":{})", event.exchange);
  return line + "}";
}

std::string trace_text(const TracedMoment& moment, const cut_event& event, const TracedFlow& flow,
                       std::int64_t unix_ns) {
  std::string line = fmt::format("{} {} {} {} {} {}", local_time(unix_ns), flow.service, flow.flow,
                                 process_text(flow), event.direction == CUT_UPSTREAM ? '>' : '<',
                                 moment_name(flow.protocol, moment.bit));
  for (const auto& [name, text] : attributes(event, flow.protocol)) {
    line += fmt::format(" {}={}", name, text);
  }
  return line;
}

std::string slow_json(const TracedMoment& moment, const cut_event& event, const TracedFlow& flow,
                      const SlowAnswer& slow) {
  std::string line = trace_json(moment, event, flow);
  line.pop_back();
  return line + fmt::format(R"(,"after":"{}","took_ns":{},"retransmissions":{},"timeouts":{}}})",
                            moment_name(flow.protocol, slow.asked_bit), slow.took_ns,
                            slow.retransmissions, slow.timeouts);
}

std::string slow_text(const TracedMoment& moment, const cut_event& event, const TracedFlow& flow,
                      const SlowAnswer& slow, std::int64_t unix_ns) {
  constexpr double ns_per_ms = 1e6;
  std::string line =
      trace_text(moment, event, flow, unix_ns) +
      fmt::format(", {:.1f} ms after {}", static_cast<double>(slow.took_ns) / ns_per_ms,
                  moment_name(flow.protocol, slow.asked_bit));
  if (slow.retransmissions != 0) line += fmt::format(", retransmissions: {}", slow.retransmissions);
  if (slow.timeouts != 0) line += fmt::format(", timeouts: {}", slow.timeouts);
  return line;
}

}  // namespace cutpoint
