// SPDX-License-Identifier: Apache-2.0
// One direction of a connection, read in a second way: with all of its bytes at hand, frame by
// frame (AMQP 0-9-1, 2.3). For what is well-formed, up to its last frame; else it throws.
#pragma once

#include <string>
#include <string_view>

#include "tests/proto/amqp/amqp.h"

namespace cutpoint::test::amqp {

// What is a moment, line by line: "[FIRST, LAST) WHAT", in numbers of bytes. WHAT is a method
// ("60.40"; of a message, all of its frames), "body" or "heartbeat".
std::string second_reading(cut_direction direction, std::string_view bytes);

// The same of what the parser told. Its sequence numbers began with 0.
std::string first_reading(const Facts& facts, cut_direction direction);

}  // namespace cutpoint::test::amqp
