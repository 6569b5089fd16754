// SPDX-License-Identifier: Apache-2.0
#include "controller/run/terminal_screen.h"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "controller/util/errno_error.h"
#include "controller/util/file.h"

namespace cutpoint {
namespace {

// xterm's control sequences: the alternate screen, an invisible cursor.
constexpr std::string_view enter = "\033[?1049h\033[?25l\033[2J";
constexpr std::string_view leave = "\033[0m\033[?25h\033[?1049l";
constexpr char escape = '\033';

constexpr off_t most_held = 64 << 10;  // bytes of stderr
constexpr off_t page = 4096;

off_t size_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_size : 0;
}

std::string read_from(int fd, off_t begin, off_t end) {
  std::string text(static_cast<std::size_t>(end - begin), '\0');
  const ssize_t count = ::pread(fd, text.data(), text.size(), begin);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return text;
}

// Keys come one by one and are not shown. Ctrl-C stays a signal; Ctrl-Z and Ctrl-\ would leave the
// screen as it is, and Ctrl-S would stop us.
termios keys_of(termios mode) {
  mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  mode.c_iflag &= ~static_cast<tcflag_t>(IXON);
  mode.c_cc[VMIN] = 0;
  mode.c_cc[VTIME] = 0;
  mode.c_cc[VSUSP] = _POSIX_VDISABLE;
  mode.c_cc[VQUIT] = _POSIX_VDISABLE;
  return mode;
}

}  // namespace

Result<HeldStderr> HeldStderr::hold() {
  if (::isatty(STDERR_FILENO) == 0) return HeldStderr({}, {});
  UniqueFd terminal(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  UniqueFd held(::memfd_create("cutpoint-stderr", MFD_CLOEXEC));
  if (!terminal || !held || ::fcntl(held.get(), F_SETFL, O_APPEND) != 0 ||
      ::dup2(held.get(), STDERR_FILENO) < 0) {
    return errno_error("cannot hold back what is said on stderr");
  }
  return HeldStderr(std::move(terminal), std::move(held));
}

HeldStderr::~HeldStderr() {
  if (!terminal_) return;
  ::dup2(terminal_.get(), STDERR_FILENO);
  const off_t end = size_of(held_.get());
  const off_t begin = end > most_held ? end - most_held : 0;
  std::string text = read_from(held_.get(), begin, end);
  if (begin > 0) {
    text.insert(0, fmt::format("cutpoint: {} bytes that were said before are not kept\n", begin));
  }
  (void)write_all(STDERR_FILENO, text, "stderr");  // there is nobody left to tell
}

void HeldStderr::trim() {
  if (!held_) return;
  const off_t surplus = (size_of(held_.get()) - most_held) / page * page;
  if (surplus > 0) {
    (void)::fallocate(held_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, surplus);
  }
}

bool TerminalScreen::is_there() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

Result<TerminalScreen> TerminalScreen::open() {
  CUTPOINT_TRY_ASSIGN(held, HeldStderr::hold());
  TerminalScreen screen(std::move(held));
  // In the background it is not ours to set: we would be stopped.
  if (::isatty(STDIN_FILENO) == 1 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) {
    termios before{};
    if (::tcgetattr(STDIN_FILENO, &before) != 0) return errno_error("cannot read the terminal");
    const termios mode = keys_of(before);
    if (::tcsetattr(STDIN_FILENO, TCSANOW, &mode) != 0) {
      return errno_error("cannot set the terminal");
    }
    screen.typed_before_ = before;
  }
  CUTPOINT_TRY(write_all(STDOUT_FILENO, enter, "the terminal"));
  screen.open_ = true;
  return Result<TerminalScreen>(std::move(screen));
}

TerminalScreen::TerminalScreen(TerminalScreen&& other) noexcept
    : held_(std::move(other.held_)),
      typed_before_(std::exchange(other.typed_before_, std::nullopt)),
      open_(std::exchange(other.open_, false)) {}

TerminalScreen::~TerminalScreen() {
  if (open_) (void)write_all(STDOUT_FILENO, leave, "the terminal");
  if (typed_before_) ::tcsetattr(STDIN_FILENO, TCSANOW, &*typed_before_);
}

TerminalSize TerminalScreen::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {80, 24};
  }
  return {size.ws_col, size.ws_row};
}

Status TerminalScreen::draw(const std::vector<std::string>& lines, std::size_t header) {
  held_.trim();
  const std::size_t width = size().width;
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += fmt::format("\033[{};1H{}{}{}", i + 1, i == header ? "\033[7m" : "", lines[i],
                        i == header ? "\033[0m" : "");
    // Behind a full line the cursor is still on its last character.
    if (lines[i].size() < width) text += "\033[K";
  }
  return write_all(STDOUT_FILENO, text + "\033[J", "the terminal");
}

std::string TerminalScreen::keys() {
  if (!typed_before_) return {};
  std::array<char, 64> typed{};
  const ssize_t count = ::read(STDIN_FILENO, typed.data(), typed.size());
  if (count <= 0) return {};
  const std::string all(typed.data(), static_cast<std::size_t>(count));
  return all.substr(0, all.find(escape));
}

}  // namespace cutpoint
