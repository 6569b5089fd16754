// SPDX-License-Identifier: Apache-2.0
#include "controller/util/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/errno_error.h"

namespace cutpoint {
namespace {

std::string remedy_for(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return "free space there, or write elsewhere";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a place that can be written to";
    default:
      return {};
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    const int number = errno;
    return errno_error("cannot open " + path, number, number == EACCES ? remedy_for_reading : "");
  }
  return read_all(fd.get(), path);
}

Result<std::string> read_all(int fd, const std::string& name) {
  std::string content;
  std::array<char, 16384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("cannot read " + name);
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<size_t>(count));
  }
}

int error_of_writing(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    content.remove_prefix(static_cast<size_t>(count));
  }
  return 0;
}

Status write_all(int fd, std::string_view content, const std::string& name) {
  const int number = error_of_writing(fd, content);
  if (number == 0) return {};
  return errno_error("cannot write to " + name, number, remedy_for(number));
}

Status write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
  const std::filesystem::path whole(path);
  const std::string parent = whole.has_parent_path() ? whole.parent_path().string() : ".";
  const UniqueFd directory(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) {
    const int number = errno;
    return errno_error("cannot create " + path, number, remedy_for(number));
  }
  return write_file_atomically_at(directory.get(), whole.filename(), path, content, mode);
}

Status write_file_atomically_at(int directory, const std::string& name, const std::string& shown,
                                std::string_view content, mode_t mode) {
  // One process writes a file once at a time: what has this name is left of a dead one.
  const std::string temporary = "." + name + "." + std::to_string(::getpid());
  ::unlinkat(directory, temporary.c_str(), 0);
  const UniqueFd fd(::openat(directory, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                             S_IRUSR | S_IWUSR));
  if (!fd) {
    const int number = errno;
    return errno_error("cannot create " + shown, number, remedy_for(number));
  }
  const auto fill = [&]() -> Status {
    CUTPOINT_TRY(write_all(fd.get(), content, shown));
    if (::fchmod(fd.get(), mode) != 0) return errno_error("cannot set the mode of " + shown);
    // Without it, some file systems hold an empty file under the new name after a power failure.
    if (::fsync(fd.get()) != 0) return errno_error("cannot write to " + shown);
    if (::renameat(directory, temporary.c_str(), directory, name.c_str()) != 0) {
      return errno_error("cannot replace " + shown);
    }
    return {};
  };
  Status status = fill();
  if (!status) ::unlinkat(directory, temporary.c_str(), 0);
  return status;
}

std::vector<std::string> list_directory(const std::string& path) {
  std::vector<std::string> paths;
  std::error_code error;
  // By hand: the range-based loop over it throws where readdir(3) fails.
  std::filesystem::directory_iterator entry(path, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    paths.push_back(entry->path());
    entry.increment(error);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void open_missing_standard_files() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // open(2) gives the lowest number that is free, which is this one.
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDONLY);
  }
}

Result<AppendingFile> AppendingFile::create(const std::string& path, mode_t mode) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, mode));
  if (!fd) {
    const int number = errno;
    return errno_error("cannot create " + path, number, remedy_for(number));
  }
  return AppendingFile(std::move(fd), path);
}

Status AppendingFile::append(std::string_view text) {
  return write_all(fd_.get(), text, path_);
}

Status AppendingFile::append_line(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  return append(whole);
}

}  // namespace cutpoint
