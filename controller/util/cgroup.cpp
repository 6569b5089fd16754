// SPDX-License-Identifier: Apache-2.0
#include "controller/util/cgroup.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <poll.h>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/clock.h"
#include "controller/util/errno_error.h"
#include "controller/util/file.h"
#include "controller/util/process.h"

namespace cutpoint {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::string_view our_prefix = "cutpoint-";

Status write_control(const std::string& directory, const char* file, const std::string& text) {
  const std::string path = directory + "/" + file;
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno_error("cannot open " + path);
  // One write(2) is one command to the kernel: its error is the answer.
  if (::write(fd.get(), text.data(), text.size()) < 0) {
    return errno_error("cannot write '" + text + "' to " + path);
  }
  return {};
}

std::string list(const std::vector<pid_t>& pids) {
  std::ostringstream text;
  for (size_t i = 0; i < pids.size() && i < 10; ++i) text << (i ? ", " : "") << pids[i];
  if (pids.size() > 10) text << ", …";
  return text.str();
}

}  // namespace

std::vector<std::string> cgroup_tree(const std::string& directory) {
  std::vector<std::string> directories{directory};
  for (size_t i = 0; i < directories.size(); ++i) {
    for (std::string& entry : list_directory(directories[i])) {
      std::error_code gone;
      if (fs::is_directory(entry, gone)) directories.push_back(std::move(entry));
    }
  }
  return directories;
}

std::string as_file_name(std::string_view text) {
  std::string name(text.substr(0, 64));
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
    if (!plain) c = '-';
  }
  return name.empty() ? "-" : name;
}

