// SPDX-License-Identifier: Apache-2.0
// Many cuts of one kind, each counted by the kernel of the end that must not receive more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bpf/abi/postgres.h"
#include "bpf/abi/rule.h"

namespace cutpoint::bench {

struct WireCase {
  const char* name;
  cut_postgres_moment moment;
  cut_position position;
  std::uint32_t byte;
  cut_heal heal;
};

struct WireRow {
  std::string name;
  std::size_t trials = 0;
  std::size_t exact = 0;           // bytes received while cut = offset of the cut
  std::uint64_t leaked_bytes = 0;  // received past the cut before the heal, or, with reset, ever
  std::size_t healed = 0;  // release: the rest arrived, once, in order; reset: both ends were reset
  std::string damage;      // counters that make a run inconclusive

  [[nodiscard]] bool perfect() const {
    return exact == trials && healed == trials && leaked_bytes == 0 && damage.empty();
  }
};

// Throws where the host does not let it.
WireRow measure_wire(const WireCase& kind, std::size_t trials);

}  // namespace cutpoint::bench
