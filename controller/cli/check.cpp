// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fmt/format.h>

#include "controller/cli/commands.h"
#include "controller/kernel/features.h"

namespace cutpoint {

ExitCode check_command() {
  ExitCode code = ExitCode::held;
  for (const Feature& feature : probe_features()) {
    fmt::print("{} {:<12} {}\n", feature.present ? "✓" : "✗", feature.name, feature.detail);
    if (!feature.remedy.empty()) fmt::print("  {:<12} → {}\n", "", feature.remedy);
    if (feature.required && !feature.present) code = ExitCode::unavailable;
  }
  fmt::print("{}\n", code == ExitCode::held ? "This host can run cutpoint."
                                            : "This host cannot run cutpoint yet.");
  return code;
}

}  // namespace cutpoint
