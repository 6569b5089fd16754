// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/figures.h"

#include <algorithm>
#include <fmt/core.h>
#include <set>
#include <tuple>

#include "controller/verify/invariants.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

struct Owner {
  std::string name;
  Figures figures;
};

std::vector<Owner> owners(const RunFacts& facts, const Verdict& verdict) {
  const Scenario& scenario = *facts.scenario;
  std::vector<Owner> all{{"", figures_of_run(facts)}};
  for (std::size_t i = 0; i < scenario.services.size(); ++i) {
    const Service& service = scenario.services[i];
    const auto index = static_cast<std::uint8_t>(i);
    Owner owner{service.name, {}};
    if (service.protocol == "postgres") owner.figures = figures_of_postgres(facts, verdict, index);
    if (service.protocol == "http") owner.figures = figures_of_http(facts, verdict, index);
    if (service.protocol == "amqp") owner.figures = figures_of_amqp(facts, verdict, index);
    all.push_back(std::move(owner));
  }
  for (const ObserverPlan& observer : scenario.observe) {
    all.push_back({observer.name, figures_of_observer(facts, observer)});
  }
  return all;
}

// Invocations of which no later line of the history says how they ended.
Measured untold(const RunFacts& facts) {
  if (!facts.has_history) return {.why = "the target told no history"};
  std::set<std::tuple<std::string, std::string, int>> open;
  for (const probes::HistoryRecord& record : facts.history) {
    const std::tuple key{record.op, record.id, record.attempt};
    if (record.type == "invoke") {
      open.insert(key);
    } else {
      open.erase(key);
    }
  }
  return {.value = static_cast<double>(open.size())};
}

}  // namespace

Figures figures_of_run(const RunFacts& facts) {
  return {{"target.untold", untold(facts)}};
}

Measured ratio_of(const RunFacts& facts, const Verdict& verdict, std::string_view invariant,
                  std::uint8_t service) {
  const Scenario& scenario = *facts.scenario;
  for (std::size_t i = 0; i < verdict.invariants.size(); ++i) {
    const InvariantResult& result = verdict.invariants[i];
    if (result.name != invariant ||
        service_index(scenario, scenario.expect[i].service) != service) {
      continue;
    }
    if (!result.ratio) return {.why = result.observed};
    return {.value = result.ratio, .evidence = result.evidence};
  }
  return {.why = fmt::format("the scenario does not expect `{}`, which measures it", invariant)};
}

std::string value_text(FigureUnit unit, double value) {
  switch (unit) {
    case FigureUnit::count:
      return fmt::format("{:.0f}", value);
    case FigureUnit::milliseconds: {
      constexpr double ns_per_ms = 1e6;
      return elapsed(static_cast<std::int64_t>(value * ns_per_ms));
    }
    case FigureUnit::ratio:
      return fmt::format("{:.2f}", value);
  }
  return "";
}

std::vector<Figure> measure_figures(const RunFacts& facts, const Verdict& verdict) {
  constexpr std::size_t most_cited = 20;
  std::vector<Owner> all = owners(facts, verdict);
  std::vector<Figure> list;
  for (const FigureInfo& info : figures()) {
    for (Owner& owner : all) {
      const auto found = owner.figures.find(info.name);
      if (found == owner.figures.end()) continue;
      Figure figure{&info, owner.name, std::move(found->second)};
      auto& evidence = figure.measured.evidence;
      each_once(evidence);
      evidence.resize(std::min(evidence.size(), most_cited));
      list.push_back(std::move(figure));
    }
  }
  return list;
}

}  // namespace cutpoint
