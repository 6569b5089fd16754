// SPDX-License-Identifier: Apache-2.0
// A pair of network devices that are each other's wire: veth(4).
#pragma once

#include <string>
#include <utility>

#include "controller/util/netns.h"
#include "controller/util/result.h"

namespace cutpoint {

struct VethNames {
  std::string near;
  std::string far;
};

// Both ends are up, take packets of up to 64 KiB and have no address. What is sent through the near
// end leaves the kernel's segmentation (GSO) behind: it arrives at the far end in single segments.
// Removed with this object; not if the process is killed.
class VethPair {
 public:
  // Error: the kernel has no veth, or a device of that name is there.
  static Result<VethPair> create(const NetworkNamespace& netns, const VethNames& names);

  VethPair(VethPair&& other) noexcept
      : netns_(other.netns_),
        names_(std::exchange(other.names_, {})),
        near_(other.near_),
        far_(other.far_) {}
  VethPair& operator=(VethPair&&) = delete;
  ~VethPair();  // NOLINT(bugprone-exception-escape): without memory the program ends

  [[nodiscard]] int near() const { return near_; }  // interface index
  [[nodiscard]] int far() const { return far_; }
  Status remove();

 private:
  VethPair(const NetworkNamespace& netns, VethNames names)
      : netns_(&netns), names_(std::move(names)) {}
  Status look_up();

  const NetworkNamespace* netns_;
  VethNames names_;  // empty: removed
  int near_ = 0;
  int far_ = 0;
};

}  // namespace cutpoint
