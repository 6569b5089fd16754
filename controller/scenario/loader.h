// SPDX-License-Identifier: Apache-2.0
// Reads scenario files.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "controller/scenario/model.h"

namespace cutpoint {

// One mistake in a scenario file, ready to print:
//   split-brain.yaml:14:32: unknown moment `commit.ak` of protocol `postgres`; did you mean […]?
//      14 |     at: { service: db, moment: commit.ak, nth: 20 }
//         |                                ^
// in an override:
//   --set: unknown value `relase` of `heal`; did you mean `release`?
//         | --set faults.cut.do.heal=relase
//         |                          ^
// or in the file as a whole:
//   split-brain.yaml: cannot be read: No such file or directory
struct Diagnostic {
  std::string file;
  int line = 0;    // from 1; 0: no numbered line (e.g. the file cannot be read, or an override)
  int column = 0;  // in characters from 1; 0: no position
  std::string message;
  std::string source_line;  // passwords masked

  [[nodiscard]] std::string text() const;
};

// `--set KEY=VALUE`: KEY is a dotted path (faults.<name>.at.position, workload.patience); a list
// of named maps is entered by name, else by index from 0. VALUE is YAML.
struct Override {
  std::string key;
  std::string value;
};

struct LoadedScenario {
  std::optional<Scenario> scenario;     // set only if there is no diagnostic
  std::vector<Diagnostic> diagnostics;  // all mistakes of the file, in its order
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Reads `path`, applies ${VAR} and the overrides, and checks everything that can be known without
// touching the host. `command` (after `--`), if not empty, takes the place of the target's command,
// pid, cgroup or unit, or of the workload. Never throws.
LoadedScenario load_scenario(const std::string& path, const std::vector<Override>& overrides,
                             const std::vector<std::string>& command,
                             const Environment& environment);

}  // namespace cutpoint
