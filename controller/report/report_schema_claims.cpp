// SPDX-License-Identifier: Apache-2.0
// report.json, figures[] and claims[], and the claims of an audit: their part of the schema.
#include "controller/report/report_schema.h"
#include "controller/scenario/figures.h"
#include "controller/scenario/registry.h"

namespace cutpoint::schema {
namespace {

Part measured() {
  return said(text(), "what was measured, or why nothing was");
}

}  // namespace

Part figure_unit() {
  return one_of({"count", "ms", "ratio"});
}

Part claim_verdict() {
  return one_of({"confirmed", "refuted", "not_tested"});
}

Part figures() {
  return list_of(object(
      {{"name", one_of(names_of(cutpoint::figures()))},
       {"of", said(or_null(text()), "a service or an observer; null: the run")},
       {"unit", figure_unit()},
       {"value", or_null(number())},
       {"why", said(or_null(text()), "the value is not known")},
       {"evidence", said(list_of(count()), "lines of timeline.jsonl, by `n`; at most 20")}}));
}

Part claims() {
  return said(list_of(object(
                  {{"id", text()},
                   {"claim", said(text(), "what is believed")},
                   {"source", said(or_null(text()), "who says so")},
                   {"given", said(or_null(text()), "else the run is not about it")},
                   {"true_if", said(or_null(text()), "null: nothing in the scenario decides it")},
                   {"verdict", claim_verdict()},
                   {"measured", measured()},
                   {"evidence", list_of(count())}})),
              "they change neither outcome nor exit code");
}

Part run_name() {
  return said(text(), "its scenario; where several runs are of one: \"SCENARIO in DIRECTORY\"");
}

Part claims_of_runs() {
  const Part run = object({{"run", said(count(), "its place in runs[], from 1")},
                           {"scenario", text()},
                           {"name", run_name()},
                           {"verdict", claim_verdict()},
                           {"measured", measured()}});
  return list_of(object(
      {{"id", text()}, {"claim", text()}, {"source", or_null(text())}, {"runs", list_of(run)}}));
}

}  // namespace cutpoint::schema
