// SPDX-License-Identifier: Apache-2.0
// How often a way of severing a connection leaves a commit in doubt: the server has committed, and
// the client was not told.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "tests/bench/precision/ways.h"

namespace cutpoint::bench {

struct InDoubtRow {
  std::string way;
  std::chrono::milliseconds work{};  // that the client does between two orders
  std::size_t trials = 0;
  std::size_t hits = 0;     // committed, and not told
  std::size_t went_on = 0;  // the client was not severed
  double commit_us = 0;     // that the client spent in COMMITs of which it was told
  double order_us = 0;      // and in those orders as a whole

  [[nodiscard]] double share() const {
    return static_cast<double>(hits) / static_cast<double>(trials);
  }
  // What chance alone would hit, about: COMMITs take this share of the client's time.
  [[nodiscard]] double window() const { return order_us > 0 ? commit_us / order_us : 0; }
};

// Of a client that places orders, one after the other, with so much other work in between; each
// time severed once. Nobody else is in `netns`: rules of nftables are put there.
InDoubtRow measure_in_doubt(const NamedWay& way, std::chrono::milliseconds work,
                            const PrivatePostgres& postgres, const NetworkNamespace& netns,
                            std::size_t trials);

}  // namespace cutpoint::bench
