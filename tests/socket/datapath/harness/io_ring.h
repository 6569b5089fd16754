// SPDX-License-Identifier: Apache-2.0
// io_uring by its system calls (io_uring(7)): one request at a time, so no barrier is needed but
// those of io_uring_enter(2) itself.
#pragma once

#include <linux/io_uring.h>
#include <memory>
#include <string_view>
#include <sys/types.h>

#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint::datapath {

struct MappingCloser {
  std::size_t size = 0;
  void operator()(void* memory) const;
};
using Mapping = std::unique_ptr<void, MappingCloser>;

class IoRing {
 public:
  // Error: why this kernel gives none.
  static Result<IoRing> open();

  // IORING_OP_SEND, and its completion. Returns what send(2) would; sets errno.
  ssize_t send(int socket, std::string_view bytes);

 private:
  IoRing() = default;
  [[nodiscard]] Mapping map(std::size_t size, off_t what) const;

  UniqueFd fd_;
  io_uring_params params_{};
  Mapping submissions_;
  Mapping completions_;
  Mapping entries_;
};

}  // namespace cutpoint::datapath
