// SPDX-License-Identifier: Apache-2.0
// What the segments stand for that are counted as a whole, by enum cut_glanced.
#pragma once

#include <array>
#include <cstdint>

#include "bpf/abi/glances.h"

namespace cutpoint {

struct GlancedKind {
  std::uint32_t messages = 0;
  std::uint64_t moments = 0;  // set: each is one message's
};

inline constexpr std::array<GlancedKind, CUT_GLANCED_KINDS> glanced_kinds{{{},
#define X(id, messages, moments) {(messages), (moments)},
                                                                           CUT_GLANCES(X)
#undef X
}};

}  // namespace cutpoint
