// SPDX-License-Identifier: Apache-2.0
// The texts that a scenario is made of, and places in them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint::yaml {

// One text: the scenario file, the KEY=VALUE of one `--set`, or the command after `--`.
class Source {
 public:
  enum class Kind { file, option };  // an option: `--set KEY=VALUE`, or `-- COMMAND`

  // `order`: among all texts of one scenario, for sorting diagnostics.
  Source(Kind kind, std::string name, std::string text, int order);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string& name() const { return name_; }  // "a.yaml", "--set", "--"
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] int order() const { return order_; }
  // Without its line end; empty where there is no such line. `index` from 0.
  [[nodiscard]] std::string_view line(int index) const;
  [[nodiscard]] int line_count() const { return static_cast<int>(line_starts_.size()); }
  // Bytes before `column` of `line`; both from 0.
  [[nodiscard]] std::size_t offset(int line, int column) const;

 private:
  Kind kind_;
  std::string name_;
  std::string text_;
  int order_;
  std::vector<std::size_t> line_starts_;
};

// A place in a source, which must outlive it. Line and column (in bytes) from 0; line < 0: the
// source as a whole.
struct Position {
  const Source* source = nullptr;
  int line = -1;
  int column = -1;
};

// The content of a file (at most 1 MiB, UTF-8, a byte-order mark removed); the error's message
// says why not, without the path.
Result<std::string> read_text_file(const std::string& path);

}  // namespace cutpoint::yaml
