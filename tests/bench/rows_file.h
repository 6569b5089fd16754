// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace cutpoint::bench {

// What --json FILE asks for: {"bench": …, "rows": […]}; nothing without a FILE. Throws where it
// cannot be written.
inline void write_rows(const std::string& path, const std::string& bench,
                       const nlohmann::json& rows) {
  if (path.empty()) return;
  std::ofstream file(path);
  file << nlohmann::json{{"bench", bench}, {"rows", rows}}.dump(2) << "\n";
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace cutpoint::bench
