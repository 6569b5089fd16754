// SPDX-License-Identifier: Apache-2.0
// What the command line changes in a scenario before it is checked.
#pragma once

#include <string>
#include <vector>

#include "controller/scenario/diagnostics.h"
#include "controller/scenario/node.h"

namespace cutpoint::yaml {

// Applies one `--set KEY=VALUE`; `source` holds its text, `key_length` bytes of which are the KEY.
// Every path element but the last must exist; the last is replaced, or added to its map.
void apply_override(TreeNode& root, const Source& source, std::size_t key_length,
                    Diagnostics& diagnostics);

// The words of a command after `--`; `source` holds them, separated by blanks.
TreeNode command_list(const Source& source, const std::vector<std::string>& command);

// Makes `command` the target's, whatever the scenario runs: it takes the place of the target's
// command, pid, cgroup or unit, or of the workload. `source` as above.
void apply_command(TreeNode& root, const Source& source, const std::vector<std::string>& command);

}  // namespace cutpoint::yaml
