// SPDX-License-Identifier: Apache-2.0
// What may stand where in a scenario, told by the functions that read it: for the help and the
// schema. No service is known yet, so `service` is any name.
#pragma once

#include "controller/scenario/figures.h"
#include "controller/scenario/registry.h"
#include "controller/scenario/shape.h"

namespace cutpoint {

// The keys of `target:` of which it has exactly one.
const std::vector<std::string>& target_ways();

yaml::Shape shape_of_target();
yaml::Shape shape_of_workload(const WorkloadInfo& workload);
yaml::Shape shape_of_observer(ObserverKind kind);
yaml::Shape shape_of_expectation(const InvariantInfo& invariant);

inline constexpr const char* claim_id_pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$";
// A claim; its `true_if` is a condition, its `given` one or a list of such.
yaml::Shape shape_of_claim();
// By what a condition decides: an invariant, a figure, the readiness.
const std::vector<std::string>& condition_kinds();
// `figure`: where the condition is on one.
yaml::Shape shape_of_condition(const std::string& kind, const FigureInfo* figure);

// `do:` with that fault; its first key is the fault.
yaml::Shape shape_of_do(const FaultInfo& fault);
// `at:` without its filters.
yaml::Shape shape_of_at();
yaml::Shape shape_of_filter(const ProtocolInfo& protocol, const AttributeInfo& attribute);
yaml::Shape shape_of_mode();

}  // namespace cutpoint
