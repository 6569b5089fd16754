// SPDX-License-Identifier: Apache-2.0
// Which service the programs look for behind an address: the content of bpf/maps/services.h.
#pragma once

#include <cstdint>
#include <vector>

#include "controller/kernel/injector.h"

namespace cutpoint {

struct ServicePlace {
  cut_endpoint endpoint{};
  std::uint32_t value = 0;  // index of the service, or the set of those that a name tells apart
};

// One per address. Names that are told at any host are told at each address of a named service too;
// an address without a name is one service's, whatever name is asked for there.
std::vector<ServicePlace> service_places(const std::vector<InstalledService>& services);

}  // namespace cutpoint
