// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/schema.h"

#include <cstdio>

#include "controller/cli/commands.h"

namespace cutpoint {

ExitCode schema_command() {
  std::fputs((scenario_schema().dump(2) + "\n").c_str(),
             stdout);  // the end is checked in printed()
  return ExitCode::held;
}

}  // namespace cutpoint
