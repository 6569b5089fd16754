// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/picture_curves.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <string_view>

namespace cutpoint::html {
namespace {

using nlohmann::json;

constexpr double ms = 1e6;

// What a curve calls those that are under way; "": they have none.
std::string_view curve_name(const Span& span) {
  if (span.name == "commit") return "COMMITs in flight";
  if (span.name == "publish") return "published, not confirmed";
  if (span.name == "delivery") return "delivered, not settled";
  return "";
}

}  // namespace

Curve thinned(Curve curve) {
  std::stable_sort(curve.points.begin(), curve.points.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  if (curve.points.size() <= most_points) return curve;
  const std::int64_t begin = curve.points.front().first;
  const std::int64_t span = curve.points.back().first - begin;
  constexpr std::int64_t stretches = most_points / 2;
  const std::int64_t stretch = span / stretches + 1;
  std::vector<Point> points;
  for (auto at = curve.points.begin(); at != curve.points.end();) {
    const std::int64_t until = begin + ((at->first - begin) / stretch + 1) * stretch;
    const auto next = std::find_if(at, curve.points.end(),
                                   [until](const Point& point) { return point.first >= until; });
    const auto highest = std::max_element(
        at, next, [](const Point& left, const Point& right) { return left.second < right.second; });
    points.push_back(*highest);
    if (std::next(highest) != next) points.push_back(*std::prev(next));
    at = next;
  }
  curve.points = std::move(points);
  return curve;
}

void Counts::set(const std::string& label, std::int64_t ns, std::int64_t number) {
  Curve& curve = curves_[label];
  curve.label = label;
  curve.points.emplace_back(ns, number);
}

void Counts::changed(const json& line, const Span& span, std::int64_t by) {
  const std::string_view name = curve_name(span);
  if (name.empty()) return;
  const std::string label = fmt::format("{}: {}", line.at("service").get<std::string>(), name);
  const auto found = curves_.find(label);
  set(label, ns_of(line), (found == curves_.end() ? 0 : found->second.points.back().second) + by);
}

void Counts::add(const json& line) {
  if (line.at("source") == "kernel") {
    const SpanChanges changes = flows_[flow_ids_.of(line)].read(line);
    for (const Span& span : changes.closed) changed(line, span, -1);
    for (const Span& span : changes.opened) changed(line, span, 1);
  } else if (const auto of = depth_name(line.at("what").get<std::string>()); !of.empty()) {
    set(fmt::format("{}: {}", note_text(line, "observer"), of), ns_of(line),
        static_cast<std::int64_t>(note_number(line, "depth")));
  }
}

std::vector<Curve> Counts::take() && {
  std::vector<Curve> all;
  for (auto& [label, curve] : curves_) all.push_back(std::move(curve));
  return all;
}

std::vector<Curve> curves_of_series(const json& series, std::int64_t zero_ns) {
  std::vector<Curve> curves;
  if (series.is_null()) return curves;
  const auto add = [&](const json& owner, const char* name, const char* values, const char* what) {
    if (!owner.contains(values)) return;
    Curve curve{fmt::format("{}: {}", owner.at(name).get<std::string>(), what), {}};
    const auto begin = series.at("begin").get<double>();
    const auto step = series.at("step_ms").get<double>();
    for (std::size_t i = 0; i < owner.at(values).size(); ++i) {
      const double at = begin + step * static_cast<double>(i);
      curve.points.emplace_back(zero_ns + std::llround(at * ms),
                                owner.at(values)[i].get<std::int64_t>());
    }
    curves.push_back(std::move(curve));
  };
  for (const json& one : series.at("services")) {
    add(one, "service", "in_flight", "requests in flight");
  }
  for (const json& one : series.at("observers")) {
    add(one, "observer", "workers_busy", "workers busy");
  }
  return curves;
}

}  // namespace cutpoint::html
