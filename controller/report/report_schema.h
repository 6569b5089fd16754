// SPDX-License-Identifier: Apache-2.0
// report.json, and the audit that several of them are merged into, as JSON Schemas (draft 7). They
// know every key and refuse others: what is written and what is published cannot drift apart.
#pragma once

#include "controller/report/schema_words.h"

namespace cutpoint {

// Of report.json and of audits. It changes with every key that goes, or comes, or changes its
// meaning.
inline constexpr int report_schema_version = 3;

nlohmann::ordered_json report_schema();
nlohmann::ordered_json audit_schema();

namespace schema {

Part faults();       // report.json, faults[]
Part series();       // report.json, series
Part invariants();   // report.json, invariants[]
Part figures();      // report.json, figures[]
Part claims();       // report.json, claims[]
Part readiness();    // report.json, readiness
Part cutpoint_is();  // report.json, cutpoint: which one wrote it

Part outcome();        // "held" …
Part exit_code();      // of a run
Part severity();       // "critical" …
Part figure_unit();    // "count" …
Part claim_verdict();  // "confirmed" …
Part run_name();       // of an audit's run

Part claims_of_runs();  // of an audit, claims[]

// report.json, findings[]; those of an audit say of which run they are.
Part findings(bool of_audit);

}  // namespace schema
}  // namespace cutpoint
