// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace cutpoint {

// Is `left` before `right`, of numbers modulo 2^32 that lie less than 2^31 apart (RFC 1982)? TCP's
// sequence numbers, and those of exchanges.
inline bool serial_before(std::uint32_t left, std::uint32_t right) {
  return static_cast<std::int32_t>(left - right) < 0;
}

}  // namespace cutpoint
