// SPDX-License-Identifier: Apache-2.0
#include "controller/report/markdown_words.h"

#include <cctype>
#include <fmt/core.h>

#include "controller/report/layout.h"
#include "controller/report/run_tables.h"
#include "controller/verify/phrases.h"

namespace cutpoint::markdown {
namespace {

bool is_word(std::string_view text, std::size_t at) {
  return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
}

// A "_" between letters or digits begins no emphasis: committed_acked stays readable as source.
bool is_inside_word(std::string_view text, std::size_t at) {
  return at > 0 && is_word(text, at - 1) && is_word(text, at + 1);
}

// CommonMark 0.30, 2.4: punctuation behind a backslash is only itself.
std::string escaped_character(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case '\\':
    case '`':
    case '*':
    case '[':
    case ']':
    case '|':
    case '~':
      return std::string{'\\', text[at]};
    case '_':
      return is_inside_word(text, at) ? "_" : "\\_";
    case '<':
      return "&lt;";
    case '&':
      return "&amp;";
    default:
      return {text[at]};
  }
}

// Where a block may begin, its first character must not: "# a" is a heading, "1. a" a list.
std::string escaped_start(const std::string& text) {
  if (text.empty()) return text;
  if (std::string_view{"#+-=>"}.find(text.front()) != std::string_view::npos) return "\\" + text;
  const std::size_t end = text.find_first_not_of("0123456789");
  if (end == 0 || end == std::string::npos || (text[end] != '.' && text[end] != ')')) return text;
  const bool numbers_a_list = end + 1 == text.size() || text[end + 1] == ' ';
  return numbers_a_list ? text.substr(0, end) + "\\" + text.substr(end) : text;
}

std::string list_text(const nlohmann::json& list) {
  std::vector<std::string> items;
  for (const nlohmann::json& item : list) items.push_back(shown(item));
  return listed(items, items.size());
}

std::string row_text(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& cell : cells) text += " " + cell + " |";
  return text + "\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const std::string& line : wrapped(text, text.size())) {  // one: without line breaks
    for (std::size_t at = 0; at < line.size(); ++at) result += escaped_character(line, at);
  }
  return escaped_start(result);
}

std::string link(std::string_view target) {
  const bool plain = target.starts_with("https://") &&
                     target.find_first_of(" \t\r\n<>|") == std::string_view::npos;
  return plain ? fmt::format("<{}>", target) : escaped(target);
}

std::string code(std::string_view text) {
  if (text.find_first_of("`|\n") != std::string_view::npos) return escaped(text);
  return text.empty() ? "" : "`" + printable(text) + "`";
}

std::string shown(const nlohmann::json& value) {
  if (value.is_string()) return escaped(value.get_ref<const std::string&>());
  if (value.is_array() && !value.empty()) return list_text(value);
  return plain(value);
}

Table::Table(const std::vector<std::string>& head) {
  text_ = row_text(head) + "|";
  for (std::size_t i = 0; i < head.size(); ++i) text_ += "---|";
  text_ += "\n";
}

void Table::row(const std::vector<std::string>& cells) {
  text_ += row_text(cells);
}

}  // namespace cutpoint::markdown
