// SPDX-License-Identifier: Apache-2.0
// One run as a section of the page: what was planned, what came of it, its picture.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace cutpoint::html {

// Which of an audit's runs it is.
struct RunLabel {
  std::size_t number = 0;  // its place in runs[], from 1
  std::string name;        // as overview[] has it
};

// `picture`: as picture_of() gives it, or null.
std::string run_section(const nlohmann::json& report, const RunLabel& label,
                        const nlohmann::json& picture);

// The figure alone: its data, its controls, and what it shows in words.
std::string figure(const nlohmann::json& picture, std::size_t number);

}  // namespace cutpoint::html
