// SPDX-License-Identifier: Apache-2.0
#include "controller/util/temporary_file.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/random.h>

namespace cutpoint {
namespace {

// By chance, not by PID, which processes of two PID namespaces on one volume may share. Short, for
// its directory may take the other file's name but none that is longer. Empty with errno.
std::string new_name() {
  std::uint64_t chance = 0;
  if (::getrandom(&chance, sizeof(chance), 0) != sizeof(chance)) return {};
  return fmt::format(".cutpoint.{:016x}", chance);
}

}  // namespace

// Not mkostemp(3): its files are of mode 0600, and the umask can be known only by changing it.
TemporaryFile TemporaryFile::create(const std::string& directory, mode_t mode) {
  while (true) {
    const std::string name = new_name();
    if (name.empty()) return {"", UniqueFd()};
    std::string path = (std::filesystem::path(directory) / name).string();
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (fd) return {std::move(path), std::move(fd)};
    if (errno != EEXIST) return {"", UniqueFd()};
  }
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), fd_(std::move(other.fd_)) {}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

bool TemporaryFile::replace(const std::string& path) {
  if (std::rename(path_.c_str(), path.c_str()) != 0) return false;
  path_.clear();
  return true;
}

}  // namespace cutpoint
