// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/schema.h"

#include <cstdio>

#include "controller/cli/commands.h"
#include "controller/report/compare.h"
#include "controller/report/report_schema.h"

namespace cutpoint {

ExitCode schema_command(const std::string& what) {
  const nlohmann::ordered_json schema = what == "report"       ? report_schema()
                                        : what == "audit"      ? audit_schema()
                                        : what == "comparison" ? comparison_schema()
                                                               : scenario_schema();
  std::fputs((schema.dump(2) + "\n").c_str(), stdout);  // the end is checked in printed()
  return ExitCode::held;
}

}  // namespace cutpoint
