// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/offload.h"

#include <cstring>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "controller/util/unique_fd.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::datapath {

void compute_checksums_in_software(const NetworkNamespace& netns, const std::string& device) {
  const auto inside = require(ScopedNetns::enter(netns));
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_value off{ETHTOOL_STXCSUM, 0};
  ifreq request{};
  device.copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_data = reinterpret_cast<char*>(&off);
  require(::ioctl(socket.get(), SIOCETHTOOL, &request) == 0, "no checksums in software");
}

}  // namespace cutpoint::datapath
