// SPDX-License-Identifier: Apache-2.0
// The segments around each cut, as the kernel's programs recorded them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/abi/capture.h"

namespace cutpoint {

struct CapturedSegment {
  cut_capture head{};
  std::string bytes;  // from the network header on
};

class Captures {
 public:
  // In the order in which the kernel tells of them. Those from before a cut are kept once there is
  // one, the last few of each flow.
  void see(const cut_capture& head, std::string_view bytes);

  // By time.
  [[nodiscard]] std::vector<CapturedSegment> segments() const;
  [[nodiscard]] std::size_t size() const { return kept_.size(); }

 private:
  void keep_before(std::uint64_t flow);
  void remember(CapturedSegment segment);

  std::vector<CapturedSegment> kept_;
  std::map<std::uint64_t, std::deque<CapturedSegment>> before_;  // per flow, its newest ones
};

}  // namespace cutpoint
