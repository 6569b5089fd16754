// SPDX-License-Identifier: Apache-2.0
#include "controller/util/netns.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <sched.h>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>

#include "controller/util/errno_error.h"
#include "controller/util/file.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71  // Linux 5.14; missing in older headers
#endif

namespace cutpoint {
namespace {

std::string namespace_file(pid_t pid) {
  return "/proc/" + std::to_string(pid) + "/ns/net";
}

bool is_number(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

void add_if_new(std::vector<NetworkNamespace>& namespaces, NetworkNamespace candidate) {
  if (std::find(namespaces.begin(), namespaces.end(), candidate) == namespaces.end()) {
    namespaces.push_back(std::move(candidate));
  }
}

}  // namespace

Result<NetworkNamespace> NetworkNamespace::of_fd(UniqueFd fd) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return errno_error("cannot look at a network namespace");
  return NetworkNamespace(std::move(fd), status.st_dev, status.st_ino);
}

Result<NetworkNamespace> NetworkNamespace::of_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error("cannot open network namespace " + path);
  return of_fd(std::move(fd));
}

Result<NetworkNamespace> NetworkNamespace::current() {
  return of_file("/proc/thread-self/ns/net");
}

Result<NetworkNamespace> NetworkNamespace::create() {
  // In a thread of its own, which it ends with: the caller stays where it is.
  return std::async(std::launch::async,
                    []() -> Result<NetworkNamespace> {
                      if (::unshare(CLONE_NEWNET) != 0)
                        return errno_error("cannot make a network namespace");
                      return current();
                    })
      .get();
}

Result<NetworkNamespace> NetworkNamespace::of_pid(pid_t pid) {
  UniqueFd fd(::open(namespace_file(pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) return of_fd(std::move(fd));
  const int number = errno;
  if (number == ENOENT)
    return Error{ExitCode::unavailable, "there is no process " + std::to_string(pid), {}};
  return errno_error("cannot open the network namespace of process " + std::to_string(pid), number,
                     "run cutpoint as root");
}

Result<std::uint64_t> NetworkNamespace::cookie() const {
  CUTPOINT_TRY_ASSIGN(entered, ScopedNetns::enter(*this));
  (void)entered;
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno_error("cannot open a socket");
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) != 0) {
    return errno_error("cannot read the cookie of a network namespace", errno,
                       "it needs Linux 5.14 or later");
  }
  return cookie;
}

Result<std::vector<Interface>> NetworkNamespace::interfaces() const {
  CUTPOINT_TRY_ASSIGN(entered, ScopedNetns::enter(*this));
  (void)entered;
  return list_interfaces();
}

Result<ScopedNetns> ScopedNetns::enter(const NetworkNamespace& target) {
  CUTPOINT_TRY_ASSIGN(previous, NetworkNamespace::current());
  if (previous == target) return ScopedNetns(std::nullopt);
  if (::setns(target.fd(), CLONE_NEWNET) != 0) {
    return errno_error("cannot enter network namespace " + std::to_string(target.inode()), errno,
                       "run cutpoint as root of the host");
  }
  return ScopedNetns(std::move(previous));
}

ScopedNetns::~ScopedNetns() {
  if (!previous_ || ::setns(previous_->fd(), CLONE_NEWNET) == 0) return;
  // Whatever this thread did next would happen in a network that it does not know it is in.
  std::perror("cutpoint: cannot return to our network namespace");
  std::abort();
}

Result<std::vector<NetworkNamespace>> network_namespaces_of(const std::vector<pid_t>& pids) {
  std::vector<NetworkNamespace> namespaces;
  for (const pid_t pid : pids) {
    auto found = NetworkNamespace::of_pid(pid);
    if (found) {
      add_if_new(namespaces, *std::move(found));
    } else if (std::filesystem::exists(namespace_file(pid))) {
      return std::move(found).error();
    }
  }
  return namespaces;
}

std::vector<NetworkNamespace> all_network_namespaces() {
  std::vector<NetworkNamespace> namespaces;
  std::set<std::pair<dev_t, ino_t>> seen;
  const auto look_at = [&](const std::string& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return;
    if (!seen.emplace(status.st_dev, status.st_ino).second) return;
    auto found = NetworkNamespace::of_file(file);
    if (found) add_if_new(namespaces, *std::move(found));
  };
  look_at("/proc/thread-self/ns/net");
  for (const std::string& process : list_directory("/proc")) {
    if (is_number(std::filesystem::path(process).filename())) look_at(process + "/ns/net");
  }
  for (const std::string& named : list_directory("/run/netns")) look_at(named);
  return namespaces;
}

}  // namespace cutpoint
