// SPDX-License-Identifier: Apache-2.0
// The report.json of a run that was recorded before.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "controller/util/result.h"

namespace cutpoint {

// Of a run's directory, or of its report.json itself. Error (2) where there is none, or it is not
// one, or this cutpoint does not know its version, or it contradicts itself.
Result<nlohmann::json> read_recorded(const std::string& path);

}  // namespace cutpoint
