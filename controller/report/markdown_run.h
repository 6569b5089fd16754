// SPDX-License-Identifier: Apache-2.0
// One run as a section of the Markdown view: what was done, what happened, what was expected.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cutpoint::markdown {

// `depth`: of its headings, 2 for "##".
std::string run_section(const nlohmann::json& report, std::size_t depth);

}  // namespace cutpoint::markdown
