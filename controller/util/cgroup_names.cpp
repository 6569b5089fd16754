// SPDX-License-Identifier: Apache-2.0
#include "controller/util/cgroup_names.h"

#include <array>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace cutpoint {
namespace {

constexpr int kernfs_handle = 0xfe;           // FILEID_KERNFS, include/linux/exportfs.h
constexpr std::size_t most_known = 1U << 16;  // of a host that makes cgroups for years

// Where an open file is; "": it has been removed.
std::string path_of(int fd) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length =
      ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), target.data(), target.size());
  if (length <= 0) return {};
  std::string path(target.data(), static_cast<std::size_t>(length));
  return path.ends_with(" (deleted)") ? std::string() : path;
}

}  // namespace

CgroupNames::CgroupNames(CgroupMount mount)
    : mount_(std::move(mount)),
      root_(::open(mount_.point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  look_around();
}

CgroupWords CgroupNames::words_of(const std::string& directory) const {
  if (!directory.starts_with(mount_.point)) return {};
  CgroupWords words;
  words.path = (mount_.root == "/" ? "" : mount_.root) + directory.substr(mount_.point.size());
  if (words.path.empty()) words.path = "/";
  words.unit = unit_of_cgroup(words.path);
  words.container = container_of_cgroup(words.path);
  return words;
}

// The id is the file handle of kernfs (open_by_handle_at(2)): one system call, however large the
// hierarchy is.
std::string CgroupNames::directory_by_id(std::uint64_t id) const {
  alignas(file_handle) std::array<char, sizeof(file_handle) + sizeof id> room{};
  auto* handle = reinterpret_cast<file_handle*>(room.data());
  handle->handle_bytes = sizeof id;
  handle->handle_type = kernfs_handle;
  std::memcpy(handle->f_handle, &id, sizeof id);
  const UniqueFd directory(
      ::open_by_handle_at(root_.get(), handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory ? path_of(directory.get()) : std::string();
}

void CgroupNames::look_around() {
  for (const std::string& directory : cgroup_tree(mount_.point)) {
    struct stat status {};
    if (::stat(directory.c_str(), &status) == 0) known_[status.st_ino] = words_of(directory);
  }
}

const CgroupWords& CgroupNames::by_id(std::uint64_t id) {
  if (const auto found = known_.find(id); found != known_.end()) return found->second;
  if (known_.size() >= most_known) known_.clear();
  return known_[id] = words_of(directory_by_id(id));
}

CgroupWords CgroupNames::of_process(pid_t pid) const {
  const auto directory = cgroup_of_pid(mount_, pid);
  return directory ? words_of(*directory) : CgroupWords{};
}

}  // namespace cutpoint
