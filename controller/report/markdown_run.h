// SPDX-License-Identifier: Apache-2.0
// One run as a section of the Markdown view: what was done, what happened, what was expected.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cutpoint::markdown {

// `depth`: of its headings, 2 for "##".
std::string run_section(const nlohmann::json& report, std::size_t depth);

// Its claims and its figures as tables; empty: it has none.
std::string claims(const nlohmann::json& report);
std::string figures(const nlohmann::json& report);
// Of an audit: what every run has to say about each claim. With its heading.
std::string claims_of_all(const nlohmann::json& audit);

}  // namespace cutpoint::markdown
