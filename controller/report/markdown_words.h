// SPDX-License-Identifier: Apache-2.0
// GitHub-flavoured Markdown: texts that show as they are, and tables.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace cutpoint::markdown {

// Shows as it is, on one line, in a paragraph as well as in a cell of a table.
std::string escaped(std::string_view text);
std::string code(std::string_view text);
std::string link(std::string_view target);

// "yes", "12", "0.25", "1, 2 and 3", escaped text; "–" for null and for an empty list.
std::string shown(const nlohmann::json& value);

class Table {
 public:
  explicit Table(const std::vector<std::string>& head);
  void row(const std::vector<std::string>& cells);  // each already escaped
  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace cutpoint::markdown
