// SPDX-License-Identifier: Apache-2.0
#include "controller/report/xml.h"

#include <cstddef>
#include <cstdint>

#include "controller/util/utf8.h"

namespace cutpoint::xml {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// In XML 1.0 (2.2), and in front of a reader.
bool has_place(std::uint32_t code) {
  if (code == '\t' || code == '\n' || code == '\r') return true;
  return !is_command(code) && code != 0xfffe && code != 0xffff;
}

// Empty: it stands for itself.
std::string_view reference(std::uint32_t code, bool in_attribute) {
  switch (code) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\r':
      return "&#13;";
    case '"':
      return in_attribute ? "&quot;" : "";
    case '\n':
      return in_attribute ? "&#10;" : "";
    case '\t':
      return in_attribute ? "&#9;" : "";
    default:
      return "";
  }
}

std::string escaped(std::string_view text, bool in_attribute) {
  std::string result;
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    const std::size_t size = character.size == 0 ? 1 : character.size;
    if (character.size == 0 || !has_place(character.code)) {
      result += replacement;
    } else if (const auto name = reference(character.code, in_attribute); !name.empty()) {
      result += name;
    } else {
      result += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return result;
}

}  // namespace

std::string content(std::string_view text) {
  return escaped(text, false);
}

std::string attribute(std::string_view text) {
  return escaped(text, true);
}

}  // namespace cutpoint::xml
