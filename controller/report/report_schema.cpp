// SPDX-License-Identifier: Apache-2.0
#include "controller/report/report_schema.h"

#include "controller/report/readiness.h"
#include "controller/scenario/registry.h"

namespace cutpoint {
namespace schema {
namespace {

Part host() {
  return object({{"kernel", said(text(), "release, as uname says it")},
                 {"hooks", list_of(text())},
                 {"clock", said(text(), "of the times in the timeline")},
                 {"started_unix_ms", count()},
                 {"finished_unix_ms", count()},
                 {"start_to_armed_ms", milliseconds()}});
}

Part services() {
  return list_of(object({{"name", text()},
                         {"protocol", text()},
                         {"asked", said(truth(), "false: it is heard on the wire alone")},
                         optional("server_name", text())}));
}

Part target() {
  const std::vector<std::string_view> kinds{orders_workload, publish_workload, "none",    "pid",
                                            "unit",          "container",      "command", "cgroup"};
  return object(
      {{"kind", one_of(kinds)},
       {"started", truth()},
       {"timed_out", truth()},
       {"exited_at_once", said(truth(), "before it spoke to any service")},
       {"exit_code", or_null({{"type", "integer"}})},
       {"signal", or_null({{"type", "integer"}})},
       {"open_before", said(object({{"flows", count()}, {"synchronised", count()}}),
                            "connections that it had before the run; of how many of them the "
                            "message boundaries became known")},
       {"has_history", said(truth(), "it told what it believes")},
       {"history_malformed", said(count(), "lines of its history that could not be read")}});
}

Part why_not_fired() {
  return list_of(object({{"fault", text()}, {"why", text()}}));
}

Part belief_vs_truth() {
  return object({{"committed_acked", count()},
                 {"committed_unacked", count()},
                 {"ghost", said(count(), "executed after the client had gone")},
                 {"resolved", said(count(), "the client found out afterwards")},
                 {"duplicate", said(count(), "ids that were committed more than once")},
                 {"aborted_unacked", count()},
                 {"aborted_acked", count()},
                 {"unknown", count()}});
}

Part attempts() {
  const Part since_start = or_null(milliseconds());
  return said(list_of(object({{"label", text()},
                              {"id", or_null(text())},
                              {"attempt", count()},
                              {"flow", or_null(text())},
                              {"pid", said(count(), "of the backend; 0: not seen")},
                              {"xid", or_null(text())},
                              {"belief", one_of({"acked", "unacked"})},
                              {"truth", one_of({"committed", "aborted", "unknown"})},
                              {"ghost", truth()},
                              {"refused", truth()},
                              {"resolved", truth()},
                              {"requested", milliseconds()},
                              {"delivered", since_start},
                              {"acked", since_start},
                              {"client_gone", since_start},
                              {"released", since_start},
                              {"evidence", list_of(count())}})),
              "COMMITs that did not go as usual; the others are only counted");
}

Part commit_latency() {
  return object({{"count", count()},
                 {"p50_ms", or_null(milliseconds())},
                 {"max_ms", or_null(milliseconds())}});
}

Part exchanges() {
  return list_of(object({{"flow", text()},
                         {"service", text()},
                         {"requests", count()},
                         {"begun", count()},
                         {"answered", count()}}));
}

Part events() {
  return object({{"seen", count()},
                 {"lost", count()},
                 {"desynchronised", count()},
                 {"counters", map_of(count())}});
}

Part held() {
  return or_null(object(
      {{"segments", count()}, {"sent_on", count()}, {"lost", count()}, {"not_taken", count()}}));
}

Part evidence() {
  return said(object({{"file", text()},
                      {"payloads", said(truth(), "they are recorded with their payload")},
                      {"segments", count()},
                      {"lost", said(count(), "there was no room for them")},
                      {"beyond_bound", said(count(), "more than are recorded of a cut flow")}}),
              "the segments around each cut");
}

}  // namespace

Part severity() {
  return one_of({"critical", "high", "medium", "low"});
}

Part outcome() {
  return one_of({"held", "violated", "inconclusive"});
}

Part exit_code() {
  return one_of({0, 1, 4, 130});
}

Part cutpoint_is() {
  return object({{"version", text()}, {"revision", text()}});
}

Part readiness() {
  Part because = list_of(text());
  because["minItems"] = 1;
  return object({{"verdict", one_of({cutpoint::ready, cutpoint::not_ready, cutpoint::not_proven})},
                 {"because", because}});
}

Part invariants() {
  return list_of(object({{"name", text()},
                         {"outcome", outcome()},
                         {"severity", severity()},
                         {"expected", text()},
                         {"observed", text()},
                         {"evidence", said(list_of(count()), "lines of timeline.jsonl, by `n`")}}));
}

Part findings(bool of_audit) {
  Part one = object({{"title", text()},
                     {"severity", severity()},
                     {"invariant", text()},
                     {"impact", text()},
                     {"component", text()},
                     {"remedy", text()},
                     {"reference", said(or_null(text()), "a link: where the authority says so")},
                     {"evidence", list_of(count())}});
  if (of_audit) {
    one["properties"]["run"] = said(count(), "its place in runs[], from 1");
    one["properties"]["scenario"] = text();
    one["properties"]["name"] = run_name();
    for (const char* key : {"run", "scenario", "name"}) one["required"].push_back(key);
  }
  return list_of(one);
}

}  // namespace schema

nlohmann::ordered_json report_schema() {
  using namespace schema;
  Part all = object(
      {{"schema_version", {{"const", report_schema_version}}},
       {"cutpoint", cutpoint_is()},
       {"scenario", text()},
       {"title", text()},
       {"seed", count()},
       {"outcome", outcome()},
       {"exit_code", exit_code()},
       {"interrupted", truth()},
       {"readiness", readiness()},
       {"host", host()},
       {"services", services()},
       {"target", target()},
       {"faults", schema::faults()},
       {"why_not_fired", why_not_fired()},
       {"summary", list_of(text())},
       {"belief_vs_truth", belief_vs_truth()},
       {"attempts", attempts()},
       {"commit_latency", commit_latency()},
       {"exchanges", exchanges()},
       {"series", series()},
       {"invariants", schema::invariants()},
       {"findings", findings(false)},
       {"figures", schema::figures()},
       {"claims", claims()},
       {"inconclusive_because", list_of(text())},
       {"events", events()},
       {"held", held()},
       {"evidence", schema::evidence()},
       {"problems", list_of(text())},
       optional("out", said(text(),
                            "the directory with the run's files, as `--out` named it; in an audit "
                            "as `cutpoint report` was told it")),
       optional("not_written", list_of(text()))});
  Part whole = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                {"title", "report.json of a cutpoint run"},
                {"description",
                 "Times are in milliseconds since the start of the run. Evidence names lines of "
                 "timeline.jsonl by their number."}};
  whole.update(all);
  return whole;
}

}  // namespace cutpoint
