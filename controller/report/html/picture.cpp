// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/picture.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/core.h>
#include <istream>
#include <optional>

#include "controller/report/fault_section.h"
#include "controller/report/fault_text.h"
#include "controller/report/html/picture_curves.h"
#include "controller/report/html/picture_scene.h"
#include "controller/report/html/picture_windows.h"
#include "controller/report/recorded_entry.h"
#include "controller/report/recorded_timeline.h"
#include "controller/report/timeline_match.h"
#include "controller/verify/phrases.h"

namespace cutpoint::html {
namespace {

using nlohmann::json;

constexpr std::size_t most_lanes = 6;         // of one group
constexpr std::size_t most_stretches = 2000;  // in all, before short ones are joined
constexpr std::size_t finest_stretch = 800;   // of the whole picture's length
constexpr double ms = 1e6;

// CLOCK_MONOTONIC at the report's zero: from a fault of which both tell when it was armed or fired.
// Without one, the first entry.
class Zero {
 public:
  explicit Zero(const json& report) {
    for (const json& fault : report.at("faults")) {
      if (!fault.at("armed").is_null()) {
        armed_[fault.at("name").get<std::string>()] = fault.at("armed").get<double>();
      }
      if (!fault.at("fired").is_null() && !fault.at("cut").is_null()) {
        fired_[fault.at("cut").at("evidence").get<std::uint64_t>()] =
            fault.at("fired").get<double>();
      }
    }
  }

  void add(const json& line) {
    const std::int64_t ns = ns_of(line);
    first_ns_ = first_ns_ ? std::min(*first_ns_, ns) : ns;
    if (zero_ns_) return;
    if (const auto found = fired_.find(line.at("seq").get<std::uint64_t>());
        found != fired_.end()) {
      zero_ns_ = ns - std::llround(found->second * ms);
    } else if (line.at("what") == "armed") {
      const auto armed = armed_.find(note_text(line, "fault"));
      if (armed != armed_.end()) zero_ns_ = ns - std::llround(armed->second * ms);
    }
  }

  [[nodiscard]] std::int64_t ns() const { return zero_ns_.value_or(first_ns_.value_or(0)); }

 private:
  std::map<std::string, double> armed_;    // milliseconds, by name
  std::map<std::uint64_t, double> fired_;  // by the entry that says so
  std::optional<std::int64_t> zero_ns_;
  std::optional<std::int64_t> first_ns_;
};

// What all parts of the picture count in.
struct Axis {
  std::int64_t zero_ns = 0;
  std::int64_t begin_ns = open_end;
  std::int64_t end_ns = 0;

  void add(std::int64_t ns) {
    begin_ns = std::min(begin_ns, ns);
    end_ns = std::max(end_ns, ns);
  }
  [[nodiscard]] double at(std::int64_t ns) const {
    return milliseconds_since(zero_ns, std::min(ns, end_ns));
  }
};

class Texts {
 public:
  std::size_t place(const std::string& text) {
    const auto [found, is_new] = places_.try_emplace(text, list_.size());
    if (is_new) list_.push_back(text);
    return found->second;
  }
  [[nodiscard]] json take() && { return std::move(list_); }

