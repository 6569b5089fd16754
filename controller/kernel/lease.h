// SPDX-License-Identifier: Apache-2.0
// The fuse: while this object lives, and its process runs, the programs may act. A thread of its
// own renews it, so that a slow query of the controller does not open a cut.
#pragma once

#include <condition_variable>
#include <linux/types.h>
#include <mutex>
#include <stop_token>
#include <thread>

namespace cutpoint {

class Lease {
 public:
  // `until_ns` is memory shared with the programs: CLOCK_MONOTONIC. It holds on return.
  explicit Lease(__u64& until_ns);
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();  // ends the lease at once

  // It was not renewed in time, and will not be any more.
  [[nodiscard]] bool lapsed() const;

 private:
  void renew();
  void keep(const std::stop_token& stop);

  __u64& until_ns_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace cutpoint
