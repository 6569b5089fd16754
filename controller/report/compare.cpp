// SPDX-License-Identifier: Apache-2.0
#include "controller/report/compare.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <vector>

#include "controller/report/audit.h"
#include "controller/report/fault_text.h"
#include "controller/report/report_schema.h"
#include "generated/version.h"

namespace cutpoint {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  return object.at(key).get<std::string>();
}

// Pairs of what both lists have, in the order of the left one; then what the right one has alone.
// null: the other list has none like it. Several that are alike go in their order.
using Pair = std::pair<json, json>;
std::vector<Pair> paired(const json& left, const json& right,
                         std::initializer_list<const char*> keys) {
  std::vector<bool> taken(right.size(), false);
  std::vector<Pair> pairs;
  for (const json& one : left) {
    json other = nullptr;
    for (std::size_t i = 0; i < right.size() && other.is_null(); ++i) {
      const bool same = std::all_of(keys.begin(), keys.end(), [&](const char* key) {
        return one.at(key) == right[i].at(key);
      });
      if (taken[i] || !same) continue;
      taken[i] = true;
      other = right[i];
    }
    pairs.emplace_back(one, std::move(other));
  }
  for (std::size_t i = 0; i < right.size(); ++i) {
    if (!taken[i]) pairs.emplace_back(nullptr, right[i]);
  }
  return pairs;
}

const json& either(const Pair& pair) {
  return pair.first.is_null() ? pair.second : pair.first;
}

json value_or_null(const json& object, const char* key) {
  return object.is_null() ? json(nullptr) : object.at(key);
}

json side(const json& report) {
  return {{"out", report.value("out", json(nullptr))},
          {"outcome", report.at("outcome")},
          {"exit_code", report.at("exit_code")},
          {"readiness", report.at("readiness").at("verdict")},
          {"findings", report.at("findings").size()},
          {"started_unix_ms", report.at("host").at("started_unix_ms")},
          {"cutpoint", report.at("cutpoint")},
          {"kernel", report.at("host").at("kernel")}};
}

void add_difference(json& list, const std::string& what, const std::string& before,
                    const std::string& after) {
  if (before == after) return;
  list.push_back({{"what", what}, {"before", before}, {"after", after}});
}

