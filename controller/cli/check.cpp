// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fmt/format.h>

#include "controller/cli/commands.h"
#include "controller/kernel/features.h"

namespace cutpoint {

namespace {

void print(const Feature& feature) {
  fmt::print("{} {:<12} {}\n", feature.present ? "✓" : "✗", feature.name, feature.detail);
  if (!feature.remedy.empty()) fmt::print("  {:<12} → {}\n", "", feature.remedy);
}

}  // namespace

ExitCode check_command(const std::vector<pid_t>& pids) {
  ExitCode code = ExitCode::held;
  for (const Feature& feature : probe_features()) {
    print(feature);
    if (feature.required && !feature.present) code = ExitCode::unavailable;
  }
  fmt::print("{}\n", code == ExitCode::held ? "This host can run cutpoint."
                                            : "This host cannot run cutpoint yet.");
  for (const pid_t pid : pids) {
    const Feature feature = probe_tls_of(pid);
    print(feature);
    if (!feature.present) code = ExitCode::unavailable;
  }
  return code;
}

}  // namespace cutpoint
