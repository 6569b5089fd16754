// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/picture_scene.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <numeric>

#include "controller/report/html/picture_words.h"
#include "controller/report/recorded_entry.h"
#include "controller/verify/phrases.h"

namespace cutpoint::html {
namespace {

using nlohmann::json;

constexpr const char* target_group = "target";
constexpr const char* own_group = "cutpoint";
constexpr std::string_view no_flow = "[::]:0 -> [::]:0";

struct Class {
  std::string_view event;
  MarkKind kind;
};

// What the kernel says and no stretch shows. Every other one is a note.
constexpr auto classes = std::array{Class{"moment", MarkKind::message},
                                    Class{"held", MarkKind::held_back},
                                    Class{"truncated", MarkKind::held_back},
                                    Class{"swallowed", MarkKind::held_back},
                                    Class{"released", MarkKind::held_back},
                                    Class{"retransmit", MarkKind::retransmit},
                                    Class{"retransmit.peer", MarkKind::retransmit},
                                    Class{"rto", MarkKind::retransmit},
                                    Class{"dsack", MarkKind::retransmit},
                                    Class{"reset.sent", MarkKind::reset},
                                    Class{"reset.received", MarkKind::reset},
                                    Class{"reset.sent.peer", MarkKind::reset},
                                    Class{"reset.received.peer", MarkKind::reset},
                                    Class{"fired", MarkKind::fault},
                                    Class{"would_fire", MarkKind::fault},
                                    Class{"mismatch", MarkKind::fault},
                                    Class{"altered", MarkKind::fault},
                                    Class{"duplicated", MarkKind::fault},
                                    Class{"refused", MarkKind::fault},
                                    Class{"signalled", MarkKind::fault}};

MarkKind kind_of(std::string_view event) {
  const auto* found = std::find_if(classes.begin(), classes.end(),
                                   [event](const Class& one) { return one.event == event; });
  return found == classes.end() ? MarkKind::note : found->kind;
}

// The local end alone: the other is the service's.
std::string flow_name(const std::string& flow) {
  return flow.substr(0, flow.find(" -> "));
}

// Services first, cutpoint itself last.
std::vector<std::size_t> in_order(const std::vector<Group>& groups) {
  const auto rank = [&](std::size_t index) {
    const std::string& of = groups[index].of;
    if (of == "controller") return 4;
    if (of == "observer") return 3;
    if (of == "processes") return 2;
    return of == "tasks" ? 1 : 0;
  };
  std::vector<std::size_t> order(groups.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t left, std::size_t right) { return rank(left) < rank(right); });
  return order;
}

}  // namespace

Scene::Scene(const json& report) {
  for (const json& service : report.at("services")) {
    const auto protocol = service.at("protocol").get<std::string>();
    groups_.push_back({service.at("name").get<std::string>(), protocol, "flow", {}});
    by_name_["service " + groups_.back().name] = groups_.size() - 1;
  }
}

std::size_t Scene::group(const std::string& name, const char* of, const char* noun) {
  const auto [found, is_new] = by_name_.try_emplace(fmt::format("{} {}", of, name), groups_.size());
  if (is_new) groups_.push_back({name, of, noun, {}});
  return found->second;
}

// A lane for what does not last: one stretch, from the first entry on.
Scene::Place Scene::only(std::size_t group, std::int64_t ns) {
  if (groups_[group].stretches.empty()) groups_[group].stretches.push_back({"", ns, open_end, ""});
  Stretch& stretch = groups_[group].stretches.front();
  stretch.from_ns = std::min(stretch.from_ns, ns);
  return {group, 0};
}

void Scene::add(const json& line) {
  const auto what = line.at("what").get<std::string>();
  if (line.at("source") != "kernel") {
    add_note(line, what);
  } else if (line.at("flow").get<std::string>() == no_flow) {
    add_mark(line, kind_of(what), only(group(target_group, "processes", ""), ns_of(line)));
  } else if (what.starts_with("flow.") && what != "flow.desync") {
    add_flow(line, what);
  } else {
    add_mark(line, kind_of(what), flow(line));
  }
}

