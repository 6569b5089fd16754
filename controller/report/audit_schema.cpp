// SPDX-License-Identifier: Apache-2.0
#include "controller/report/report_schema.h"

namespace cutpoint {
namespace {

using namespace schema;

Part numbers_of_findings() {
  return said(list_of(count()), "their places in findings[], from 1");
}

Part overview() {
  return list_of(object({{"run", said(count(), "its place in runs[], from 1")},
                         {"scenario", text()},
                         {"name", run_name()},
                         {"title", text()},
                         {"outcome", outcome()},
                         {"exit_code", exit_code()},
                         {"readiness", readiness().at("properties").at("verdict")},
                         {"invariants", count()},
                         {"violated", count()},
                         {"inconclusive", count()},
                         {"findings", count()},
                         {"out", or_null(text())}}));
}

Part impact() {
  return said(list_of(object({{"severity", severity()},
                              {"component", text()},
                              {"impact", text()},
                              {"findings", numbers_of_findings()}})),
              "a row for each component and impact, the severest first");
}

Part actions() {
  return said(list_of(object({{"severity", said(severity(), "of the worst finding it answers")},
                              {"remedy", text()},
                              {"components", list_of(text())},
                              {"references", list_of(text())},
                              {"findings", numbers_of_findings()}})),
              "what to do, in this order");
}

}  // namespace

nlohmann::ordered_json audit_schema() {
  Part runs = list_of(report_schema());
  runs["items"].erase("$schema");
  runs["minItems"] = 1;
  Part whole = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                {"title", "an audit: several cutpoint runs in one document"}};
  whole.update(object({{"schema_version", {{"const", report_schema_version}}},
                       {"cutpoint", said(cutpoint_is(), "which one merged them")},
                       {"outcome", outcome()},
                       {"exit_code", said(one_of({0, 1, 4}), "that of the worst run")},
                       {"readiness", readiness()},
                       {"overview", overview()},
                       {"findings", said(findings(true), "of all runs, the severest first")},
                       {"impact", impact()},
                       {"actions", actions()},
                       {"claims", claims_of_runs()},
                       {"runs", said(runs, "their report.json, as they are")}}));
  return whole;
}

}  // namespace cutpoint
