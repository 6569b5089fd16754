// SPDX-License-Identifier: Apache-2.0
// Of which connections a trace is asked for: --peer.
#pragma once

#include <string>
#include <vector>

#include "bpf/abi/peer.h"
#include "controller/util/result.h"

namespace cutpoint {

// HOST, HOST:PORT or :PORT, each as cut_peer: HOST is an address, one with a prefix length
// ("10.0.0.0/8", "[fd00::]/8"), or a name, of which there may be several addresses. IPv6 is in
// brackets where a port follows. Errors (2): none of these, or more than CUT_MAX_PEERS; (3): there
// is no such host.
Result<std::vector<cut_peer>> parse_peers(const std::vector<std::string>& texts);

}  // namespace cutpoint
