// SPDX-License-Identifier: Apache-2.0
#include "controller/report/compare.h"
#include "controller/report/report_schema.h"
#include "controller/scenario/figures.h"
#include "controller/scenario/registry.h"

namespace cutpoint {
namespace {

using namespace schema;

Part side() {
  return object({{"out", or_null(text())},
                 {"outcome", outcome()},
                 {"exit_code", exit_code()},
                 {"readiness", readiness().at("properties").at("verdict")},
                 {"findings", count()},
                 {"started_unix_ms", count()},
                 {"cutpoint", cutpoint_is()},
                 {"kernel", text()}});
}

Part found() {
  return list_of(object({{"invariant", text()},
                         {"severity_before", or_null(severity())},
                         {"severity_after", or_null(severity())},
                         {"before", or_null(text())},
                         {"after", or_null(text())}}));
}

Part compared_invariants() {
  const Part judged = or_null(outcome());
  return list_of(object({{"name", text()},
                         {"before", judged},
                         {"after", judged},
                         {"observed_before", or_null(text())},
                         {"observed_after", or_null(text())}}));
}

Part compared_figures() {
  return list_of(object({{"name", one_of(names_of(cutpoint::figures()))},
                         {"of", or_null(text())},
                         {"unit", figure_unit()},
                         {"before", said(or_null(number()), "null: it is not known")},
                         {"after", or_null(number())},
                         {"difference", said(or_null(number()), "after − before")}}));
}

Part compared_claims() {
  const Part verdict = or_null(claim_verdict());
  return list_of(object({{"id", text()},
                         {"claim", text()},
                         {"source", or_null(text())},
                         {"before", verdict},
                         {"after", verdict},
                         {"measured_before", or_null(text())},
                         {"measured_after", or_null(text())}}));
}

}  // namespace

nlohmann::ordered_json comparison_schema() {
  Part whole = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                {"title", "two cutpoint runs of the same scenario, side by side"},
                {"description", "null is what one of the runs does not have."}};
  whole.update(
      object({{"schema_version", {{"const", report_schema_version}}},
              {"cutpoint", said(cutpoint_is(), "which one compared them")},
              {"scenario", text()},
              {"title", text()},
              {"before", side()},
              {"after", side()},
              {"differing",
               said(list_of(object({{"what", text()}, {"before", text()}, {"after", text()}})),
                    "what was not the same for both")},
              {"findings", object({{"gone", found()},
                                   {"came", found()},
                                   {"stayed", found()},
                                   {"not_judged", said(found(), "by the run that lacks it")}})},
              {"invariants", compared_invariants()},
              {"figures", compared_figures()},
              {"claims", compared_claims()}}));
  return whole;
}

}  // namespace cutpoint
