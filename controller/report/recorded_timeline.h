// SPDX-License-Identifier: Apache-2.0
// timeline.jsonl of a run, read again. It may be large: one entry is in memory at a time.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "controller/util/result.h"

namespace cutpoint {

// Each entry, in the order of time; of one time, in that of their numbers. Error (2) where it
// cannot be read, or is not what a run has written.
Status read_timeline(const std::string& directory,
                     const std::function<void(const nlohmann::json& entry)>& read);

}  // namespace cutpoint
