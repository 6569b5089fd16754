// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "controller/scenario/registry.h"
#include "controller/scenario/sections.h"
#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;

const std::vector<std::string> parameter_names{
    "tables", "by",      "time",     "after", "within",          "failures", "reset",
    "probes", "at_most", "requests", "tasks", "blocked_at_most", "observer"};

constexpr std::uint32_t most_requests = 1'000'000;
constexpr std::uint32_t most_failures = 10'000;

// The invariant that an item names, before anything else of it is looked at.
const InvariantInfo* invariant_of(const Field& item) {
  if (item.node->kind != yaml::TreeNode::Kind::map) return nullptr;
  const yaml::TreeNode* name = item.node->find("invariant");
  return name == nullptr ? nullptr : find_invariant(name->text);
}

// The keys that the item may have: those of its invariant, or any where that is not known.
std::vector<std::string> valid_keys(const InvariantInfo* invariant) {
  std::vector<std::string> keys{"invariant"};
  if (invariant == nullptr || !invariant->protocol.empty()) keys.emplace_back("service");
  keys.emplace_back("severity");
  const std::vector<std::string> parameters =
      invariant == nullptr ? parameter_names : names_of(invariant->parameters);
  keys.insert(keys.end(), parameters.begin(), parameters.end());
  return keys;
}

void read_tables(const Field& field, const InvariantInfo& invariant, Expectation& expectation) {
  const bool atomic = invariant.name == "postgres.atomic";
  const bool read = yaml::read_text_list(field, expectation.tables);
  if (field.shape != nullptr && atomic) field.shape->least = 2;
  if (!read) return;
  const std::set<std::string> distinct(expectation.tables.begin(), expectation.tables.end());
  if (distinct.size() < expectation.tables.size()) {
    field.complain("`tables` names a table twice");
  } else if (atomic && distinct.size() < 2) {
    field.complain("`postgres.atomic` compares tables: name at least two");
  }
}

void read_optional_duration(const Field& field, bool zero, std::optional<Duration>& out) {
  Duration duration{};
  if (yaml::read_duration(field, zero, duration)) out = duration;
}

void read_parameters(const MapReader& map, const InvariantInfo& invariant,
                     Expectation& expectation) {
  for (const ParameterInfo& parameter : invariant.parameters) {
    if (parameter.name == "observer") continue;  // may be the only one: observer_or_only()
    const Field field =
        parameter.required ? map.required(parameter.name) : map.optional(parameter.name);
    if (parameter.name == "within") read_optional_duration(field, false, expectation.within);
    if (parameter.name == "failures") {
      yaml::read_number<std::uint32_t>(field, 1, expectation.failures, most_failures);
    }
    if (parameter.name == "reset") read_optional_duration(field, false, expectation.reset);
    if (parameter.name == "probes") {
      yaml::read_number<std::uint32_t>(field, 0, expectation.probes, most_requests);
    }
    if (parameter.name == "at_most") yaml::read_ratio(field, expectation.at_most);
    if (parameter.name == "requests") {
      yaml::read_number<std::uint32_t>(field, 1, expectation.requests, most_requests);
    }
    if (parameter.name == "tasks") yaml::read_text_list(field, expectation.tasks);
    if (parameter.name == "blocked_at_most") {
      read_optional_duration(field, false, expectation.blocked_at_most);
    }
    if (parameter.name == "tables") read_tables(field, invariant, expectation);
    if (parameter.name == "by") yaml::read_text(field, expectation.by);
    if (parameter.name == "time") read_optional_duration(field, false, expectation.time);
    if (parameter.name == "after") read_optional_duration(field, true, expectation.after);
  }
}

// Without names: all that are counted.
bool share_a_table(const Expectation& one, const Expectation& other) {
  if (one.tables.empty() || other.tables.empty()) return true;
  return std::any_of(one.tables.begin(), one.tables.end(), [&other](const std::string& table) {
    return std::find(other.tables.begin(), other.tables.end(), table) != other.tables.end();
  });
}

// The rows of a table are counted once, by one column.
void check_column(const Field& field, const Expectation& expectation, const Scenario& scenario) {
  for (const Expectation& other : scenario.expect) {
    if (other.service != expectation.service || other.by.empty() || expectation.by.empty() ||
        other.by == expectation.by || !share_a_table(other, expectation)) {
      continue;
    }
    field.complain(
        fmt::format("`{}` counts rows of the same table by `{}` already; one column must "
                    "do for both",
                    other.invariant, other.by));
    return;
  }
}

