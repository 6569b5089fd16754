// SPDX-License-Identifier: Apache-2.0
#include "controller/util/replaced_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/file.h"

namespace cutpoint {
namespace {

constexpr mode_t permissions = 07777;

Error cannot_write(const std::string& path, int number = errno) {
  return Error{ExitCode::usage, "cannot write to " + path + ": " + std::strerror(number), ""};
}

// Who writes there goes on with the file that is open, not with the one that has its name.
bool is_open_as(int standard, const struct stat& file) {
  struct stat other {};
  return ::fstat(standard, &other) == 0 && other.st_dev == file.st_dev &&
         other.st_ino == file.st_ino;
}

bool has_owner(int fd, uid_t owner, gid_t group) {
  struct stat self {};
  if (::fstat(fd, &self) != 0) return false;
  return (self.st_uid == owner && self.st_gid == group) || ::fchown(fd, owner, group) == 0;
}

}  // namespace

Result<ReplacedFile> ReplacedFile::open(const std::string& path) {
  ReplacedFile file(path);
  CUTPOINT_TRY(file.look());
  return file;
}

Status ReplacedFile::look() {
  fd_.reset(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd_) {
    const int number = errno;
    std::error_code none;
    const bool link = std::filesystem::is_symlink(path_, none);  // to nothing
    if (link || number != ENOENT) return cannot_write(path_, number);
    const UniqueFd tried = make_temporary();
    if (!tried) return cannot_write(path_);
    ::unlink(temporary().c_str());
    return {};
  }
  struct stat self {};
  if (::fstat(fd_.get(), &self) != 0) return cannot_write(path_);
  owner_ = self.st_uid;
  group_ = self.st_gid;
  mode_ = self.st_mode & permissions;
  std::error_code error;
  const auto target = std::filesystem::canonical(path_, error);
  if (!S_ISREG(self.st_mode)) {
    way_ = Way::as_it_comes;
  } else if (error || self.st_nlink != 1 || is_open_as(STDOUT_FILENO, self) ||
             is_open_as(STDERR_FILENO, self)) {
    way_ = Way::itself;
  } else {
    target_ = target.string();
  }
  return {};
}

// Short, for its directory may take the file's own name but none that is longer.
std::string ReplacedFile::temporary() const {
  const std::string name = ".cutpoint." + std::to_string(::getpid());
  return (std::filesystem::path(target_).parent_path() / name).string();
}

UniqueFd ReplacedFile::make_temporary() const {
  constexpr mode_t everybody = 0666;  // less the umask: a pipeline's next step may be another user
  const std::string name = temporary();
  // One process writes a file at a time: what has this name is left of a dead one.
  ::unlink(name.c_str());
  return UniqueFd(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, everybody));
}

Status ReplacedFile::write(const Fill& fill) const {
  if (way_ == Way::as_it_comes) {
    return fill([this](std::string_view text) { return write_all(fd_.get(), text, path_); });
  }
  if (way_ == Way::itself) return write_itself(fill);
  const UniqueFd beside = make_temporary();
  const int number = errno;
  if (!beside) return fd_ ? write_itself(fill) : cannot_write(path_, number);
  Status written = fd_ && !has_owner(beside.get(), owner_, group_)
                       ? write_itself(fill)
                       : write_beside(beside.get(), fill);
  ::unlink(temporary().c_str());  // which it is no more where it has replaced the file
  return written;
}

Status ReplacedFile::write_beside(int temporary_fd, const Fill& fill) const {
  CUTPOINT_TRY(fill([&](std::string_view text) { return write_all(temporary_fd, text, path_); }));
  if (fd_ && ::fchmod(temporary_fd, mode_) != 0) return cannot_write(path_);
  // Without it, some file systems hold an empty file under the new name after a power failure.
  if (::fsync(temporary_fd) != 0) return cannot_write(path_);
  if (::rename(temporary().c_str(), target_.c_str()) == 0) return {};
  if (!fd_) return cannot_write(path_);
  if (::lseek(temporary_fd, 0, SEEK_SET) != 0) return cannot_write(path_);
  CUTPOINT_TRY_ASSIGN(content, read_all(temporary_fd, path_));
  return overwrite(content);
}

Status ReplacedFile::write_itself(const Fill& fill) const {
  std::string content;
  CUTPOINT_TRY(fill([&content](std::string_view text) -> Status {
    content += text;
    return {};
  }));
  return overwrite(content);
}

Status ReplacedFile::overwrite(std::string_view content) const {
  if (::ftruncate(fd_.get(), 0) != 0) return cannot_write(path_);
  return write_all(fd_.get(), content, path_);
}

}  // namespace cutpoint
