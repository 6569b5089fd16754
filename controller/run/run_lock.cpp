// SPDX-License-Identifier: Apache-2.0
#include "controller/run/run_lock.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/cgroup.h"
#include "controller/util/errno_error.h"
#include "controller/util/file.h"

namespace cutpoint {
namespace {

// A lock counts only while its file has its name: a former holder may have removed the file between
// our open(2) and our flock(2), and a third one made a new file since.
bool is_named(int fd, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

// 0 where the holder has not written it yet: between its flock(2) and its write(2).
pid_t holder_of(const std::string& path) {
  auto text = read_file(path);
  return text ? static_cast<pid_t>(std::strtol(text->c_str(), nullptr, 10)) : 0;
}

Error taken(pid_t holder, const std::string& what) {
  if (holder == 0) {
    return {ExitCode::unavailable, "another cutpoint is already working on " + what,
            "wait for it to end"};
  }
  const std::string pid = std::to_string(holder);
  return {ExitCode::unavailable, "another cutpoint (pid " + pid + ") is already working on " + what,
          "wait for it to end, or end it: kill -INT " + pid};
}

}  // namespace

Result<RunLock> RunLock::acquire(const StateDirectory& directory, const std::string& key,
                                 const std::string& what) {
  const std::string path = directory.locks() + "/" + as_file_name(key);
  for (int attempt = 0;; ++attempt) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return errno_error("cannot open the lock " + path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return errno_error("cannot lock " + path);
      const pid_t holder = holder_of(path);
      const bool alive = holder == 0 || ::kill(holder, 0) == 0 || errno == EPERM;
      if (alive || attempt == 100) return taken(holder, what);
      // Of a dead holder: remove_unheld_locks() is at it, for a moment.
      ::sched_yield();
      continue;
    }
    if (!is_named(fd.get(), path)) continue;
    if (::ftruncate(fd.get(), 0) != 0) return errno_error("cannot write to " + path);
    CUTPOINT_TRY(write_all(fd.get(), std::to_string(::getpid()) + "\n", path));
    return RunLock(std::move(fd), path);
  }
}

RunLock::~RunLock() {
  if (fd_) ::unlink(path_.c_str());  // while we hold it
}

std::vector<std::string> remove_unheld_locks(const StateDirectory& directory) {
  std::vector<std::string> removed;
  for (const std::string& path : list_directory(directory.locks())) {
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || !is_named(fd.get(), path)) continue;
    if (::unlink(path.c_str()) == 0) removed.push_back(path);
  }
  return removed;
}

}  // namespace cutpoint
