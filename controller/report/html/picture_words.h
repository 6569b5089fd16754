// SPDX-License-Identifier: Apache-2.0
// A line of timeline.jsonl in words, for the picture's tooltips.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cutpoint::html {

// "query, statement, commit.request"; "fired: commit.request" ; "queue.depth".
std::string what_text(const nlohmann::json& line);

// What else it says: "command COMMIT, begin 5119069, end 5119082".
std::string more_text(const nlohmann::json& line);

}  // namespace cutpoint::html
