// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/socket_walk.h"

#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <unistd.h>

#include "controller/util/errno_error.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {
namespace {

Status replace_wishes(const bpf_map* joins, const std::map<std::uint64_t, cut_join_wish>& wishes) {
  std::uint64_t inode = 0;
  while (bpf_map__get_next_key(joins, nullptr, &inode, sizeof inode) == 0) {
    if (bpf_map__delete_elem(joins, &inode, sizeof inode, 0) != 0) break;
  }
  for (const auto& [wanted, wish] : wishes) {
    if (bpf_map__update_elem(joins, &wanted, sizeof wanted, &wish, sizeof wish, BPF_ANY) != 0) {
      return errno_error("cannot name the target's open sockets");
    }
  }
  return {};
}

// The iterator goes through the network namespace of the thread that makes it.
Result<UniqueFd> open_iterator(const bpf_link* link, const NetworkNamespace& netns) {
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  const int fd = bpf_iter_create(bpf_link__fd(link));
  if (fd < 0) return errno_error("cannot walk the TCP sockets", -fd);
  return UniqueFd(fd);
}

}  // namespace

Result<std::vector<cut_join_sight>> walk_sockets(
    const bpf_link* iterator, const bpf_map* joins, const NetworkNamespace& netns,
    const std::map<std::uint64_t, cut_join_wish>& wishes) {
  CUTPOINT_TRY(replace_wishes(joins, wishes));
  CUTPOINT_TRY_ASSIGN(fd, open_iterator(iterator, netns));
  std::vector<cut_join_sight> sights;
  std::array<cut_join_sight, 64> buffer{};
  auto* bytes = reinterpret_cast<char*>(buffer.data());
  std::size_t filled = 0;  // bytes; a read may end inside a record
  for (;;) {
    const ssize_t got = ::read(fd.get(), bytes + filled, sizeof buffer - filled);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return errno_error("cannot walk the TCP sockets");
    if (got == 0) return sights;
    filled += static_cast<std::size_t>(got);
    const auto whole = static_cast<std::ptrdiff_t>(filled / sizeof(cut_join_sight));
    sights.insert(sights.end(), buffer.begin(), buffer.begin() + whole);
    const std::size_t rest = filled % sizeof(cut_join_sight);
    std::memmove(bytes, bytes + filled - rest, rest);
    filled = rest;
  }
}

}  // namespace cutpoint
