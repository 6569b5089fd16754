// SPDX-License-Identifier: Apache-2.0
// report.json, faults[] and series: the larger parts of its schema.
#include "controller/report/report_schema.h"
#include "controller/scenario/registry.h"

namespace cutpoint::schema {
namespace {

Part position() {
  return said(or_null(text()), "before, byte:N or after; null: the fault takes none");
}

Part at() {
  return object({{"service", text()},
                 {"moment", text()},
                 {"position", position()},
                 {"nth", count()},
                 {"times", said(count(), "0: without limit")},
                 {"every", count()},
                 {"probability", number()},
                 {"once_per", or_null(one_of({"flow"}))},
                 optional("filters", map_of(text()))});
}

// The keys of all faults: `kind` says which of them are there.
Part act() {
  return object({{"kind", one_of(names_of(cutpoint::faults()))},
                 {"value", said(text(), "as the scenario says it")},
                 {"mode", text()},
                 optional("directions", text()),
                 optional("ends", text()),
                 optional("by_ms", milliseconds()),
                 optional("bytes", count()),
                 optional("change", text()),
                 optional("offset", {{"type", "integer"}}),
                 optional("changed_bytes", count()),
                 optional("at_pattern", truth()),
                 optional("rate_bytes_per_s", count()),
                 optional("stops", one_of({"cgroup", "process"})),
                 optional("signal", text()),
                 optional("scope", text()),
                 optional("for_ms", milliseconds()),
                 optional("heal", text()),
                 optional("then", text()),
                 optional("jitter_ms", milliseconds()),
                 optional("acks", text())});
}

Part cut() {
  Part one =
      object({{"flow", text()},
              {"seq", said(count(), "TCP sequence number of the first byte that did not pass")},
              {"direction", text()},
              {"moment", text()},
              {"position", position()},
              {"message_bytes", count()},
              {"offset_in_message", or_null(count())},
              {"late_by", said(count(), "bytes that had left before")},
              {"collateral", said(truth(), "its segment carried other messages as well")},
              {"evidence", count()}});
  return said(or_null(one), "where it fired first; null: it never did");
}

// What a rule counted: of moments, of segments, of what TCP and processes did.
constexpr const char* counters[] = {
    "fired_count",      "would_fire",
    "moments_seen",     "matches",
    "bytes_swallowed",  "segments_swallowed",
    "segments_held",    "segments_truncated",
    "copies",           "retransmits",
    "resets",           "retransmits_target",
    "retransmits_peer", "resets_unconfirmed",
    "resets_sent",      "resets_failed",
    "dsacks",           "longest_rto_ms",
    "refused",          "segments_duplicated",
    "signalled",        "segments_altered",
    "signalled_late",   "frozen",
    "unreachable",      "untold",
};

Part curve(Part value) {
  return said(list_of(std::move(value)), "value i is of the time from begin + i × step_ms");
}

Part request_numbers() {
  const Part rate = or_null(number());
  return object({{"requests", count()},
                 {"connections_without_request", count()},
                 {"answered", count()},
                 {"most_in_flight", count()},
                 {"longest_wait_ms", milliseconds()},
                 {"requests_per_s", object({{"before", rate}, {"during", rate}, {"after", rate}})},
                 {"not_known", said(list_of(text()), "why some of it is not")}});
}

Part worker_numbers() {
  return object({{"workers", count()},
                 {"succeeded", count()},
                 {"failed", count()},
                 {"retried", count()},
                 {"open", count()},
                 {"deepest_queue", or_null(count())},
                 {"longest_all_blocked_ms", milliseconds()},
                 {"all_blocked_ms", milliseconds()},
                 {"lost", or_null(text())}});
}

Part queue_numbers() {
  return object({{"deepest_queue", count()}, {"dead_letters", count()}, {"lost", or_null(text())}});
}

}  // namespace

Part faults() {
  Part one = object({{"name", text()},
                     {"at", at()},
                     {"after", or_null(text())},
                     {"while", or_null(text())},
                     {"do", act()},
                     {"armed", or_null(milliseconds())},
                     {"fired", or_null(milliseconds())},
                     {"healed", or_null(milliseconds())},
                     {"frozen_cgroup", or_null(text())},
                     {"cut", cut()}});
  for (const char* counter : counters) {
    one["properties"][counter] = count();
    one["required"].push_back(counter);
  }
  return list_of(one);
}

Part series() {
  const Part window =
      object({{"fault", text()}, {"from", milliseconds()}, {"until", milliseconds()}});
  const Part service = object({{"service", text()},
                               {"in_flight", curve(count())},
                               {"requests_per_s", curve(number())},
                               {"answers_per_s", curve(number())},
                               {"numbers", request_numbers()}});
  const Part observer = object({{"observer", text()},
                                {"queue_depth", curve(or_null(count()))},
                                optional("workers_busy", curve(count())),
                                {"numbers", {{"anyOf", {worker_numbers(), queue_numbers()}}}}});
  return or_null(object({{"begin", milliseconds()},
                         {"step_ms", count()},
                         {"faults", list_of(window)},
                         {"services", list_of(service)},
                         {"observers", list_of(observer)}}));
}

}  // namespace cutpoint::schema
