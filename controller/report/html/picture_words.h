// SPDX-License-Identifier: Apache-2.0
// What an entry of timeline.jsonl says beside its name, for the picture's tooltips.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cutpoint::html {

// "command COMMIT, begin 5119069, end 5119082"
std::string more_text(const nlohmann::json& line);

}  // namespace cutpoint::html