Scene::Place Scene::flow(const json& line) {
  const auto [found, is_new] = flows_.try_emplace(flow_ids_.of(line));
  if (!is_new) return found->second;
  const std::size_t of = group(line.at("service").get<std::string>(), "service", "flow");
  auto& stretches = groups_[of].stretches;
  stretches.push_back({flow_name(line.at("flow").get<std::string>()), ns_of(line), open_end, ""});
  return found->second = {of, stretches.size() - 1};
}

void Scene::add_flow(const json& line, const std::string& what) {
  const Place place = flow(line);
  Stretch& stretch = groups_[place.group].stretches[place.stretch];
  if (what == "flow.closed") stretch.until_ns = std::max(stretch.from_ns, ns_of(line));
  if (what == "flow.state" || what == "flow.established") ++not_drawn_[what];
}

void Scene::add_task(const json& line, const std::string& what, std::size_t of) {
  const std::string id = note_text(line, "id");
  const auto running = tasks_.find(id);
  if (what == "task.started") {
    groups_[of].stretches.push_back({"task " + id, ns_of(line), open_end, ""});
    tasks_[id] = {of, groups_[of].stretches.size() - 1};
  } else if (const auto end = task_end(what); !end.empty() && running != tasks_.end()) {
    Stretch& stretch = groups_[running->second.group].stretches[running->second.stretch];
    stretch.until_ns = std::max(stretch.from_ns, ns_of(line));
    stretch.ended = end;
    tasks_.erase(running);
  } else {
    ++not_drawn_[what];
  }
}

void Scene::add_note(const json& line, const std::string& what) {
  const std::string observer = note_text(line, "observer");
  if (line.at("source") == "target") {
    const Place place = only(group(target_group, "processes", ""), ns_of(line));
    add_mark(line, MarkKind::note, place);
  } else if (what.starts_with("task.")) {
    add_task(line, what, group(observer, "tasks", "task"));
  } else if (!depth_name(what).empty()) {
    return;  // a curve shows it
  } else if (!observer.empty()) {
    add_mark(line, MarkKind::note, only(group(observer, "observer", ""), ns_of(line)));
  } else {
    add_mark(line, MarkKind::note, only(group(own_group, "controller", ""), ns_of(line)));
  }
}

void Scene::add_mark(const json& line, MarkKind kind, Place at) {
  Mark mark;
  mark.kind = kind;
  mark.downstream = line.value("direction", std::string()) == "downstream";
  mark.ns = mark.until_ns = ns_of(line);
  mark.seq = line.at("seq").get<std::uint64_t>();
  mark.what = entry_name(line, ", ");
  mark.flow = line.value("flow", std::string());
  if (mark.flow == no_flow) mark.flow.clear();
  mark.more = more_text(line);
  placed_.push_back({std::move(mark), at});
}

Scene::Laid Scene::lay_out(std::size_t most_lanes) && {
  Laid laid;
  std::vector<std::vector<std::size_t>> lane_of(groups_.size());
  std::size_t first = 0;
  for (const std::size_t i : in_order(groups_)) {
    if (groups_[i].stretches.empty()) continue;
    std::vector<Lane> lanes = lanes_of(groups_[i].stretches, most_lanes, groups_[i].noun);
    lane_of[i].resize(groups_[i].stretches.size());
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      for (const std::size_t stretch : lanes[lane].stretches) lane_of[i][stretch] = first + lane;
    }
    first += lanes.size();
    laid.lanes.push_back(std::move(lanes));
    laid.groups.push_back(groups_[i]);
  }
  for (Placed& placed : placed_) {
    placed.mark.lane = lane_of[placed.at.group][placed.at.stretch];
    laid.marks.push_back(std::move(placed.mark));
  }
  std::vector<std::string> items;
  for (const auto& [what, count] : not_drawn_) items.push_back(fmt::format("{} {}", count, what));
  if (!items.empty()) {
    laid.remarks.push_back("Shown by bars and curves alone: " + listed(items, items.size()));
  }
  return laid;
}

}  // namespace cutpoint::html
