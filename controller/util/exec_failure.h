// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/util/child.h"
#include "controller/util/result.h"

namespace cutpoint {

// Where execvp(3) would look for `program`: itself if it holds a '/', else one per entry of PATH.
std::vector<std::string> exec_candidates(const std::string& program, const std::string& path);

// Why execve(2) of all `candidates` failed with `number` at last, in words that name the cause: the
// missing file, the missing execute bit, the directory that `user` cannot enter.
Error explain_exec_failure(const std::string& program, const std::vector<std::string>& candidates,
                           int number, const std::optional<Account>& user);

}  // namespace cutpoint