// "after commit.request, from the 20th on db; blackhole both"
std::string fault_words(const json& fault) {
  if (fault.is_null()) return "none";
  json act = fault.at("do");
  std::string text =
      fmt::format("{}; {} {}", trigger_text(fault), text_of(act, "kind"), text_of(act, "value"));
  for (const char* known : {"kind", "value"}) act.erase(known);
  for (const auto& [key, value] : act.items()) {
    text +=
        fmt::format(", {} {}", key, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

std::string services_words(const json& services) {
  std::string text;
  for (const json& service : services) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", text_of(service, "name"),
                        text_of(service, "protocol"));
  }
  return text;
}

std::string expected_words(const json& invariant) {
  if (invariant.is_null()) return "not expected";
  return fmt::format("{} ({})", text_of(invariant, "expected"), text_of(invariant, "severity"));
}

// What was not the same for both: figures side by side are to be read with it in mind.
json differing(const json& before, const json& after) {
  json list = json::array();
  for (const Pair& pair : paired(before.at("faults"), after.at("faults"), {"name"})) {
    add_difference(list, "fault " + text_of(either(pair), "name"), fault_words(pair.first),
                   fault_words(pair.second));
  }
  for (const Pair& pair : paired(before.at("invariants"), after.at("invariants"), {"name"})) {
    add_difference(list, text_of(either(pair), "name"), expected_words(pair.first),
                   expected_words(pair.second));
  }
  add_difference(list, "services", services_words(before.at("services")),
                 services_words(after.at("services")));
  add_difference(list, "seed", before.at("seed").dump(), after.at("seed").dump());
  add_difference(list, "target", text_of(before.at("target"), "kind"),
                 text_of(after.at("target"), "kind"));
  add_difference(list, "kernel", text_of(before.at("host"), "kernel"),
                 text_of(after.at("host"), "kernel"));
  for (const char* key : {"version", "revision"}) {
    add_difference(list, std::string("cutpoint's ") + key, text_of(before.at("cutpoint"), key),
                   text_of(after.at("cutpoint"), key));
  }
  return list;
}

bool held(const json& report, const json& invariant) {
  bool any = false;
  for (const json& one : report.at("invariants")) {
    if (one.at("name") != invariant) continue;
    if (one.at("outcome") != "held") return false;
    any = true;
  }
  return any;
}

// Where a finding of one of the two runs belongs, if the other has none of that invariant: it has
// gone, or come, only where the other run has judged it.
const char* kind_of(const Pair& pair, const json& before, const json& after) {
  const json& invariant = either(pair).at("invariant");
  if (pair.second.is_null()) return held(after, invariant) ? "gone" : "not_judged";
  if (pair.first.is_null()) return held(before, invariant) ? "came" : "not_judged";
  return "stayed";
}

// A finding is the same where the same invariant was violated; its words hold the run's numbers.
json findings(const json& before, const json& after) {
  json sorted = {{"gone", json::array()},
                 {"came", json::array()},
                 {"stayed", json::array()},
                 {"not_judged", json::array()}};
  const auto pairs =
      paired(by_severity(before.at("findings")), by_severity(after.at("findings")), {"invariant"});
  for (const Pair& pair : pairs) {
    sorted[kind_of(pair, before, after)].push_back(
        {{"invariant", either(pair).at("invariant")},
         {"severity_before", value_or_null(pair.first, "severity")},
         {"severity_after", value_or_null(pair.second, "severity")},
         {"before", value_or_null(pair.first, "title")},
         {"after", value_or_null(pair.second, "title")}});
  }
  return sorted;
}

json invariants(const json& before, const json& after) {
  json list = json::array();
  for (const Pair& pair : paired(before.at("invariants"), after.at("invariants"), {"name"})) {
    list.push_back({{"name", either(pair).at("name")},
                    {"before", value_or_null(pair.first, "outcome")},
                    {"after", value_or_null(pair.second, "outcome")},
                    {"observed_before", value_or_null(pair.first, "observed")},
                    {"observed_after", value_or_null(pair.second, "observed")}});
  }
  return list;
}

// To the microsecond, as the figures themselves.
json difference(const json& before, const json& after) {
  if (before.is_null() || after.is_null()) return nullptr;
  if (before.is_number_integer() && after.is_number_integer()) {
    return after.get<std::int64_t>() - before.get<std::int64_t>();
  }
  constexpr double millionth = 1e6;
  return std::round((after.get<double>() - before.get<double>()) * millionth) / millionth;
}

json figures(const json& before, const json& after) {
  json list = json::array();
  for (const Pair& pair : paired(before.at("figures"), after.at("figures"), {"name", "of"})) {
    const json first = value_or_null(pair.first, "value");
    const json second = value_or_null(pair.second, "value");
    list.push_back({{"name", either(pair).at("name")},
                    {"of", either(pair).at("of")},
                    {"unit", either(pair).at("unit")},
                    {"before", first},
                    {"after", second},
                    {"difference", difference(first, second)}});
  }
  return list;
}

json claims(const json& before, const json& after) {
  json list = json::array();
  for (const Pair& pair : paired(before.at("claims"), after.at("claims"), {"id", "claim"})) {
    list.push_back({{"id", either(pair).at("id")},
                    {"claim", either(pair).at("claim")},
                    {"source", either(pair).at("source")},
                    {"before", value_or_null(pair.first, "verdict")},
                    {"after", value_or_null(pair.second, "verdict")},
                    {"measured_before", value_or_null(pair.first, "measured")},
                    {"measured_after", value_or_null(pair.second, "measured")}});
  }
  return list;
}

}  // namespace

Result<json> build_comparison(const json& before, const json& after) {
  if (before.at("scenario") != after.at("scenario")) {
    return Error{ExitCode::usage,
                 fmt::format("cannot compare a run of {} with one of {}",
                             text_of(before, "scenario"), text_of(after, "scenario")),
                 "name two runs of the same scenario, or leave out --compare for an audit of both"};
  }
  return json{{"schema_version", report_schema_version},
              {"cutpoint", {{"version", CUTPOINT_VERSION}, {"revision", CUTPOINT_REVISION}}},
              {"scenario", after.at("scenario")},
              {"title", after.at("title")},
              {"before", side(before)},
              {"after", side(after)},
              {"differing", differing(before, after)},
              {"findings", findings(before, after)},
              {"invariants", invariants(before, after)},
              {"figures", figures(before, after)},
              {"claims", claims(before, after)}};
}

}  // namespace cutpoint
