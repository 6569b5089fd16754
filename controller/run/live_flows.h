// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "controller/run/services.h"

namespace cutpoint {

// The established connections of these processes to the services, "pid 17: 127.0.0.1:4 -> …", from
// /proc. They were open before arming.
std::vector<std::string> live_flows(const std::vector<pid_t>& pids,
                                    const std::vector<ServiceHandle>& services);

}  // namespace cutpoint
