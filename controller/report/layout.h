// SPDX-License-Identifier: Apache-2.0
// Text for a terminal: colour, columns and wrapping, counted in characters, not bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cutpoint {

enum class Colour { none, bold, dim, red, green, yellow };

// Characters of a UTF-8 text; each of ours is one column wide.
std::size_t display_width(std::string_view text);

// What is_command() (util/utf8.h), or no UTF-8, becomes "?": a text that was read cannot command
// the terminal.
std::string printable(std::string_view text);

// `text`, followed by spaces up to `width` columns.
std::string padded(std::string_view text, std::size_t width);

// Lines of at most `width` columns, broken between words; a longer word keeps a line of its own.
// Control characters are shown as "?".
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

// The same, at most `most` of them; "…" ends the last one where more would follow. Longer words are
// broken.
std::vector<std::string> clipped(std::string_view text, std::size_t width, std::size_t most);

class Page {
 public:
  Page(bool colour, int width);

  [[nodiscard]] std::string paint(std::string_view text, Colour colour) const;

  void blank();
  void heading(std::string_view text);
  // `text` behind `label`; further lines are indented as far as the first. The label is `indent`
  // columns in, and at least `label_width` wide.
  void item(std::size_t indent, std::string_view label, std::size_t label_width,
            std::string_view text, Colour label_colour = Colour::none);
  void paragraph(std::size_t indent, std::string_view text);
  // Like item() and paragraph(), of at most `most` lines.
  void clip(std::size_t indent, std::string_view label, std::string_view text, std::size_t most,
            Colour label_colour = Colour::none);
  // As it is: already laid out.
  void line(std::string_view text);

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  bool colour_;
  std::size_t width_;
  std::string text_;
};

}  // namespace cutpoint
