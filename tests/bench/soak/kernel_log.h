// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "controller/util/unique_fd.h"

namespace cutpoint::bench {

// What the kernel says of itself from now on (/dev/kmsg).
class KernelLog {
 public:
  KernelLog();  // throws where it cannot be read

  // Lines since the last look that tell of a fault of the kernel's: warnings, oopses, stalls.
  std::vector<std::string> complaints();

 private:
  UniqueFd log_;
};

}  // namespace cutpoint::bench
