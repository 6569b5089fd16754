// SPDX-License-Identifier: Apache-2.0
// The schema of `claims:`.
#include "controller/scenario/schema_parties.h"
#include "controller/scenario/schema_words.h"
#include "controller/scenario/shapes.h"

namespace cutpoint::yaml::schema {
namespace {

// Of a condition on that figure: what its bounds may be.
json where_figure_is(const FigureInfo& figure) {
  return {
      {"if", {{"properties", {{"figure", {{"const", figure.name}}}}}, {"required", {"figure"}}}},
      {"then", map_schema(shape_of_condition("figure", &figure))}};
}

json condition_schema() {
  json conditions = json::array();
  for (const std::string& kind : condition_kinds()) {
    if (kind == "figure") continue;
    conditions.push_back(
        {{"if", has(kind)}, {"then", map_schema(shape_of_condition(kind, nullptr))}});
  }
  for (const FigureInfo& figure : figures()) conditions.push_back(where_figure_is(figure));
  return {{"type", "object"},
          {"properties", {{"figure", named(figures())}, {"invariant", named(invariants())}}},
          {"oneOf", exactly_one(condition_kinds())},
          {"allOf", std::move(conditions)}};
}

// `if`, and not `anyOf`: so a mistake in a condition is told where it is.
json one_or_all_of(const json& condition) {
  return {{"if", {{"type", "array"}}},
          {"then", {{"minItems", 1}, {"items", condition}}},
          {"else", condition}};
}

}  // namespace

json claims_schema() {
  json claim = map_schema(shape_of_claim());
  claim["properties"]["given"] = one_or_all_of(condition_schema());
  claim["properties"]["true_if"] = condition_schema();
  claim["oneOf"] = exactly_one({"true_if", "not_tested"});
  return {{"type", "array"}, {"minItems", 1}, {"items", std::move(claim)}};
}

}  // namespace cutpoint::yaml::schema
