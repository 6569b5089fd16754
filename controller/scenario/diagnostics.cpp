// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/diagnostics.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>
#include <utility>

#include "controller/scenario/redact.h"
#include "controller/util/utf8.h"

namespace cutpoint {
namespace {

constexpr std::size_t widest_line = 160;  // of a source line that is shown, in bytes
constexpr std::string_view ellipsis = "...";

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

// The first place from `at` on where a character begins.
std::size_t boundary(std::string_view line, std::size_t at) {
  while (at < line.size() && is_continuation(line[at])) ++at;
  return std::min(at, line.size());
}

// Bytes before character `index` of `line`, counted from 0.
std::size_t byte_offset(std::string_view line, std::size_t index) {
  std::size_t at = 0;
  for (; index > 0 && at < line.size(); --index) at = boundary(line, at + 1);
  return at;
}

// A source line and, below it, blanks up to the caret; tabs stay tabs. Long lines are clipped.
struct Excerpt {
  std::string line;
  std::string pad;
};

Excerpt excerpt(std::string_view line, int column) {
  const std::size_t caret = byte_offset(line, static_cast<std::size_t>(std::max(column, 1) - 1));
  const std::size_t half = widest_line / 2;
  const bool clipped = line.size() > widest_line;
  const std::size_t begin = clipped && caret > half ? boundary(line, caret - half) : 0;
  const std::size_t end = clipped ? boundary(line, begin + widest_line) : line.size();
  Excerpt result;
  if (begin > 0) result = {std::string(ellipsis), std::string(ellipsis.size(), ' ')};
  result.line += line.substr(begin, end - begin);
  if (end < line.size()) result.line += ellipsis;
  for (const char byte : line.substr(begin, caret - begin)) {
    if (!is_continuation(byte)) result.pad += byte == '\t' ? '\t' : ' ';
  }
  return result;
}

}  // namespace

std::string Diagnostic::text() const {
  if (line == 0 && column == 0) return fmt::format("{}: {}", file, message);
  const auto [shown, pad] = excerpt(source_line, column);
  if (line == 0) {  // an override, or the command: a line of its own, without a number
    const std::string indent(file.size(), ' ');
    return fmt::format("{}: {}\n      | {} {}\n      | {} {}^", file, message, file, shown, indent,
                       pad);
  }
  return fmt::format("{}:{}:{}: {}\n{:>5} | {}\n      | {}^", file, line, column, message, line,
                     shown, pad);
}

}  // namespace cutpoint

namespace cutpoint::yaml {
namespace {

Diagnostic describe(const Position& at, const std::string& message) {
  Diagnostic diagnostic;
  diagnostic.file = at.source->name();
  diagnostic.message = without_controls(mask_secrets(message));
  if (at.line < 0) return diagnostic;
  const std::string_view line = at.source->line(at.line);
  const std::size_t column =
      std::min(static_cast<std::size_t>(std::max(at.column, 0)), line.size());
  if (at.source->kind() == Source::Kind::file) diagnostic.line = at.line + 1;
  diagnostic.column = static_cast<int>(count_characters(line.substr(0, column))) + 1;
  diagnostic.source_line = without_controls(mask_secrets(line));
  return diagnostic;
}

}  // namespace

void Diagnostics::add(const Position& at, std::string message) {
  mistakes_.push_back({at, std::move(message)});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Mistake> mistakes = mistakes_;
  const auto place = [](const Mistake& mistake) {
    return std::make_tuple(mistake.at.source->order(), mistake.at.line, mistake.at.column);
  };
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [&](const Mistake& a, const Mistake& b) { return place(a) < place(b); });
  // An alias shows the same mistake again at the same place.
  const auto same = [&](const Mistake& a, const Mistake& b) {
    return place(a) == place(b) && a.message == b.message;
  };
  mistakes.erase(std::unique(mistakes.begin(), mistakes.end(), same), mistakes.end());
  std::vector<Diagnostic> diagnostics;
  diagnostics.reserve(mistakes.size());
  for (const Mistake& mistake : mistakes)
    diagnostics.push_back(describe(mistake.at, mistake.message));
  return diagnostics;
}

}  // namespace cutpoint::yaml
