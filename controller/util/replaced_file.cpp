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

bool is_open_for_writing(int fd, const struct stat& file) {
  struct stat other {};
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && ::fstat(fd, &other) == 0 &&
         other.st_dev == file.st_dev && other.st_ino == file.st_ino;
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

// Who writes there goes on with the file that is open, at its place in it: another would be written
// over. Nor can every one be opened again: a pipe's end waits for its reader, a socket has no name.
void ReplacedFile::look_at_standard_files() {
  struct stat self {};
  if (::stat(path_.c_str(), &self) != 0) return;
  for (const int standard : {STDOUT_FILENO, STDERR_FILENO}) {
    if (fd_ || !is_open_for_writing(standard, self)) continue;
    fd_.reset(::fcntl(standard, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    way_ = S_ISREG(self.st_mode) ? Way::behind : Way::as_it_comes;
  }
}

Status ReplacedFile::look() {
  look_at_standard_files();
  if (fd_) return {};
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
  } else if (error || self.st_nlink != 1) {
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
  if (way_ != Way::beside) return write_at_once(fill);
  TemporaryFile beside = make_temporary();
  const int number = errno;
  if (!beside) return fd_ ? write_at_once(fill) : cannot_write(path_, number);
  if (fd_ && !has_owner(beside.fd(), owner_, group_)) return write_at_once(fill);
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

Status ReplacedFile::write_at_once(const Fill& fill) const {
  std::string content;
  CUTPOINT_TRY(fill([&content](std::string_view text) -> Status {
    content += text;
    return {};
  }));
  return overwrite(content);
}

Status ReplacedFile::overwrite(std::string_view content) const {
  if (way_ == Way::behind) return write_all(fd_.get(), content, path_);
  const auto size = static_cast<off_t>(content.size());
  if (!make_room(size)) return cannot_write(path_);
  if (::lseek(fd_.get(), 0, SEEK_SET) != 0) return cannot_write(path_);
  CUTPOINT_TRY(write_all(fd_.get(), content, path_));
  return ::ftruncate(fd_.get(), size) == 0 ? Status() : cannot_write(path_);
}

// Beside the old content. Not every file system can say beforehand that there is none.
bool ReplacedFile::make_room(off_t size) const {
  struct stat self {};
  if (size == 0 || ::fstat(fd_.get(), &self) != 0) return true;
  if (::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, size) == 0) return true;
  const int number = errno;
  if (number != ENOSPC && number != EDQUOT && number != EFBIG) return true;
  // Gives back what it could get behind the end.
  const bool given_back = ::ftruncate(fd_.get(), self.st_size) == 0;
  errno = given_back ? number : errno;
  return false;
}

}  // namespace cutpoint
