// SPDX-License-Identifier: Apache-2.0
// Network namespaces: which one a process is in, and what is in there.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

#include "controller/util/links.h"
#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// An open network namespace: it lives at least as long as this object.
class NetworkNamespace {
 public:
  static Result<NetworkNamespace> current();  // of the calling thread
  static Result<NetworkNamespace> create();   // a new one, with nothing but loopback, down
  static Result<NetworkNamespace> of_pid(pid_t pid);
  static Result<NetworkNamespace> of_file(const std::string& path);  // e.g. /run/netns/<name>
  static Result<NetworkNamespace> of_fd(UniqueFd fd);                // one received or duplicated

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] ino_t inode() const { return inode_; }  // as in "net:[4026531833]"

  // What bpf_get_netns_cookie() returns for it. Needs Linux 5.14, and to enter it CAP_SYS_ADMIN.
  [[nodiscard]] Result<std::uint64_t> cookie() const;

  // The devices in it; enters it for the while.
  [[nodiscard]] Result<std::vector<Interface>> interfaces() const;

  // The same namespace, whichever way it was opened.
  bool operator==(const NetworkNamespace& other) const {
    return device_ == other.device_ && inode_ == other.inode_;
  }

 private:
  NetworkNamespace(UniqueFd fd, dev_t device, ino_t inode)
      : fd_(std::move(fd)), device_(device), inode_(inode) {}

  UniqueFd fd_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// The calling thread, and no other, is in the namespace while this object lives. To be destroyed
// by the thread that made it. Sockets opened meanwhile stay in the namespace.
class ScopedNetns {
 public:
  static Result<ScopedNetns> enter(const NetworkNamespace& target);

  ScopedNetns(const ScopedNetns&) = delete;
  ScopedNetns& operator=(const ScopedNetns&) = delete;
  ScopedNetns(ScopedNetns&& other) noexcept
      : previous_(std::exchange(other.previous_, std::nullopt)) {}
  ScopedNetns& operator=(ScopedNetns&&) = delete;
  ~ScopedNetns();

 private:
  explicit ScopedNetns(std::optional<NetworkNamespace> previous) : previous_(std::move(previous)) {}

  std::optional<NetworkNamespace> previous_;  // nullopt: we were there already
};

// The distinct namespaces that these processes are in. One that has ended meanwhile has none.
Result<std::vector<NetworkNamespace>> network_namespaces_of(const std::vector<pid_t>& pids);

// Every namespace of this host that can be found: of all processes, and those in /run/netns.
std::vector<NetworkNamespace> all_network_namespaces();

}  // namespace cutpoint
