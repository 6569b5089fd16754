// SPDX-License-Identifier: Apache-2.0
#include "controller/report/trace.h"

#include <fmt/core.h>

#include "controller/report/recorded_entry.h"
#include "generated/version.h"

namespace cutpoint {
namespace {

using nlohmann::json;

std::string text(const json& entry, const char* key) {
  return entry.value(key, "");
}

// Said of a process, whichever flow it was on.
bool is_of_process(const std::string& what) {
  return what == "code.mapped" || what == "process.died" || what == "signalled";
}

bool is_tcp(const std::string& what) {
  return what.starts_with("retransmit") || what.starts_with("reset.") || what == "rto" ||
         what == "dsack";
}

std::string category(const json& entry, const std::string& what) {
  if (text(entry, "source") != "kernel") return text(entry, "source");
  if (is_tcp(what)) return "tcp";
  if (what.starts_with("flow.")) return "flow";
  if (is_of_process(what)) return "process";
  return entry.contains("fault") ? "fault" : "message";
}

// What the row, the time and the name do not say already.
json args_of(json entry) {
  for (const char* said : {"ns", "what", "flow", "service", "number", "moments", "source"}) {
    entry.erase(said);
  }
  return entry;
}

}  // namespace

void Trace::begin_run(const json& report, bool several) {
  const auto scenario = report.at("scenario").get<std::string>();
  runs_.push_back({{"scenario", scenario}, {"outcome", report.at("outcome")}});
  tracks_.begin_run(several ? fmt::format("{} {}: ", runs_.size(), scenario) : "");
  tracks_.process("faults");  // first, and above all others
  flows_.begin_run(report.at("services"));
  notes_.begin_run();
  last_ns_ = 0;
}

void Trace::add(const json& entry) {
  const std::int64_t ns = ns_of(entry);
  const auto what = entry.at("what").get<std::string>();
  last_ns_ = ns;
  const TraceThread thread = show(entry, ns);
  events_.instant(thread, ns, category(entry, what), entry_name(entry, "+"), args_of(entry));
}

TraceThread Trace::show(const json& entry, std::int64_t ns) {
  if (text(entry, "source") != "kernel") return notes_.read(entry, ns);
  const std::string what = text(entry, "what");
  if (what == "fired") notes_.fired(text(entry, "fault"), entry.at("seq"), ns);
  if (!is_of_process(what)) return flows_.read(entry, ns);
  return tracks_.thread("target", "process " + entry.at("pid").dump());
}

void Trace::end_run() {
  flows_.end_run(last_ns_);
  notes_.end_run(last_ns_);
}

Status Trace::finish() {
  return events_.finish({{"cutpoint", CUTPOINT_VERSION},
                         {"revision", CUTPOINT_REVISION},
                         {"clock", "CLOCK_MONOTONIC"},
                         {"runs", runs_}});
}

}  // namespace cutpoint
