// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/io_ring.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::datapath {
namespace {

constexpr unsigned entries = 1;

template <typename T>
T* at(void* memory, std::size_t offset) {
  return reinterpret_cast<T*>(static_cast<std::byte*>(memory) + offset);
}

}  // namespace

void MappingCloser::operator()(void* memory) const {
  ::munmap(memory, size);
}

Mapping IoRing::map(std::size_t size, off_t what) const {
  void* const memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_.get(), what);
  require(memory != MAP_FAILED, "map a part of a ring");
  return {memory, MappingCloser{size}};
}

Result<IoRing> IoRing::open() {
  IoRing ring;
  ring.fd_.reset(static_cast<int>(::syscall(SYS_io_uring_setup, entries, &ring.params_)));
  if (!ring.fd_) {
    return Error{ExitCode::unavailable, std::string("io_uring_setup: ") + std::strerror(errno), ""};
  }
  const io_uring_params& params = ring.params_;
  ring.submissions_ =
      ring.map(params.sq_off.array + params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
  ring.completions_ =
      ring.map(params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
  ring.entries_ = ring.map(params.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES);
  return ring;
}

ssize_t IoRing::send(int socket, std::string_view bytes) {
  auto* const entry = at<io_uring_sqe>(entries_.get(), 0);
  std::memset(entry, 0, sizeof *entry);
  entry->opcode = IORING_OP_SEND;
  entry->fd = socket;
  entry->addr = reinterpret_cast<__u64>(bytes.data());
  entry->len = static_cast<__u32>(bytes.size());
  *at<unsigned>(submissions_.get(), params_.sq_off.array) = 0;
  ++*at<unsigned>(submissions_.get(), params_.sq_off.tail);
  const auto done =
      ::syscall(SYS_io_uring_enter, fd_.get(), 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0);
  if (done != 1) return -1;
  unsigned& head = *at<unsigned>(completions_.get(), params_.cq_off.head);
  const unsigned mask = *at<unsigned>(completions_.get(), params_.cq_off.ring_mask);
  const int result = at<io_uring_cqe>(completions_.get(), params_.cq_off.cqes)[head & mask].res;
  ++head;
  if (result >= 0) return result;
  errno = -result;
  return -1;
}

}  // namespace cutpoint::datapath
