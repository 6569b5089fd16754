// SPDX-License-Identifier: Apache-2.0
// `claims:` — what somebody believes, and what decides it.
#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <regex>

#include "controller/scenario/figures.h"
#include "controller/scenario/registry.h"
#include "controller/scenario/sections.h"
#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;

constexpr std::uint64_t most_counted = 1'000'000'000;
const std::vector<std::string> kinds{"invariant", "figure", "readiness"};
const std::vector<std::string> outcomes{"held", "violated"};
const std::vector<std::string> verdicts{"ready", "not ready"};
const std::vector<std::string> claim_keys{"id",    "claim",   "source",
                                          "given", "true_if", "not_tested"};

std::vector<std::string> keys_of(const std::string& kind, const FigureInfo* figure) {
  if (kind == "invariant") return {"invariant", "of", "outcome"};
  if (kind == "readiness") return {"readiness"};
  if (kind == "figure" && figure != nullptr && figure->of == FigureOf::run) {
    return {"figure", "at_least", "at_most"};
  }
  if (kind == "figure") return {"figure", "of", "at_least", "at_most"};
  return {"invariant", "figure", "readiness", "of", "outcome", "at_least", "at_most"};
}

// Services or observers that have the figure.
std::vector<std::string> owners_of(const FigureInfo& figure, const Scenario& scenario) {
  std::vector<std::string> names;
  for (const Service& service : scenario.services) {
    if (figure.of == FigureOf::service && service.protocol == figure.protocol) {
      names.push_back(service.name);
    }
  }
  for (const ObserverPlan& observer : scenario.observe) {
    const bool has = figure.of == FigureOf::waiting ||
                     (figure.of == FigureOf::workers && observer.kind == ObserverKind::celery) ||
                     (figure.of == FigureOf::queue && observer.kind == ObserverKind::amqp);
    if (has) names.push_back(observer.name);
  }
  return names;
}

std::vector<std::string> subjects_of(const std::string& invariant, const Scenario& scenario) {
  std::vector<std::string> names;
  for (const Expectation& expectation : scenario.expect) {
    if (expectation.invariant == invariant) names.push_back(expectation.subject());
  }
  return names;
}

// The one that `of:` names, or else the only one there is. Empty: none, which has been complained
// about.
std::string one_of_these(const MapReader& map, const std::string& what,
                         const std::vector<std::string>& names) {
  if (const Field field = map.optional("of")) {
    std::size_t index = 0;
    return yaml::read_index(field, "owner", "`" + what + "`", names, index) ? names[index] : "";
  }
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    map.complain(fmt::format("nothing in this scenario has a figure `{}`", what));
  } else {
    map.complain(fmt::format("`{}` could be of several; add `of:` with one of {}", what,
                             fmt::join(names, ", ")));
  }
  return "";
}

void read_bound(const Field& field, FigureUnit unit, std::optional<double>& out) {
  switch (unit) {
    case FigureUnit::count: {
      std::uint64_t number = 0;
      if (yaml::read_whole_number(field, 0, most_counted, number)) {
        out = static_cast<double>(number);
      }
      return;
    }
    case FigureUnit::milliseconds: {
      Duration duration{};
      if (yaml::read_duration(field, true, duration)) {
        out = std::chrono::duration<double, std::milli>(duration).count();
      }
      return;
    }
    case FigureUnit::ratio: {
      double ratio = 0;
      if (yaml::read_ratio(field, ratio)) out = ratio;
      return;
    }
  }
}

void read_bounds(const MapReader& map, FigureUnit unit, ClaimCondition& condition) {
  read_bound(map.optional("at_least"), unit, condition.at_least);
  read_bound(map.optional("at_most"), unit, condition.at_most);
}

void read_figure(const MapReader& map, const Scenario& scenario, ClaimCondition& condition) {
  std::size_t index = 0;
  if (!yaml::read_index(map.required("figure"), "figure", "", names_of(figures()), index)) return;
  const FigureInfo& figure = figures()[index];
  condition.figure = figure.name;
  if (figure.of != FigureOf::run) {
    condition.of = one_of_these(map, figure.name, owners_of(figure, scenario));
  }
  read_bounds(map, figure.unit, condition);
  if (!map.optional("at_least") && !map.optional("at_most")) {
    map.complain(fmt::format("what must `{}` be? add `at_least`, `at_most`, or both", figure.name));
  } else if (condition.at_least && condition.at_most && *condition.at_least > *condition.at_most) {
    map.complain("no number is so large and so small at once");
  }
}

void read_outcome(const Field& field, ClaimCondition& condition) {
  std::size_t index = 0;
  if (yaml::read_index(field, "outcome", "", outcomes, index)) condition.is_held = index == 0;
}

void read_invariant(const MapReader& map, const Scenario& scenario, ClaimCondition& condition) {
  std::vector<std::string> names;
  for (const Expectation& expectation : scenario.expect) names.push_back(expectation.invariant);
  std::size_t index = 0;
  if (yaml::read_index(map.required("invariant"), "invariant", "this scenario's `expect`", names,
                       index)) {
    condition.invariant = names[index];
    condition.of = one_of_these(map, condition.invariant, subjects_of(names[index], scenario));
  }
  read_outcome(map.required("outcome", "valid: held, violated"), condition);
}

