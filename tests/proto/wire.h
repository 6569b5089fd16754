// SPDX-License-Identifier: Apache-2.0
// Drives the parser over the segments of one connection as bpf/prog/walk.h does: chunks of at most
// CUT_CHUNK bytes, bytes of no interest passed over across segments, a flush at a segment's end.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "tests/proto/fact.h"

namespace cutpoint::test {

enum class Sync {
  on,
  encrypted,  // the flow switched to TLS or GSSAPI
  excluded,   // a connection of a kind that is not covered
  lost,       // the bytes are not of this protocol
  stuck,      // the parser made no progress: never right
};

class Wire {
 public:
  // Sequence numbers of the first payload byte of each direction.
  explicit Wire(std::uint32_t upstream = 1000, std::uint32_t downstream = 500000);

  // The next segment of one direction. Nothing once the direction is out of sync.
  Facts segment(cut_direction direction, std::string_view payload);
  // The same, with its facts behind those that were found before.
  void segment(cut_direction direction, std::string_view payload, Facts& found);
  // The connection was open before, and rests in this status. False: no such status.
  bool join(std::uint8_t status) { return cut_postgres_join(&parser_, status); }

  [[nodiscard]] Sync sync(cut_direction direction) const { return lines_[direction].sync; }
  // Sequence number of the first byte that was not seen yet.
  [[nodiscard]] std::uint32_t next(cut_direction direction) const { return lines_[direction].next; }
  // How many bytes from there on the parser does not want.
  [[nodiscard]] std::uint32_t skip(cut_direction direction) const { return lines_[direction].skip; }
  [[nodiscard]] const cut_postgres& parser() const { return parser_; }
  // Of the parser, in all segments so far.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  struct Line {
    std::uint32_t next = 0;
    std::uint32_t skip = 0;  // bytes from `next` on that the parser does not want
    Sync sync = Sync::on;
  };

  cut_postgres parser_{};
  std::uint64_t steps_ = 0;
  std::array<Line, CUT_DIRECTIONS> lines_;
  // As in the kernel: what earlier segments left there is never cleared.
  cut_bytes chunk_{};
  cut_facts facts_{};
};

}  // namespace cutpoint::test
