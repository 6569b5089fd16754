// SPDX-License-Identifier: Apache-2.0
// The cgroup v2 that holds a target: found, made, watched, emptied, removed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// Where the v2 hierarchy is mounted. On hybrid hosts that is not /sys/fs/cgroup.
struct CgroupMount {
  std::string point;  // e.g. "/sys/fs/cgroup/unified"
  std::string root;   // the cgroup that is mounted there: "/" unless a container was given a part
  bool writable = true;

  // The directory of a path as /proc/<pid>/cgroup writes it ("/system.slice/x.service").
  [[nodiscard]] Result<std::string> directory_of(std::string_view cgroup) const;
};

// Reads a file in the format of proc_pid_mountinfo(5). Of several mounts, the writable one that
// shows most of the hierarchy wins. Error (3) if there is none.
// `of_init`: the same of the host's first process, which tells whether it is only hidden from us.
Result<CgroupMount> find_cgroup_mount(const std::string& mountinfo = "/proc/self/mountinfo",
                                      const std::string& of_init = "/proc/1/mountinfo");

// The text form of the above, for tables in tests.
Result<CgroupMount> parse_cgroup_mount(std::string_view mountinfo);

// The directory, below the mount, of the v2 cgroup that a process is in.
Result<std::string> cgroup_of_pid(const CgroupMount& mount, pid_t pid);

// Is the process in that cgroup, or in one below it? `cgroup`: an absolute directory.
bool cgroup_holds(const CgroupMount& mount, const std::string& cgroup, pid_t pid);

// The directory of a cgroup and those below it, parents first. One that vanishes meanwhile is left
// out.
std::vector<std::string> cgroup_tree(const std::string& directory);

// As systemctl(1) completes it: with ".service" where it ends in no type of unit.
std::string unit_name(std::string_view unit);

// The directory, below the mount, of the cgroup that systemd made for a unit, by its name alone:
// systemd need not run. Error (2): there is none, or there are several (a user's manager may have
// units of the same name).
Result<std::string> cgroup_of_unit(const CgroupMount& mount, const std::string& unit);

// The innermost systemd unit of a path as /proc/<pid>/cgroup writes it; "": none is in it.
std::string unit_of_cgroup(std::string_view path);

// The id of the innermost container, 64 hexadecimal digits, as Docker, containerd, CRI-O, Podman
// and Kubernetes write it, with systemd's cgroup driver or without; "": none. What monitors a
// container (conmon) is not in it.
std::string container_of_cgroup(std::string_view path);

// In lower case; "": it is no id, nor 12 digits or more of the beginning of one.
std::string container_id(std::string_view text);

// The directory, below the mount, of the cgroup of a container, told by container_id(). Error (2):
// there is none, or there are several.
Result<std::string> cgroup_of_container(const CgroupMount& mount, const std::string& id);

// One cgroup. Made by create(), it is ours: destruction empties it and removes it. Made by open(),
// it is somebody else's, and destruction only closes it.
class Cgroup {
 public:
  // "cutpoint-<name>-<pid>" directly below the mount; characters that do not belong into a file
  // name become '-'.
  static Result<Cgroup> create(const CgroupMount& mount, std::string_view name);

  // Where create() will make it: for those who must know before it exists.
  static std::string path_for(const CgroupMount& mount, std::string_view name);

  // An absolute directory, or one relative to the mount ("system.slice/x.service", with or without
  // the leading '/').
  static Result<Cgroup> open(const CgroupMount& mount, const std::string& path);

  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  Cgroup(Cgroup&&) noexcept = default;
  Cgroup& operator=(Cgroup&& other) noexcept;
  ~Cgroup();

  [[nodiscard]] const std::string& path() const { return path_; }  // absolute
  [[nodiscard]] int fd() const { return fd_.get(); }               // the directory
  [[nodiscard]] std::uint64_t id() const { return id_; }   // inode = bpf_get_current_cgroup_id()
  [[nodiscard]] bool is_root() const { return is_root_; }  // holds every process that we can see
  [[nodiscard]] bool owned() const { return owned_; }

  // Every process in it and in the cgroups below it.
  [[nodiscard]] Result<std::vector<pid_t>> pids() const;

  // Moves a process into it. Its open sockets stay with the cgroup that they were made in.
  Status add(pid_t pid);

  // Moves all of its processes, with those below it, into the cgroup at `path`.
  Status move_all_to(const std::string& path);

  // From now on, destruction and dispose() move the processes to `path` instead of killing them,
  // or to the nearest cgroup above it that takes them: for processes that ran before we came.
  void return_processes_to(std::string path) { return_path_ = std::move(path); }
  [[nodiscard]] const std::string& return_path() const { return return_path_; }

  // Every process in it and below it stops, or goes on (cgroup.freeze, Linux 5.2).
  Status freeze(bool frozen);

  [[nodiscard]] Result<bool> is_frozen() const;  // or about to be

  // Sends SIGCONT to those of its processes that are stopped. Returns how many these were.
  Result<std::size_t> resume_stopped() const;

  // SIGKILL to every process in it and below it, at once (cgroup.kill, Linux 5.14).
  Status kill();

  // The same for older kernels: freezes it, so that nothing forks away, and signals one by one
  // until it is empty. kill() falls back to it.
  Status kill_by_signals(std::chrono::milliseconds timeout);

  // Waits until no process is left; an Error names those that are. Zombies do not count.
  Status wait_empty(std::chrono::milliseconds timeout) const;

  // Removes it with the cgroups below it. They must be empty.
  Status remove();

  // kill() or move_all_to(), wait_empty(), remove(): what destruction does, with its error.
  Status dispose(std::chrono::milliseconds timeout = std::chrono::seconds(5));

  // Takes ownership of one that open() found: what a dead run left.
  void adopt() { owned_ = true; }

  // Leaves it on the host: destruction only closes it.
  void release() { owned_ = false; }

 private:
  Cgroup(UniqueFd fd, std::string path, std::uint64_t id, bool is_root)
      : fd_(std::move(fd)), path_(std::move(path)), id_(id), is_root_(is_root) {}
  void dispose_quietly() noexcept;
  Status give_back();

  UniqueFd fd_;
  std::string path_;
  std::uint64_t id_ = 0;
  bool is_root_ = false;
  bool owned_ = false;
  std::string return_path_;
};

// Every cgroup that create() made and nobody has removed, whoever made it.
struct FoundCgroup {
  std::string path;
  pid_t maker = 0;
};
std::vector<FoundCgroup> find_our_cgroups(const CgroupMount& mount);

// `text` with every character that does not belong into a file name as '-', at most 64 of them.
std::string as_file_name(std::string_view text);

}  // namespace cutpoint
