// SPDX-License-Identifier: Apache-2.0
#include "controller/report/trace_flows.h"

#include <algorithm>

namespace cutpoint {
namespace {

using nlohmann::json;

// Slices of a thread nest: what may overlap its like is an async span instead.
bool fits_into(const std::vector<Span>& nested, const Span& span) {
  if (nested.empty()) return span.name == "transaction" || span.name == "commit";
  return span.name == "commit" && nested.back().name == "transaction";
}

bool begins_life(const std::string& what) {
  return what == "flow.opened" || what == "flow.joined";
}

}  // namespace

void TraceFlows::begin_run(const json& services) {
  protocols_.clear();
  flow_ids_ = {};
  by_id_.clear();
  async_.clear();
  counters_.begin_run();
  for (const json& service : services) {
    protocols_[service.at("name")] = service.at("protocol").get<std::string>();
    tracks_.process(process_of(service.at("name")));
  }
}

TraceThread TraceFlows::read(const json& entry, std::int64_t ns) {
  Track& track = track_of(entry);
  const auto what = entry.at("what").get<std::string>();
  if (begins_life(what)) begin_life(track, entry, ns);
  const SpanChanges changes = track.spans.read(entry);
  for (const Span& span : changes.closed) close(track, span, ns);
  for (const Span& span : changes.opened) open(track, span, ns);
  if (what == "flow.closed") end_life(track, ns);
  return track.thread;
}

void TraceFlows::end_run(std::int64_t ns) {
  for (auto& [id, track] : by_id_) {
    for (const Span& span : track.spans.close_all()) close(track, span, ns);
    end_life(track, ns);
  }
}

TraceFlows::Track& TraceFlows::track_of(const json& entry) {
  const std::string id = flow_ids_.of(entry);
  const auto [found, is_new] = by_id_.try_emplace(id);
  if (is_new) {
    const std::string process = process_of(entry.at("service"));
    const auto tuple = entry.at("flow").get<std::string>();
    found->second.process = tracks_.process(process);
    // A tuple that is used again is another connection.
    found->second.thread = tracks_.thread(process, tuple + (id == tuple ? "" : " #" + id));
  }
  return found->second;
}

std::string TraceFlows::process_of(const std::string& service) const {
  const auto protocol = protocols_.find(service);
  return "service " + service + (protocol == protocols_.end() ? "" : " (" + protocol->second + ")");
}

void TraceFlows::open(Track& track, const Span& span, std::int64_t ns) {
  const json args = {{"opened_by", span.opened_by}};
  count(track, span, 1, ns);
  if (fits_into(track.nested, span)) {
    track.nested.push_back(span);
    return events_.begin(track.thread, ns, span.name, args);
  }
  TraceEvents::Async async{track.process, "flow", span.name, ++ids_};
  events_.begin(async, ns, args);
  async_.insert_or_assign({span.opened_by, span.name}, std::move(async));
}

void TraceFlows::close(Track& track, const Span& span, std::int64_t ns) {
  count(track, span, -1, ns);
  if (const auto async = async_.find({span.opened_by, span.name}); async != async_.end()) {
    events_.end(async->second, ns, {});
    async_.erase(async);
    return;
  }
  const auto slice =
      std::find_if(track.nested.begin(), track.nested.end(), [&span](const Span& other) {
        return other.opened_by == span.opened_by && other.name == span.name;
      });
  // What began within it ends with it.
  for (auto left = track.nested.end() - slice; left > 0; --left) {
    events_.end(track.thread, ns, {});
    track.nested.pop_back();
  }
}

void TraceFlows::count(const Track& track, const Span& span, int by, std::int64_t ns) {
  if (span.count == SpanCount::in_flight) counters_.change(track.process, "in flight", by, ns);
  if (span.count == SpanCount::unsettled) counters_.change(track.process, "not settled", by, ns);
}

void TraceFlows::begin_life(Track& track, const json& entry, std::int64_t ns) {
  if (track.lives) return;
  track.lives = true;
  events_.begin(track.thread, ns, "flow", {{"opened_by", entry.at("seq")}});
}

void TraceFlows::end_life(Track& track, std::int64_t ns) {
  if (!track.lives) return;
  track.lives = false;
  events_.end(track.thread, ns, {});
}

}  // namespace cutpoint