void read_readiness(const Field& field, ClaimCondition& condition) {
  std::size_t index = 0;
  if (yaml::read_index(field, "readiness", "", verdicts, index)) {
    condition.readiness = verdicts[index];
  }
}

// Which of `kinds` the condition is; empty: none, or several.
std::string kind_of(const Field& field) {
  std::string kind;
  for (const std::string& one : kinds) {
    if (yaml::peek(field, one) == nullptr) continue;
    if (!kind.empty()) return "";
    kind = one;
  }
  return kind;
}

std::optional<ClaimCondition> read_condition(const Field& field, const Scenario& scenario) {
  if (!field) return std::nullopt;
  const std::string kind = kind_of(field);
  const std::string* figure = yaml::peek(field, "figure");
  const MapReader map(field, "`" + field.name + "`",
                      keys_of(kind, figure == nullptr ? nullptr : find_figure(*figure)));
  if (!map.is_map()) return std::nullopt;
  ClaimCondition condition;
  if (kind == "figure") read_figure(map, scenario, condition);
  if (kind == "invariant") read_invariant(map, scenario, condition);
  if (kind == "readiness") read_readiness(map.required("readiness"), condition);
  if (kind.empty() && !map.has_unknown_keys()) {
    map.complain(fmt::format("`{}` takes exactly one of {}", field.name, fmt::join(kinds, ", ")));
  }
  return condition;
}

// One condition, or a list of such that must all be met.
std::vector<ClaimCondition> read_conditions(const Field& field, const Scenario& scenario) {
  if (!field) return {};
  const bool is_list = field.node->kind == yaml::TreeNode::Kind::list;
  std::vector<ClaimCondition> conditions;
  for (const Field& one : is_list ? yaml::read_list(field) : std::vector{field}) {
    if (auto condition = read_condition(one, scenario)) conditions.push_back(*condition);
  }
  return conditions;
}

void read_id(const Field& field, const Scenario& scenario, std::string& id) {
  if (field.shape != nullptr) {
    yaml::read_text(field, id);
    field.shape->pattern = claim_id_pattern;
    return;
  }
  if (!yaml::read_text(field, id)) return;
  if (!std::regex_match(id, std::regex(claim_id_pattern))) {
    return field.complain(fmt::format(
        "`{}` is no id: it starts with a letter or a digit and holds only those, `.`, `_`, `-`",
        id));
  }
  const bool is_known = std::any_of(scenario.claims.begin(), scenario.claims.end(),
                                    [&id](const Claim& other) { return other.id == id; });
  if (is_known) field.complain(fmt::format("two claims are called `{}`", id));
}

void read_claim(const Field& item, Scenario& scenario) {
  const MapReader map(item, "a claim", claim_keys);
  if (!map.is_map()) return;
  Claim claim;
  read_id(map.required("id"), scenario, claim.id);
  yaml::read_text(map.required("claim", "it is what is believed"), claim.statement);
  yaml::read_text(map.optional("source"), claim.source);
  claim.given = read_conditions(map.optional("given"), scenario);
  claim.true_if = read_condition(map.optional("true_if"), scenario);
  yaml::read_text(map.optional("not_tested"), claim.not_tested);
  const bool is_tested = static_cast<bool>(map.optional("true_if"));
  if (is_tested == static_cast<bool>(map.optional("not_tested")) && !map.has_unknown_keys()) {
    map.complain(
        "a claim takes either `true_if`, which decides it, or `not_tested`, which says why nothing "
        "here can");
  }
  scenario.claims.push_back(std::move(claim));
}

}  // namespace

const std::vector<std::string>& condition_kinds() {
  return kinds;
}

yaml::Shape shape_of_condition(const std::string& kind, const FigureInfo* figure) {
  yaml::Shape shape;
  const MapReader map({nullptr, "true_if", nullptr, &shape}, "", keys_of(kind, figure));
  ClaimCondition unused;
  std::size_t index = 0;
  if (kind == "readiness") read_readiness(map.required("readiness"), unused);
  if (kind == "invariant") {
    yaml::read_index(map.required("invariant"), "invariant", "", names_of(invariants()), index);
    read_outcome(map.required("outcome"), unused);
  }
  if (kind == "figure") {
    yaml::read_index(map.required("figure"), "figure", "", {figure->name}, index);
    read_bounds(map, figure->unit, unused);
  }
  if (kind != "readiness") yaml::read_name(map.optional("of"), unused.of);
  return shape;
}

yaml::Shape shape_of_claim() {
  yaml::Shape shape;
  const MapReader map({nullptr, "claims", nullptr, &shape}, "", claim_keys);
  const Scenario none;
  Claim unused;
  read_id(map.required("id"), none, unused.id);
  yaml::read_text(map.required("claim"), unused.statement);
  for (const char* key : {"source", "given", "true_if", "not_tested"}) {
    yaml::read_text(map.optional(key), unused.source);
  }
  return shape;
}

void read_claims(const Field& field, Scenario& scenario) {
  if (!field) return;
  for (const Field& item : yaml::read_list(field)) read_claim(item, scenario);
}

}  // namespace cutpoint
