// SPDX-License-Identifier: Apache-2.0
// What a service says where it refuses, in the code of its protocol.
#pragma once

#include <cstdint>
#include <string>

#include "bpf/abi/event.h"

namespace cutpoint {

// The moments that may carry one, bit set.
std::uint64_t error_moments(unsigned protocol);

// Of an event of kind MOMENT: the SQLSTATE of an ErrorResponse ("40001"), the status of a response
// from 400 on ("503"), the reply code with which an end closes a channel or a connection of AMQP
// ("406"; 200 is success). Empty: it is no error.
std::string error_code(const cut_event& event, unsigned protocol);

}  // namespace cutpoint
