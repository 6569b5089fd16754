// SPDX-License-Identifier: Apache-2.0
// What a device does for TCP, and what it leaves to the kernel.
#pragma once

#include <string>

#include "controller/util/netns.h"

namespace cutpoint::datapath {

// The kernel computes the checksums of what the device sends, and whoever receives it looks at them
// (ethtool -K DEVICE tx off).
void compute_checksums_in_software(const NetworkNamespace& netns, const std::string& device);

}  // namespace cutpoint::datapath
