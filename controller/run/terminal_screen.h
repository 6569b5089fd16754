// SPDX-License-Identifier: Apache-2.0
// A terminal that is drawn on while this object lives, and then is as it was: the alternate screen,
// keys without return, and whatever was said on stderr meanwhile held back until its end. Escape
// sequences of ECMA-48 and xterm, which the terminals of today share; no database of terminals is
// needed on the host.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <termios.h>
#include <vector>

#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

struct TerminalSize {
  std::size_t width = 0;
  std::size_t height = 0;
  bool operator==(const TerminalSize&) const = default;
};

// What is written to stderr, by us and by processes that inherit it from now on, while it is a
// terminal: at the end its last part goes there.
class HeldStderr {
 public:
  static Result<HeldStderr> hold();
  HeldStderr(HeldStderr&&) noexcept = default;
  HeldStderr& operator=(HeldStderr&&) = delete;
  HeldStderr(const HeldStderr&) = delete;
  HeldStderr& operator=(const HeldStderr&) = delete;
  ~HeldStderr();

  // Frees the memory of all but the last part. To be called now and then.
  void trim();

 private:
  HeldStderr(UniqueFd terminal, UniqueFd held)
      : terminal_(std::move(terminal)), held_(std::move(held)) {}

  UniqueFd terminal_;  // none: stderr is no terminal, and nothing is held
  UniqueFd held_;      // a file in memory
};

class TerminalScreen {
 public:
  // stdout is a terminal that can be drawn on.
  [[nodiscard]] static bool is_there();
  // Errors (3): it cannot be set.
  static Result<TerminalScreen> open();
  TerminalScreen(TerminalScreen&& other) noexcept;
  TerminalScreen& operator=(TerminalScreen&&) = delete;
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;
  ~TerminalScreen();

  [[nodiscard]] TerminalSize size() const;
  // From the top; no line is wider than the screen. `header` is shown in reverse.
  Status draw(const std::vector<std::string>& lines, std::size_t header);
  // Typed since the last call; without cursor keys and the like. Empty also where stdin is no
  // terminal.
  std::string keys();

 private:
  explicit TerminalScreen(HeldStderr held) : held_(std::move(held)) {}

  HeldStderr held_;
  std::optional<termios> typed_before_;  // how stdin was; nullopt: no keys are read
  bool open_ = false;
};

}  // namespace cutpoint
