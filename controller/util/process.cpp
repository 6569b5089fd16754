// SPDX-License-Identifier: Apache-2.0
#include "controller/util/process.h"

#include <cerrno>
#include <filesystem>
#include <poll.h>
#include <sstream>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/util/clock.h"
#include "controller/util/errno_error.h"
#include "controller/util/file.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {
namespace {

constexpr unsigned long kernel_thread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

struct Stat {
  char state = '?';
  unsigned long flags = 0;
  std::uint64_t start_ticks = 0;
};

// Fields 3, 9 and 22 of proc_pid_stat(5). Field 2, the name, may hold blanks and parentheses.
Result<Stat> read_stat(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  CUTPOINT_TRY_ASSIGN(text, read_file(path));
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos)
    return Error{ExitCode::unavailable, path + " is not as expected", {}};
  std::istringstream fields(text.substr(name_end + 1));
  Stat stat;
  std::string skipped;
  fields >> stat.state;
  for (int field = 4; field < 9; ++field) fields >> skipped;
  fields >> stat.flags;
  for (int field = 10; field < 22; ++field) fields >> skipped;
  fields >> stat.start_ticks;
  if (!fields) return Error{ExitCode::unavailable, path + " is not as expected", {}};
  return stat;
}

}  // namespace

Result<ProcessId> process_id(pid_t pid) {
  auto stat = read_stat(pid);
  if (!stat) return Error{ExitCode::unavailable, "there is no process " + std::to_string(pid), {}};
  return ProcessId{pid, stat->start_ticks};
}

bool is_running(const ProcessId& process) {
  if (process.pid <= 0) return false;
  const auto stat = read_stat(process.pid);
  return stat && stat->start_ticks == process.start_ticks && stat->state != 'Z' &&
         stat->state != 'X';
}

bool is_stopped(pid_t pid) {
  const auto stat = read_stat(pid);
  return stat && stat->state == 'T';
}

bool is_kernel_thread(pid_t pid) {
  const auto stat = read_stat(pid);
  return stat && (stat->flags & kernel_thread) != 0;
}

std::set<std::uint64_t> socket_inodes(pid_t pid) {
  constexpr std::string_view prefix = "socket:[";  // proc_pid_fd(5)
  std::set<std::uint64_t> inodes;
  std::error_code error;
  const std::filesystem::path directory = "/proc/" + std::to_string(pid) + "/fd";
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code closed_meanwhile;
    const std::string link = std::filesystem::read_symlink(it->path(), closed_meanwhile).string();
    if (link.starts_with(prefix)) inodes.insert(std::stoull(link.substr(prefix.size())));
  }
  return inodes;
}

bool await_end(const ProcessId& process, std::chrono::milliseconds timeout) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!pidfd) return !is_running(process);
  // Only now: the number cannot change hands while we hold the pidfd. Not is_running(): the first
  // of several threads may have ended, and the others still hold the descriptors of the process.
  const auto same = process_id(process.pid);
  if (!same || *same != process) return true;
  const Deadline deadline(timeout);
  pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  while (::poll(&ended, 1, deadline.poll_ms()) < 0 && errno == EINTR) {
  }
  return (ended.revents & POLLIN) != 0;
}

}  // namespace cutpoint