Result<Cgroup> Cgroup::open(const CgroupMount& mount, const std::string& path) {
  const bool absolute = path == mount.point || path.starts_with(mount.point + "/");
  std::string full = fs::path(absolute ? path : mount.point + "/" + path).lexically_normal();
  while (full.size() > 1 && full.ends_with('/')) full.pop_back();
  UniqueFd fd(::open(full.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd && errno == ENOENT) {
    return Error{.message = "there is no cgroup " + path + " below " + mount.point,
                 .remedy = "find . -name cgroup.procs there lists those that are"};
  }
  if (!fd) return errno_error("cannot open cgroup " + full);
  struct stat self {};
  struct stat top {};
  if (::fstat(fd.get(), &self) != 0) return errno_error("cannot look at cgroup " + full);
  if (::stat(mount.point.c_str(), &top) != 0) return errno_error("cannot look at " + mount.point);
  if (self.st_dev != top.st_dev) {
    return Error{
        ExitCode::unavailable, full + " is not in the cgroup v2 hierarchy at " + mount.point, {}};
  }
  return Cgroup(std::move(fd), full, self.st_ino, self.st_ino == top.st_ino);
}

Result<Cgroup> Cgroup::create(const CgroupMount& mount, std::string_view name) {
  const std::string path = path_for(mount, name);
  if (::mkdir(path.c_str(), 0755) != 0) {
    const int number = errno;
    std::string remedy;
    if (number == EEXIST) remedy = "an earlier run left it: run 'cutpoint clear'";
    if (number == EACCES || number == EPERM) remedy = "run cutpoint as root";
    if (number == EROFS) remedy = "mount it read-write: mount -o remount,rw " + mount.point;
    return errno_error("cannot create cgroup " + path, number, std::move(remedy));
  }
  auto cgroup = open(mount, path);
  if (!cgroup) {
    ::rmdir(path.c_str());
    return cgroup;
  }
  cgroup->owned_ = true;
  return cgroup;
}

std::string Cgroup::path_for(const CgroupMount& mount, std::string_view name) {
  return mount.point + "/" + std::string(our_prefix) + as_file_name(name) + "-" +
         std::to_string(::getpid());
}

Cgroup& Cgroup::operator=(Cgroup&& other) noexcept {
  if (this == &other) return *this;
  dispose_quietly();
  fd_ = std::move(other.fd_);
  path_ = std::move(other.path_);
  id_ = other.id_;
  is_root_ = other.is_root_;
  owned_ = other.owned_;
  return_path_ = std::move(other.return_path_);
  return *this;
}

Cgroup::~Cgroup() {
  dispose_quietly();
}

// What stays behind after an error here is named cutpoint-*: `cutpoint clear` finds it.
void Cgroup::dispose_quietly() noexcept {
  if (!fd_ || !owned_) return;
  try {
    (void)dispose();
  } catch (...) {  // out of memory
  }
}

Result<std::vector<pid_t>> Cgroup::pids() const {
  std::vector<pid_t> pids;
  for (const std::string& directory : cgroup_tree(path_)) {
    auto text = read_file(directory + "/cgroup.procs");
    if (!text && directory == path_) return std::move(text).error();
    if (!text) continue;  // removed meanwhile
    std::istringstream lines(*text);
    // 0: a process of another pid namespace, which has no number here.
    for (pid_t pid = 0; lines >> pid;) {
      if (pid != 0) pids.push_back(pid);
    }
  }
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

Status Cgroup::add(pid_t pid) {
  return write_control(path_, "cgroup.procs", std::to_string(pid));
}

Status Cgroup::move_all_to(const std::string& path) {
  std::set<pid_t> refused;
  Status last;
  // Until a look finds nobody new: processes fork while we move them.
  while (true) {
    CUTPOINT_TRY_ASSIGN(found, pids());
    bool moved = false;
    for (const pid_t pid : found) {
      if (refused.contains(pid)) continue;
      Status status = write_control(path, "cgroup.procs", std::to_string(pid));
      moved = true;
      if (status) continue;
      refused.insert(pid);  // has ended, or may not be moved
      if (::kill(pid, 0) == 0) last = std::move(status);
    }
    if (!moved) return last;
  }
}

Status Cgroup::kill() {
  if (is_root_)
    return Error{ExitCode::unavailable, "refusing to kill every process of this host", {}};
  const std::string path = path_ + "/cgroup.kill";
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return kill_by_signals(std::chrono::seconds(5));
  if (!fd) return errno_error("cannot open " + path);
  if (::write(fd.get(), "1", 1) == 1) return {};
  if (errno == EOPNOTSUPP) return kill_by_signals(std::chrono::seconds(5));  // a threaded cgroup
  return errno_error("cannot kill the processes of cgroup " + path_);
}

Status Cgroup::freeze(bool frozen) {
  if (is_root_) {
    return Error{ExitCode::unavailable, "refusing to freeze every process of this host", {}};
  }
  return write_control(path_, "cgroup.freeze", frozen ? "1" : "0");
}

Result<bool> Cgroup::is_frozen() const {
  CUTPOINT_TRY_ASSIGN(text, read_file(path_ + "/cgroup.freeze"));
  return text.starts_with('1');
}

Result<std::size_t> Cgroup::resume_stopped() const {
  CUTPOINT_TRY_ASSIGN(found, pids());
  std::size_t resumed = 0;
  for (const pid_t pid : found) {
    if (is_stopped(pid) && ::kill(pid, SIGCONT) == 0) ++resumed;
  }
  return resumed;
}

Status Cgroup::kill_by_signals(milliseconds timeout) {
  if (is_root_)
    return Error{ExitCode::unavailable, "refusing to kill every process of this host", {}};
  // Frozen processes still die, but do not fork. Linux 5.2; before, the loop alone must do.
  (void)write_control(path_, "cgroup.freeze", "1");
  const Deadline deadline(timeout);
  while (true) {
    CUTPOINT_TRY_ASSIGN(found, pids());
    for (const pid_t pid : found) ::kill(pid, SIGKILL);
    // Until all are frozen a new one can appear: look again soon, unless it is empty before.
    const milliseconds step{std::min(20, deadline.poll_ms())};
    Status empty = wait_empty(step);
    if (empty || deadline.passed()) return empty;
  }
}

Status Cgroup::wait_empty(milliseconds timeout) const {
  const std::string path = path_ + "/cgroup.events";
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error("cannot open " + path);
  const Deadline deadline(timeout);
  while (true) {
    char text[256] = {};
    if (::pread(fd.get(), text, sizeof(text) - 1, 0) < 0) return errno_error("cannot read " + path);
    if (std::string_view(text).find("populated 0") != std::string_view::npos) return {};
    if (deadline.passed()) break;
    // The kernel flags a change since the last read as POLLPRI | POLLERR.
    pollfd changed{.fd = fd.get(), .events = POLLPRI, .revents = 0};
    if (::poll(&changed, 1, deadline.poll_ms()) < 0 && errno != EINTR) {
      return errno_error("cannot watch " + path);
    }
  }
  auto left = pids();
  return Error{ExitCode::unavailable,
               "cgroup " + path_ + " still holds processes" +
                   (left && !left->empty() ? ": " + list(*left) : std::string()),
               {}};
}

Status Cgroup::remove() {
  auto directories = cgroup_tree(path_);
  std::reverse(directories.begin(), directories.end());
  for (const std::string& directory : directories) {
    if (::rmdir(directory.c_str()) != 0 && errno != ENOENT) {
      return errno_error("cannot remove cgroup " + directory);
    }
  }
  owned_ = false;
  return {};
}

// Meanwhile the cgroup may have been removed, or closed to processes by controllers of its own. The
// top of the hierarchy, in which create() makes ours, takes every process.
Status Cgroup::give_back() {
  const fs::path top = fs::path(path_).parent_path();
  for (fs::path to = return_path_;; to = to.parent_path()) {
    Status moved = move_all_to(to);
    if (moved) return_path_ = to;
    if (moved || to == top || to == to.parent_path()) return moved;
  }
}

Status Cgroup::dispose(milliseconds timeout) {
  if (is_root_) return Error{ExitCode::unavailable, "refusing to remove the root cgroup", {}};
  CUTPOINT_TRY(return_path_.empty() ? kill() : give_back());
  CUTPOINT_TRY(wait_empty(timeout));
  return remove();
}

std::vector<FoundCgroup> find_our_cgroups(const CgroupMount& mount) {
  std::vector<FoundCgroup> found;
  for (const std::string& path : list_directory(mount.point)) {
    const std::string name = fs::path(path).filename();
    std::error_code gone;
    if (!name.starts_with(our_prefix) || !fs::is_directory(path, gone)) continue;
    const size_t dash = name.rfind('-');
    pid_t maker = 0;
    const auto parsed = std::from_chars(name.data() + dash + 1, name.data() + name.size(), maker);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    found.push_back({path, maker});
  }
  return found;
}

}  // namespace cutpoint
