// SPDX-License-Identifier: Apache-2.0
// Pieces of an HTML page. Each takes text as it is and gives back markup, in which nothing of that
// text is read as such.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "controller/report/run_tables.h"

namespace cutpoint::html {

std::string escaped(std::string_view text);

// <name class="…">content</name>; `content` is markup, `css_class` a word of ours.
std::string element(std::string_view name, std::string_view css_class, std::string_view content);

// To an address that begins with https://; any other is only text.
std::string link(std::string_view target);

// "✗ violated", "✓ ready", "▲ critical": a sign and a word, and a colour only beside them.
std::string badge(std::string_view word);

// <ul>; nothing for an empty list of texts.
std::string list(const nlohmann::json& texts);

// Rows of markup. On a narrow page each becomes a block, its cells labelled by the head.
class Table {
 public:
  // `name`: of the table, for those who do not see it.
  Table(std::string_view name, std::vector<std::string> head);
  void row(const std::vector<std::string>& cells);
  [[nodiscard]] std::string take() &&;

 private:
  std::vector<std::string> head_;
  std::string text_;
};

std::string table(std::string_view name, const PlainTable& plain);
// Of pairs: a description list.
std::string pairs(const PlainTable& plain);

}  // namespace cutpoint::html
