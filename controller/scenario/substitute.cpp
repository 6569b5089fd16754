// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/substitute.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>

namespace cutpoint::yaml {
namespace {

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::all_of(name.begin(), name.end(), allowed);
}

// Walks through one scalar, and beside it through the source that it was written in.
class Substitution {
 public:
  Substitution(TreeNode& scalar, const Environment& environment, Diagnostics& diagnostics)
      : scalar_(scalar),
        environment_(environment),
        diagnostics_(diagnostics),
        written_(scalar.at.source->offset(scalar.at.line, scalar.at.column)) {}

  void run() {
    const std::string_view text = scalar_.text;
    if (text.find("${") == std::string_view::npos) return;
    std::string result;
    std::size_t at = 0;
    while (at < text.size()) {
      if (text.substr(at).starts_with("$${")) {
        result += "${";
        advance("$${");
        at += 3;
      } else if (text.substr(at).starts_with("${")) {
        const std::size_t close = text.find('}', at);
        const bool closed = close != std::string_view::npos;
        const std::string_view variable = text.substr(at, closed ? close - at + 1 : close);
        result += value_of(variable, closed);
        at += variable.size();
      } else {
        result += text[at++];
      }
    }
    scalar_.written = std::exchange(scalar_.text, result);
  }

 private:
  // Where the next `written` stands in the source, behind the one before; the scalar's own
  // position where escapes hide it.
  Position advance(std::string_view written) {
    const Source& source = *scalar_.at.source;
    const std::size_t found = source.text().find(written, written_);
    if (found == std::string::npos) return scalar_.at;
    written_ = found + written.size();
    int line = scalar_.at.line;
    while (line + 1 < source.line_count() && source.offset(line + 1, 0) <= found) ++line;
    return {&source, line, static_cast<int>(found - source.offset(line, 0))};
  }

  // Of `${NAME}`; or, with a mistake noted, what was written.
  std::string value_of(std::string_view variable, bool closed) {
    const Position at = advance(closed ? variable : "${");
    const std::string name(variable.substr(2, variable.size() - (closed ? 3 : 2)));
    if (!closed) {
      complain(at, "`${` without its `}`; write `$${` for a literal `${`");
    } else if (!is_variable_name(name)) {
      complain(at, fmt::format("`{}` names no environment variable; write `$${{` for a literal "
                               "`${{`",
                               variable));
    } else if (const auto value = environment_(name)) {
      return *value;
    } else {
      complain(at, fmt::format("environment variable `{0}` is not set; set it with `export "
                               "{0}=...`, and keep it with `sudo --preserve-env={0}`",
                               name));
    }
    return std::string(variable);
  }

  void complain(const Position& at, std::string message) {
    scalar_.unresolved = true;
    diagnostics_.add(at, std::move(message));
  }

  TreeNode& scalar_;
  const Environment& environment_;
  Diagnostics& diagnostics_;
  std::size_t written_;  // offset in the source behind the newest variable
};

}  // namespace

void substitute_variables(TreeNode& node, const Environment& environment,
                          Diagnostics& diagnostics) {
  if (node.kind == TreeNode::Kind::scalar && !node.literal) {
    Substitution(node, environment, diagnostics).run();
  }
  for (TreeNode& item : node.items) substitute_variables(item, environment, diagnostics);
  for (Entry& entry : node.entries) substitute_variables(entry.value, environment, diagnostics);
}

}  // namespace cutpoint::yaml