 private:
  json list_ = json::array({""});
  std::unordered_map<std::string, std::size_t> places_{{"", 0}};
};

json marks(const std::vector<Mark>& all, const Axis& axis, Texts& texts) {
  json list = json::array();
  for (const Mark& mark : all) {
    list.push_back({mark.lane, axis.at(mark.ns), static_cast<int>(mark.kind),
                    mark.downstream ? 1 : 0, mark.seq, mark.count, axis.at(mark.until_ns),
                    texts.place(mark.what), texts.place(mark.flow), texts.place(mark.more)});
  }
  return list;
}

json kinds() {
  json list = json::array();
  for (const MarkKind kind : mark_kinds) list.push_back(name(kind));
  return list;
}

// Of one lane. `shortest_ns`: what is shorter is joined with the ones beside it.
json stretches(const Group& group, const Lane& lane, const Axis& axis, std::int64_t shortest_ns) {
  json list = json::array();
  std::size_t joined = 0;
  std::int64_t from_ns = 0;
  std::int64_t until_ns = 0;
  for (const std::size_t index : lane.stretches) {
    const Stretch& stretch = group.stretches[index];
    if (joined > 0 && stretch.until_ns - from_ns < shortest_ns) {
      ++joined;
      until_ns = std::max(until_ns, stretch.until_ns);
      list.back() = {axis.at(from_ns), axis.at(until_ns), "", counted(joined, group.noun)};
      continue;
    }
    joined = 1;
    from_ns = stretch.from_ns;
    until_ns = stretch.until_ns;
    std::string text = stretch.name;
    if (!stretch.ended.empty()) text += ", " + stretch.ended;
    list.push_back({axis.at(from_ns), axis.at(until_ns), stretch.ended, text});
  }
  return list;
}

std::string group_label(const Group& group) {
  std::string label = fmt::format("{} ({})", group.name, group.of);
  if (group.noun.empty()) return label;
  return label + ", " + counted(group.stretches.size(), group.noun);
}

void add_groups(json& picture, const Scene::Laid& laid, const Axis& axis) {
  std::size_t count = 0;
  for (const Group& group : laid.groups) count += group.stretches.size();
  const std::int64_t shortest_ns =
      count <= most_stretches
          ? 0
          : (axis.end_ns - axis.begin_ns) / static_cast<std::int64_t>(finest_stretch);
  picture["groups"] = json::array();
  picture["lanes"] = json::array();
  for (std::size_t i = 0; i < laid.groups.size(); ++i) {
    picture["groups"].push_back({{"label", group_label(laid.groups[i])},
                                 {"first", picture["lanes"].size()},
                                 {"lanes", laid.lanes[i].size()}});
    for (const Lane& lane : laid.lanes[i]) {
      picture["lanes"].push_back(
          {{"label", lane.label},
           {"stretches", stretches(laid.groups[i], lane, axis, shortest_ns)}});
    }
  }
  if (shortest_ns > 0)
    picture["remarks"].push_back("Short bars beside each other are drawn as one");
}

json curves(const std::vector<Curve>& all, const Axis& axis, json& remarks) {
  json list = json::array();
  std::vector<std::string> simplified;
  for (const Curve& full : all) {
    const Curve curve = thinned(full);
    if (curve.points.size() < full.points.size()) simplified.push_back(curve.label);
    json points = json::array();
    std::int64_t most = 0;
    for (const auto& [ns, number] : curve.points) {
      points.push_back({axis.at(ns), number});
      most = std::max(most, number);
    }
    list.push_back({{"label", curve.label}, {"most", most}, {"points", points}});
  }
  if (!simplified.empty()) {
    remarks.push_back("Curves through the highest and the last number of each stretch of time: " +
                      listed(simplified, simplified.size()));
  }
  return list;
}

// Where each fault fired first, in the words of every view.
json cuts(const json& report, const std::vector<Mark>& marks, const Axis& axis) {
  json list = json::array();
  for (const json& fault : report.at("faults")) {
    const json& cut = fault.at("cut");
    if (cut.is_null()) continue;
    const auto mark = std::find_if(marks.begin(), marks.end(), [&](const Mark& one) {
      return one.seq == cut.at("evidence").get<std::uint64_t>();
    });
    if (mark == marks.end()) continue;
    list.push_back({{"fault", fault.at("name")},
                    {"lane", mark->lane},
                    {"ms", axis.at(mark->ns)},
                    {"seq", mark->seq},
                    {"short", cut_text(cut)},
                    {"text", where_text(fault)}});
  }
  return list;
}

}  // namespace

Result<json> picture_of(const json& report, std::istream& timeline) {
  Scene scene(report);
  Counts counts;
  Windows windows(report);
  Zero zero(report);
  Axis axis;
  std::size_t events = 0;
  std::size_t unread = 0;
  for (std::string text; std::getline(timeline, text);) {
    const json line = entry_of(text);
    if (line.is_null()) {
      ++unread;
      continue;
    }
    ++events;
    if (const std::string why = mistake_in(line); !why.empty()) {
      return no_entry(events + unread, why);
    }
    try {
      axis.add(ns_of(line));
      zero.add(line);
      scene.add(line);
      counts.add(line);
      windows.add(line);
    } catch (const json::exception& error) {
      return no_entry(events + unread, error.what());
    }
  }
  if (events == 0) return json(nullptr);
  axis.zero_ns = zero.ns();
  Scene::Laid laid = std::move(scene).lay_out(most_lanes);
  const json cut_list = cuts(report, laid.marks, axis);
  Thinned thin = thinned(std::move(laid.marks));
  Texts texts;
  json picture = {{"begin", axis.at(axis.begin_ns)},
                  {"end", axis.at(axis.end_ns)},
                  {"events", events},
                  {"kinds", kinds()},
                  {"cuts", cut_list},
                  {"windows", std::move(windows).take(axis.zero_ns, axis.end_ns)},
                  {"remarks", thin.remarks}};
  picture["marks"] = marks(thin.marks, axis, texts);
  picture["texts"] = std::move(texts).take();
  for (const std::string& remark : laid.remarks) picture["remarks"].push_back(remark);
  if (unread > 0) {
    picture["remarks"].push_back(counted(unread, "line") + " of the timeline could not be read");
  }
  add_groups(picture, laid, axis);
  std::vector<Curve> all = curves_of_series(report.at("series"), axis.zero_ns);
  for (Curve& curve : std::move(counts).take()) all.push_back(std::move(curve));
  picture["curves"] = curves(all, axis, picture["remarks"]);
  return picture;
}

Result<json> picture_beside(const json& report, const std::string& path) {
  std::error_code error;
  const std::filesystem::path given(path);
  const bool directory = std::filesystem::is_directory(given, error);
  const auto file = ((directory ? given : given.parent_path()) / "timeline.jsonl").string();
  if (has_no_timeline(report)) return json(nullptr);
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) return json(nullptr);
  CUTPOINT_TRY_ASSIGN(timeline, open_timeline(file));
  TimelineMatch match(report);
  if (Status added = match.add_all(timeline); !added) {
    return std::move(added).error().within(file + " is no timeline");
  }
  CUTPOINT_TRY(check_was_read(timeline, file));
  CUTPOINT_TRY(match.status(file));
  timeline.clear();
  timeline.seekg(0);
  auto picture = picture_of(report, timeline);
  if (!picture) return std::move(picture).error().within(file + " is no timeline");
  return picture;
}

}  // namespace cutpoint::html
