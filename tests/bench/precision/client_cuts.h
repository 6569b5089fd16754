// SPDX-License-Identifier: Apache-2.0
// Many COMMITs of a real client to a real PostgreSQL, each cut by the kernel, and each measured by
// the kernel: in the socket of the backend, which nobody of ours has in hand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bpf/abi/rule.h"
#include "controller/util/netns.h"
#include "tests/bench/private_postgres.h"

namespace cutpoint::bench {

// A program that connects and commits in a loop (clients/).
struct Client {
  std::string name;
  std::vector<std::string> command;
};

// Where the cuts are, in turn.
struct Position {
  const char* name;
  cut_position position;
  std::uint32_t byte;
};
inline constexpr std::array positions{Position{"before", CUT_BEFORE, 0},
                                      Position{"byte:5", CUT_BYTE, 5},
                                      Position{"after", CUT_AFTER, 0}};

struct ClientRow {
  std::string client;
  std::size_t trials = 0;
  std::size_t not_fired = 0;  // COMMITs that were acknowledged
  // The backend's socket had received what stands before the cut, and nothing else, until the heal;
  // and the cut was where its rule wanted it.
  std::size_t exact = 0;
  std::uint64_t leaked_bytes = 0;  // received past the cut
  std::size_t reset = 0;           // the backend's socket accepted its RST
  std::size_t truth = 0;           // committed if its whole COMMIT had passed, and only then
  std::array<std::size_t, positions.size()> at{};  // cuts at each of the positions
  std::size_t retransmissions = 0;                 // of both ends, while cut
  double ms_per_trial = 0;
  std::string damage;  // counters that make a run inconclusive

  [[nodiscard]] bool perfect() const {
    return exact == trials && reset == trials && truth == trials && leaked_bytes == 0 &&
           damage.empty();
  }
};

// Throws where the client ends by itself, or the host does not let it.
// `tls`: its connections are encrypted.
ClientRow measure_client(const Client& client, const PrivatePostgres& postgres,
                         const NetworkNamespace& netns, std::size_t trials, bool tls = false);

}  // namespace cutpoint::bench
