// SPDX-License-Identifier: Apache-2.0
#include "controller/run/trace_summary.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "bpf/abi/transport.h"
#include "controller/timeline/names.h"
#include "controller/util/duration.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

struct Counter {
  std::string_view name;
  bool damages;
  std::string_view meaning;
};

constexpr std::array counter_list{
#define X(id, name, damages, meaning) Counter{name, (damages) != 0, meaning},
    CUT_COUNTERS(X)
#undef X
};

std::string pair_name(const MomentPair& pair, std::string_view arrow) {
  return fmt::format("{} {} {}", moment_name(pair.protocol, pair.from), arrow,
                     moment_name(pair.protocol, pair.to));
}

std::string shown(std::int64_t ns) {
  return format_duration(std::chrono::nanoseconds(ns));
}

}  // namespace

std::uint64_t not_covered(const std::array<std::uint64_t, CUT_COUNTERS_TOTAL>& counters) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counter_list.size(); ++i) {
    if (counter_list[i].damages && i != CUT_COUNT_EVENTS_LOST) sum += counters[i];
  }
  return sum;
}

std::string trace_summary_text(const TraceTotals& totals) {
  std::string text =
      fmt::format("-- {}: {} opened{}, {} open before, of which {} synchronised; {}\n",
                  format_duration(totals.lasted), counted(totals.opened, "flow", "flows"),
                  totals.accepted == 0 ? "" : fmt::format(" ({} accepted)", totals.accepted),
                  totals.joined, totals.synchronised,
                  counted(totals.counters[CUT_COUNT_EVENTS_LOST], "event lost", "events lost"));
  if (totals.withheld != 0) {
    text += fmt::format("   not shown: {} past --rate\n", counted(totals.withheld, "line"));
  }
  for (const ServiceTotals& service : totals.services) {
    for (unsigned bit = 0; bit < CUT_TRANSPORT_FIRST; ++bit) {
      if (service.moments[bit] == 0) continue;
      text += fmt::format("   {:<10} {:<28} {:>10}\n", service.name,
                          moment_name(service.protocol, bit), service.moments[bit]);
    }
  }
  bool headed = false;
  for (std::size_t i = 0; i < totals.durations.size(); ++i) {
    const Durations& durations = totals.durations[i];
    if (durations.count() == 0) continue;
    if (!std::exchange(headed, true)) {
      text += fmt::format("   {:<39} {:>10} {:>9} {:>9} {:>9}\n", "", "count", "p50", "p99", "max");
    }
    // The arrow is one column and three bytes.
    text += fmt::format("   {:<41} {:>10} {:>9} {:>9} {:>9}\n", pair_name(moment_pairs()[i], "→"),
                        durations.count(), shown(durations.quantile_ns(0.5)),
                        shown(durations.quantile_ns(0.99)), shown(durations.max_ns()));
  }
  for (std::size_t i = 0; i < counter_list.size(); ++i) {
    if (!counter_list[i].damages || totals.counters[i] == 0) continue;
    text += fmt::format("   not seen: {} × {} ({})\n", totals.counters[i], counter_list[i].name,
                        counter_list[i].meaning);
  }
  return text;
}

std::string trace_summary_json(const TraceTotals& totals) {
  nlohmann::ordered_json summary = {
      {"what", "summary"},
      {"lasted_ns", totals.lasted.count()},
      {"flows",
       {{"opened", totals.opened},
        {"accepted", totals.accepted},
        {"open_before", totals.joined},
        {"synchronised", totals.synchronised},
        {"desynchronised", totals.desynchronised}}},
      {"lost", totals.counters[CUT_COUNT_EVENTS_LOST]},
  };
  for (const ServiceTotals& service : totals.services) {
    auto& moments = summary["moments"][service.name] = nlohmann::ordered_json::object();
    for (unsigned bit = 0; bit < CUT_TRANSPORT_FIRST; ++bit) {
      if (service.moments[bit] == 0) continue;
      const std::string name{moment_name(service.protocol, bit)};
      moments[name] = moments.value(name, std::uint64_t{0}) + service.moments[bit];
    }
  }
  auto& latencies = summary["latencies"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < totals.durations.size(); ++i) {
    const Durations& durations = totals.durations[i];
    if (durations.count() == 0) continue;
    latencies[pair_name(moment_pairs()[i], "->")] = {{"count", durations.count()},
                                                     {"p50_ns", durations.quantile_ns(0.5)},
                                                     {"p99_ns", durations.quantile_ns(0.99)},
                                                     {"max_ns", durations.max_ns()}};
  }
  summary["unanswered"] = totals.unanswered;
  summary["passed_over"] = totals.passed_over;
  summary["not_shown"] = totals.withheld;
  auto& unseen = summary["not_seen"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < counter_list.size(); ++i) {
    if (counter_list[i].damages && totals.counters[i] != 0) {
      unseen[std::string{counter_list[i].name}] = totals.counters[i];
    }
  }
  return summary.dump() + "\n";
}

}  // namespace cutpoint
