// SPDX-License-Identifier: Apache-2.0
// A file beside the one it is to replace, of a name that no other process has.
#pragma once

#include <string>
#include <sys/types.h>

#include "controller/util/unique_fd.h"

namespace cutpoint {

class TemporaryFile {
 public:
  // In `directory`, of `mode` less the umask, open for reading and writing. Without a descriptor
  // where none could be made; errno says why.
  static TemporaryFile create(const std::string& directory, mode_t mode);

  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile();  // removes it, unless it has replaced another

  explicit operator bool() const { return static_cast<bool>(fd_); }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // As rename(2): false with errno.
  [[nodiscard]] bool replace(const std::string& path);

 private:
  TemporaryFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;  // empty: there is none to remove
  UniqueFd fd_;
};

}  // namespace cutpoint
