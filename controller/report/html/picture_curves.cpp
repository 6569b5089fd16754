// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/picture_curves.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

#include "controller/report/recorded_entry.h"

namespace cutpoint::html {
namespace {

using nlohmann::json;

constexpr const char* commits = "COMMITs in flight";
constexpr const char* publishes = "published, not confirmed";
constexpr const char* deliveries = "delivered, not settled";
constexpr double ms = 1e6;

std::string label(const json& line, const char* what) {
  return fmt::format("{}: {}", line.value("service", std::string("?")), what);
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

Counts::Counts(const json& report) {
  for (const json& service : report.at("services")) {
    protocols_[service.at("name").get<std::string>()] = service.at("protocol").get<std::string>();
  }
}

void Counts::changed(const std::string& label, std::int64_t ns, std::int64_t by) {
  Curve& curve = curves_[label];
  const std::int64_t before = curve.points.empty() ? 0 : curve.points.back().second;
  set(label, ns, before + by);
}

void Counts::set(const std::string& label, std::int64_t ns, std::int64_t number) {
  Curve& curve = curves_[label];
  curve.label = label;
  curve.points.emplace_back(ns, number);
}

void Counts::open(const json& line, const char* what, const Key& key, std::uint64_t tag) {
  if (books_[key].open.insert(tag).second) changed(label(line, what), ns_of(line), 1);
}

void Counts::settle(const json& line, const char* what, const Key& key, std::uint64_t tag,
                    bool and_before) {
  auto& open = books_[key].open;
  const auto from = and_before ? open.begin() : open.find(tag);
  const auto until = from == open.end() ? from : open.upper_bound(tag);
  const auto count = std::distance(from, until);
  open.erase(from, until);
  if (count > 0) changed(label(line, what), ns_of(line), -count);
}

void Counts::add(const json& line) {
  const auto what = line.at("what").get<std::string>();
  if (ends_requests(line)) close_flow(line);
  if (what == "moment" || what == "fired" || what == "held") {
    for (const json& moment : line.value("moments", json::array())) {
      add_moment(line, moment.get<std::string>());
    }
  }
  if (const auto of = depth_name(what); !of.empty()) {
    set(fmt::format("{}: {}", note_text(line, "observer"), of), ns_of(line),
        static_cast<std::int64_t>(note_number(line, "depth")));
  }
}

void Counts::add_moment(const json& line, const std::string& moment) {
  const auto found = protocols_.find(line.value("service", std::string()));
  if (found == protocols_.end()) return;
  if (found->second == "postgres") add_commit(line, moment);
  if (found->second == "amqp" && line.at("what") == "moment") add_amqp(line, moment);
}

// A message that a cut holds is seen again when it passes: it is known by its sequence number.
void Counts::add_commit(const json& line, const std::string& moment) {
  const Key key{line.value("cookie", std::uint64_t{0}), commits};
  if (moment == "commit.request") {
    open(line, commits, key, line.value("begin", std::uint64_t{0}));
  } else if (line.at("what") == "moment" &&
             (moment == "commit.ack" || moment == "rollback.ack" || moment == "error")) {
    auto& requests = books_[key].open;
    if (!requests.empty()) settle(line, commits, key, *requests.begin(), false);
  }
}

void Counts::add_amqp(const json& line, const std::string& moment) {
  const auto cookie = line.value("cookie", std::uint64_t{0});
  const std::string channel = attribute(line, "channel");
  const Key out{cookie, publishes + channel};
  const Key in{cookie, deliveries + channel};
  const std::uint64_t tag = attribute_number(line, "delivery_tag");
  if (moment == "confirm.select") books_[out].confirms = true;
  if (moment == "basic.publish" && books_[out].confirms) {
    open(line, publishes, out, ++books_[out].published);
  }
  if (moment == "confirm.ack" || moment == "confirm.nack") {
    settle(line, publishes, out, tag, has_flag(line, "MULTIPLE"));
  }
  if (moment == "basic.deliver") open(line, deliveries, in, tag);
  if (moment == "basic.ack" || moment == "basic.nack" || moment == "basic.reject") {
    settle(line, deliveries, in, tag, has_flag(line, "MULTIPLE"));
  }
}

// Whoever asked is gone: nobody waits any more.
void Counts::close_flow(const json& line) {
  const auto cookie = line.value("cookie", std::uint64_t{0});
  for (auto at = books_.lower_bound({cookie, ""}); at != books_.end() && at->first.first == cookie;
       ++at) {
    const auto count = static_cast<std::int64_t>(at->second.open.size());
    at->second.open.clear();
    if (count == 0) continue;
    for (const char* what : {commits, publishes, deliveries}) {
      if (at->first.second.starts_with(what)) changed(label(line, what), ns_of(line), -count);
    }
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