void read_severity(const Field& field, Expectation& expectation) {
  yaml::Choices<Severity> severities;
  for (const Severity severity :
       {Severity::low, Severity::medium, Severity::high, Severity::critical}) {
    severities.emplace_back(severity_name(severity), severity);
  }
  yaml::read_choice(field, severities, expectation.severity);
}

bool takes(const InvariantInfo& invariant, std::string_view parameter, bool required) {
  return std::any_of(invariant.parameters.begin(), invariant.parameters.end(),
                     [&](const ParameterInfo& one) {
                       return one.name == parameter && (one.required || !required);
                     });
}

// The observer that it names, or else the only one. Empty: none, which has been complained about
// where one is needed.
std::string observer_or_only(const MapReader& map, const InvariantInfo& invariant,
                             const Scenario& scenario) {
  const std::vector<std::string> names = names_of(scenario.observe);
  if (const Field field = map.optional("observer")) {
    std::size_t index = 0;
    return yaml::read_index(field, "observer", "", names, index) ? names[index] : "";
  }
  if (names.size() == 1) return names.front();
  if (!takes(invariant, "observer", true)) return "";
  if (names.empty()) {
    map.complain(
        fmt::format("`{}` needs somebody who watches the workers: add `observe:`", invariant.name));
  } else {
    map.complain(fmt::format("`{}` could mean several observers; add `observer:` with one of {}",
                             invariant.name, fmt::join(names, ", ")));
  }
  return "";
}

void check_tasks(const MapReader& map, const Expectation& expectation) {
  const Field tasks = map.optional("tasks");
  if (tasks && expectation.requests > 0) {
    tasks.complain("either `tasks` are counted or `requests` says how many there are, not both");
  } else if (tasks && expectation.observer.empty()) {
    tasks.complain("`tasks` are counted by an observer: add `observe:`");
  }
}

void read_expectation(const Field& item, Scenario& scenario) {
  const InvariantInfo* invariant = invariant_of(item);
  const std::string what =
      invariant == nullptr ? "an expectation" : fmt::format("`{}`", invariant->name);
  const MapReader map(item, what, valid_keys(invariant));
  if (!map.is_map()) return;
  Expectation expectation;
  std::size_t index = 0;
  yaml::read_index(map.required("invariant"), "invariant", "", names_of(invariants()), index);
  if (invariant != nullptr) {
    expectation.invariant = invariant->name;
    expectation.severity = invariant->severity;
    if (!invariant->protocol.empty()) {
      expectation.service = service_or_only(map, what, invariant->protocol, scenario);
    }
    if (invariant->asks) expect_dsn(map, what, expectation.service, scenario);
    read_parameters(map, *invariant, expectation);
    if (takes(*invariant, "observer", false)) {
      expectation.observer = observer_or_only(map, *invariant, scenario);
    }
    check_tasks(map, expectation);
    if (const Field by = map.optional("by")) check_column(by, expectation, scenario);
  }
  read_severity(map.optional("severity"), expectation);
  scenario.expect.push_back(expectation);
}

}  // namespace

yaml::Shape shape_of_expectation(const InvariantInfo& invariant) {
  yaml::Shape shape;
  const MapReader map({nullptr, "expect", nullptr, &shape}, "", valid_keys(&invariant));
  Expectation unused;
  std::size_t index = 0;
  yaml::read_index(map.required("invariant"), "invariant", "", {invariant.name}, index);
  if (!invariant.protocol.empty()) yaml::read_name(map.optional("service"), unused.service);
  read_parameters(map, invariant, unused);
  if (takes(invariant, "observer", false)) {
    yaml::read_name(map.optional("observer"), unused.observer);
  }
  read_severity(map.optional("severity"), unused);
  return shape;
}

void read_expectations(const Field& field, Scenario& scenario) {
  const bool none = field && field.node->kind == yaml::TreeNode::Kind::list &&
                    field.node->items.empty();  // what the faults did is all that is asked for
  if (none) return;
  for (const Field& item : yaml::read_list(field)) read_expectation(item, scenario);
}

}  // namespace cutpoint
