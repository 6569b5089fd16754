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
    if (!make_temporary()) return cannot_write(path_);
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

TemporaryFile ReplacedFile::make_temporary() const {
  // Less the umask: a pipeline's next step may be another user. What is there already gives its
  // own mode, and may be nobody else's to read until then.
  const mode_t mode = fd_ ? S_IRUSR | S_IWUSR : 0666;
  return TemporaryFile::create(std::filesystem::path(target_).parent_path().string(), mode);
}

Status ReplacedFile::write(const Fill& fill) const {
  if (way_ == Way::as_it_comes) {
    return fill([this](std::string_view text) { return write_all(fd_.get(), text, path_); });
  }
  if (way_ == Way::itself) return write_itself(fill);
  TemporaryFile beside = make_temporary();
  const int number = errno;
  if (!beside) return fd_ ? write_itself(fill) : cannot_write(path_, number);
  if (fd_ && !has_owner(beside.fd(), owner_, group_)) return write_itself(fill);
  return write_beside(beside, fill);
}

Status ReplacedFile::write_beside(TemporaryFile& beside, const Fill& fill) const {
  CUTPOINT_TRY(fill([&](std::string_view text) { return write_all(beside.fd(), text, path_); }));
  if (fd_ && ::fchmod(beside.fd(), mode_) != 0) return cannot_write(path_);
  // Without it, some file systems hold an empty file under the new name after a power failure.
  if (::fsync(beside.fd()) != 0) return cannot_write(path_);
  if (beside.replace(target_)) return {};
  if (!fd_) return cannot_write(path_);
  if (::lseek(beside.fd(), 0, SEEK_SET) != 0) return cannot_write(path_);
  CUTPOINT_TRY_ASSIGN(content, read_all(beside.fd(), path_));
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
