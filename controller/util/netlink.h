// SPDX-License-Identifier: Apache-2.0
// Answers of the kernel: netlink(7).
#pragma once

#include <functional>
#include <linux/netlink.h>
#include <string>

#include "controller/util/result.h"

namespace cutpoint {

// Reads answers until the last one; `each` sees those that are what was asked for. Returns the
// errno that the kernel answered with, 0 for none. `failure`: what cannot be done where they cannot
// be read.
Result<int> receive_answers(int fd, const std::string& failure,
                            const std::function<void(nlmsghdr*)>& each);

}  // namespace cutpoint
