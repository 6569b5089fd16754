// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "controller/util/utf8.h"

namespace cutpoint::yaml {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

Error unreadable(std::string message) {
  return {ExitCode::usage, std::move(message), ""};
}

Error unreadable(int code) {
  return unreadable("cannot be read: " + std::generic_category().message(code));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

Result<std::string> read_all(int descriptor) {
  std::string text;
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t count = read(descriptor, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(errno);
    if (count == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(count));
    if (text.size() > largest_file) return unreadable("is larger than 1 MiB: no scenario file");
  }
}

}  // namespace

Source::Source(Kind kind, std::string name, std::string text, int order)
    : kind_(kind), name_(std::move(name)), text_(std::move(text)), order_(order) {
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::string_view Source::line(int index) const {
  if (index < 0 || index >= line_count()) return {};
  const std::size_t start = line_starts_[static_cast<std::size_t>(index)];
  std::string_view line = std::string_view(text_).substr(start);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t Source::offset(int line, int column) const {
  if (line < 0) return 0;
  if (line >= line_count()) return text_.size();
  const std::size_t start = line_starts_[static_cast<std::size_t>(line)];
  return std::min(start + static_cast<std::size_t>(std::max(column, 0)), text_.size());
}

Result<std::string> read_text_file(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file.number() < 0) return unreadable(errno);
  struct stat status {};
  if (fstat(file.number(), &status) != 0) return unreadable(errno);
  if (S_ISDIR(status.st_mode)) return unreadable("is a directory: a scenario is one YAML file");
  CUTPOINT_TRY_ASSIGN(text, read_all(file.number()));
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  if (!is_utf8_text(text)) return unreadable("is not UTF-8 text: a scenario is one YAML file");
  return std::move(text);
}

}  // namespace cutpoint::yaml
