// SPDX-License-Identifier: Apache-2.0
// One walk of iter_join over the TCP sockets of a network namespace.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "bpf/abi/join.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"

struct bpf_link;
struct bpf_map;

namespace cutpoint {

// `wishes`, by the sockets' inodes, replace what is in the map. Returns what the program saw.
Result<std::vector<cut_join_sight>> walk_sockets(
    const bpf_link* iterator, const bpf_map* joins, const NetworkNamespace& netns,
    const std::map<std::uint64_t, cut_join_wish>& wishes);

}  // namespace cutpoint
