// SPDX-License-Identifier: Apache-2.0
#include "controller/report/layout.h"

#include <algorithm>

#include "controller/util/utf8.h"

namespace cutpoint {
namespace {

constexpr int least_width = 40;  // below, wrapping makes a text worse

// ECMA-48 8.3.117 (SGR).
std::string_view sequence(Colour colour) {
  switch (colour) {
    case Colour::none:
      return "";
    case Colour::bold:
      return "\033[1m";
    case Colour::dim:
      return "\033[2m";
    case Colour::red:
      return "\033[1;31m";
    case Colour::green:
      return "\033[1;32m";
    case Colour::yellow:
      return "\033[1;33m";
  }
  return "";
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> all;
  bool inside = false;
  for (const char character : text) {
    if (character == ' ' || character == '\n') {
      inside = false;
      continue;
    }
    if (!inside) all.emplace_back();
    inside = true;
    all.back() += character;
  }
  for (std::string& word : all) word = printable(word);
  return all;
}

// The first `width` characters.
std::string first_columns(std::string_view text, std::size_t width) {
  std::size_t end = 0;
  for (std::size_t used = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0U) != 0x80U;
    if (begins && used++ == width) break;
  }
  return std::string{text.substr(0, end)};
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char character) {
    return (static_cast<unsigned char>(character) & 0xc0U) != 0x80U;  // no continuation byte
  }));
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    const bool passes = character.size != 0 && !is_command(character.code);
    const std::size_t size = character.size == 0 ? 1 : character.size;
    result += passes ? text.substr(0, size) : "?";
    text.remove_prefix(size);
  }
  return result;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string result{text};
  const std::size_t used = display_width(text);
  if (used < width) result.append(width - used, ' ');
  return result;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  for (const std::string& word : words(text)) {
    const bool fits =
        !lines.empty() && display_width(lines.back()) + 1 + display_width(word) <= width;
    if (fits) {
      lines.back() += ' ' + word;
    } else {
      lines.push_back(word);
    }
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

std::vector<std::string> clipped(std::string_view text, std::size_t width, std::size_t most) {
  std::vector<std::string> lines = wrapped(text, width);
  const bool more = lines.size() > most;
  if (more) lines.resize(most);
  for (std::string& line : lines) {
    if (display_width(line) > width) line = first_columns(line, width - 1) + "…";
  }
  if (more && !lines.back().ends_with("…")) {
    lines.back() = first_columns(lines.back(), width - 2) + " …";
  }
  return lines;
}

Page::Page(bool colour, int width)
    : colour_(colour), width_(static_cast<std::size_t>(std::max(width, least_width))) {}

std::string Page::paint(std::string_view text, Colour colour) const {
  if (!colour_ || colour == Colour::none) return std::string{text};
  return std::string{sequence(colour)} + std::string{text} + "\033[0m";
}

void Page::blank() {
  text_ += '\n';
}

void Page::line(std::string_view text) {
  text_ += text;
  text_ += '\n';
}

void Page::heading(std::string_view text) {
  blank();
  line(paint(printable(text), Colour::bold));
}

void Page::item(std::size_t indent, std::string_view label, std::size_t label_width,
                std::string_view text, Colour label_colour) {
  const std::size_t column = indent + std::max(label_width, display_width(label)) + 1;
  const std::size_t room = width_ > column + 20 ? width_ - column : 20;
  const std::string margin(indent, ' ');
  const std::vector<std::string> parts = wrapped(text, room);
  if (parts.front().empty()) {  // nothing behind the label: no blanks either
    line(margin + paint(printable(label), label_colour));
    return;
  }
  std::string prefix = margin + paint(padded(printable(label), label_width), label_colour) + ' ';
  for (const std::string& part : parts) {
    line(prefix + part);
    prefix.assign(column, ' ');
  }
}

void Page::paragraph(std::size_t indent, std::string_view text) {
  const std::string margin(indent, ' ');
  for (const std::string& part : wrapped(text, width_ - indent)) line(margin + part);
}

void Page::clip(std::size_t indent, std::string_view label, std::string_view text, std::size_t most,
                Colour label_colour) {
  const std::size_t column = indent + (label.empty() ? 0 : display_width(label) + 1);
  std::string prefix(indent, ' ');
  if (!label.empty()) prefix += paint(printable(label), label_colour) + ' ';
  for (const std::string& part : clipped(text, width_ - column, most)) {
    line(prefix + part);
    prefix.assign(column, ' ');
  }
}

}  // namespace cutpoint
