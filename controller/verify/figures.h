// SPDX-License-Identifier: Apache-2.0
// What was measured, by name: every figure of the registry (scenario/figures.h) for whatever in the
// scenario has it. Pure functions of the facts, as everything here.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/scenario/figures.h"
#include "controller/verify/verify.h"

namespace cutpoint {

struct Measured {
  std::optional<double> value{};          // in the figure's unit; nullopt: it is not known
  std::string why{};                      // it is not; else empty
  std::vector<std::uint64_t> evidence{};  // timeline numbers
};

struct Figure {
  const FigureInfo* info = nullptr;
  std::string of;  // service or observer; empty: the run
  Measured measured;
};

// In the registry's order; of one figure, in that of the scenario. `verdict`: of these facts.
std::vector<Figure> measure_figures(const RunFacts& facts, const Verdict& verdict);

// Of a length of time: its value in FigureUnit::milliseconds.
inline double in_milliseconds(std::int64_t ns) {
  return std::chrono::duration<double, std::milli>(std::chrono::nanoseconds(ns)).count();
}

// "3", "30 s", "0.25"
std::string value_text(FigureUnit unit, double value);

// The figures of one owner, by name.
using Figures = std::map<std::string_view, Measured>;
Figures figures_of_run(const RunFacts& facts);
Figures figures_of_postgres(const RunFacts& facts, const Verdict& verdict, std::uint8_t service);
Figures figures_of_http(const RunFacts& facts, const Verdict& verdict, std::uint8_t service);
Figures figures_of_amqp(const RunFacts& facts, const Verdict& verdict, std::uint8_t service);
Figures figures_of_observer(const RunFacts& facts, const ObserverPlan& observer);

// What an invariant of the scenario compared; not known where there is none, or it had nothing to
// compare.
Measured ratio_of(const RunFacts& facts, const Verdict& verdict, std::string_view invariant,
                  std::uint8_t service);

}  // namespace cutpoint
