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
    "tables",   "by",       "time",     "after", "within",          "failures", "reset",
    "probes",   "at_most",  "requests", "tasks", "blocked_at_most", "observer", "deliveries",
    "database", "at_least", "baseline", "over",  "require"};

constexpr std::uint32_t most_requests = 1'000'000;
constexpr std::uint32_t most_failures = 10'000;

// The invariant that an item names, before anything else of it is looked at.
const InvariantInfo* invariant_of(const Field& item) {
  const std::string* name = yaml::peek(item, "invariant");
  return name == nullptr ? nullptr : find_invariant(*name);
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

// Of requests a ratio; of what is counted a number.
void read_at_most(const Field& field, const InvariantInfo& invariant, Expectation& expectation) {
  if (invariant.protocol != "amqp") {
    yaml::read_ratio(field, expectation.at_most);
    return;
  }
  std::uint32_t count = 0;
  if (yaml::read_number<std::uint32_t>(field, 0, count, most_requests)) expectation.at_most = count;
}

void read_require(const Field& field, Expectation& expectation) {
  if (field.shape != nullptr) {
    yaml::read_text_list(field, expectation.require);
    field.shape->words = topology_requirements();
    return;
  }
  if (!field) return;
  expectation.require.clear();
  for (const Field& item : yaml::read_list(field)) {
    std::size_t index = 0;
    if (yaml::read_index(item, "requirement", "`amqp.topology`", topology_requirements(), index))
      expectation.require.push_back(topology_requirements()[index]);
  }
}

// Of something in the scenario, which is looked up: observer_or_only(), read_database(),
// check_phases().
bool is_a_name(const ParameterInfo& parameter) {
  return parameter.name == "observer" || parameter.name == "database" ||
         parameter.name == "baseline";
}

void read_parameters(const MapReader& map, const InvariantInfo& invariant,
                     Expectation& expectation) {
  for (const ParameterInfo& parameter : invariant.parameters) {
    if (is_a_name(parameter)) continue;
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
    if (parameter.name == "at_most") read_at_most(field, invariant, expectation);
    if (parameter.name == "requests") {
      yaml::read_number<std::uint32_t>(field, 1, expectation.requests, most_requests);
    }
    if (parameter.name == "tasks") yaml::read_text_list(field, expectation.tasks);
    if (parameter.name == "deliveries") {
      yaml::read_number<std::uint32_t>(field, 1, expectation.deliveries, most_requests);
    }
    if (parameter.name == "at_least") yaml::read_probability(field, expectation.at_least);
    if (parameter.name == "over") yaml::read_duration(field, false, expectation.over);
    if (parameter.name == "require") read_require(field, expectation);
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
    if (other.counted_in() != expectation.counted_in() || other.by.empty() ||
        expectation.by.empty() || other.by == expectation.by ||
        !share_a_table(other, expectation)) {
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

// Of which kind its observer is; nullopt: any will do.
std::optional<ObserverKind> observer_kind_of(const InvariantInfo& invariant) {
  if (invariant.protocol == "amqp") return ObserverKind::amqp;
  if (invariant.name == "queue.drains_within") return std::nullopt;
  return ObserverKind::celery;
}

std::vector<std::string> observers_for(const InvariantInfo& invariant, const Scenario& scenario) {
  std::vector<std::string> names;
  const auto kind = observer_kind_of(invariant);
  for (const ObserverPlan& observer : scenario.observe) {
    if (!kind || observer.kind == *kind) names.push_back(observer.name);
  }
  return names;
}

// The observer that it names, or else the only one of its kind. Empty: none, which has been
// complained about where one is needed.
std::string observer_or_only(const MapReader& map, const InvariantInfo& invariant,
                             const Scenario& scenario) {
  const std::vector<std::string> names = observers_for(invariant, scenario);
  if (const Field field = map.optional("observer")) {
    std::size_t index = 0;
    return yaml::read_index(field, "observer", "", names, index) ? names[index] : "";
  }
  if (names.size() == 1) return names.front();
  if (!takes(invariant, "observer", true)) return "";
  if (names.empty() && invariant.protocol == "amqp") {
    map.complain(
        fmt::format("`{}` needs somebody who watches the queue: add `observe:` of kind `amqp`",
                    invariant.name));
  } else if (names.empty()) {
    map.complain(
        fmt::format("`{}` needs somebody who watches the workers: add `observe:`", invariant.name));
  } else {
    map.complain(fmt::format("`{}` could mean several observers; add `observer:` with one of {}",
                             invariant.name, fmt::join(names, ", ")));
  }
  return "";
}

// The service that holds the effects: named, or the only one of PostgreSQL. It is asked.
void read_database(const MapReader& map, Expectation& expectation, const Scenario& scenario) {
  std::vector<std::string> names;
  for (const Service& service : scenario.services) {
    if (service.protocol == "postgres" && !service.dsn.empty()) names.push_back(service.name);
  }
  if (const Field field = map.optional("database")) {
    std::size_t index = 0;
    if (yaml::read_index(field, "service", "", names, index)) expectation.database = names[index];
  } else if (names.size() == 1) {
    expectation.database = names.front();
  } else {
    map.complain(
        "`amqp.all_processed` looks for effects in a service of protocol `postgres` with a "
        "`dsn`: add one, or name it by `database:`");
  }
}

void check_tasks(const MapReader& map, const Expectation& expectation) {
  const Field tasks = map.optional("tasks");
  if (tasks && expectation.requests > 0) {
    tasks.complain("either `tasks` are counted or `requests` says how many there are, not both");
  } else if (tasks && expectation.observer.empty()) {
    tasks.complain("`tasks` are counted by an observer: add `observe:`");
  }
}

// What is compared are phases of the publisher's: one without poison, and others with it.
void check_phases(const MapReader& map, Expectation& expectation, const Scenario& scenario) {
  if (!scenario.publish) {
    return map.complain(
        "`amqp.throughput_retained` compares phases: add `workload:` of kind `amqp.publish`");
  }
  const std::vector<PublishPhase>& phases = scenario.publish->phases;
  std::vector<std::string> names;
  for (const PublishPhase& phase : phases) {
    if (!phase.has_poison()) names.push_back(phase.name);
  }
  if (names.empty()) return map.complain("no phase of the workload is without poison");
  if (names.size() == phases.size()) return map.complain("no phase of the workload has poison");
  std::size_t index = 0;
  const Field field = map.optional("baseline");
  if (!field || yaml::read_index(field, "phase without poison", "", names, index)) {
    expectation.baseline = names[index];
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
    if (takes(*invariant, "database", false)) read_database(map, expectation, scenario);
    if (takes(*invariant, "baseline", false)) check_phases(map, expectation, scenario);
    if (const Field by = map.optional("by")) check_column(by, expectation, scenario);
  }
  read_severity(map.optional("severity"), expectation);
  scenario.expect.push_back(expectation);
}

}  // namespace

const std::vector<std::string>& topology_requirements() {
  static const std::vector<std::string> list{"dead_letter", "max_length", "ttl", "overflow",
                                             "delivery_limit"};
  return list;
}

yaml::Shape shape_of_expectation(const InvariantInfo& invariant) {
  yaml::Shape shape;
  const MapReader map({nullptr, "expect", nullptr, &shape}, "", valid_keys(&invariant));
  Expectation unused;
  std::size_t index = 0;
  yaml::read_index(map.required("invariant"), "invariant", "", {invariant.name}, index);
  if (!invariant.protocol.empty()) yaml::read_name(map.optional("service"), unused.service);
  read_parameters(map, invariant, unused);
  for (const ParameterInfo& parameter : invariant.parameters) {
    std::string name;
    if (is_a_name(parameter)) yaml::read_name(map.optional(parameter.name), name);
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
