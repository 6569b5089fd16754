// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "bpf/abi/endpoint.h"

namespace cutpoint {

// The connection that cutpoint was started over, from $SSH_CONNECTION ("client port server port",
// ssh(1)), seen from this host. nullopt: not of that form.
std::optional<cut_tuple> spared_by(std::string_view ssh_connection);

}  // namespace cutpoint
