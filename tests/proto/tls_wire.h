// SPDX-License-Identifier: Apache-2.0
// Drives the TLS parser over the segments of one connection as bpf/prog/walk.h does.
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/proto/tls.h"

namespace cutpoint::test::tls {

struct Fact {
  cut_direction direction = CUT_UPSTREAM;
  std::uint64_t moments = 0;
  std::uint32_t first = 0;  // offset in the direction's stream
  std::uint32_t last = 0;
  std::array<std::uint32_t, CUT_MAX_ATTRIBUTES> attributes{};
  std::uint8_t body = 0;
  std::string head;    // of application data: the first bytes of the record's body
  std::string random;  // of a ClientHello
  std::string name;    // likewise: its server name

  bool operator==(const Fact&) const = default;
  [[nodiscard]] bool is(cut_tls_moment moment) const { return (moments >> moment & 1) != 0; }
};

using Facts = std::vector<Fact>;

// "client_hello up [0, 250) 0304 example.test"
std::ostream& operator<<(std::ostream& out, const Fact& fact);

// "client_hello server_hello established.up app_data.up": every moment in its order; `protected`
// for a record of the handshake.
std::string moments_of(const Facts& facts);

enum class Sync { on, lost, stuck };

class Wire {
 public:
  Wire();
  // The next segment of one direction. Its facts go behind those that were found before.
  void segment(cut_direction direction, std::string_view payload, Facts& found);
  Facts segment(cut_direction direction, std::string_view payload);

  [[nodiscard]] Sync sync(cut_direction direction) const { return lines_[direction].sync; }
  [[nodiscard]] const cut_tls& parser() const { return parser_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  // Nothing is left to skip, and the parser's state is byte for byte that of the other.
  [[nodiscard]] bool remembers_the_same(const Wire& other) const;

 private:
  struct Line {
    std::uint32_t next = 0;  // sequence number
    std::uint32_t skip = 0;  // bytes from there on that the parser does not want
    Sync sync = Sync::on;
  };
  Sync walk(cut_direction direction, std::string_view left, Facts& found);
  Fact told(cut_direction direction) const;

  cut_tls parser_;
  std::array<Line, CUT_DIRECTIONS> lines_;
  cut_bytes chunk_;
  cut_facts facts_;
  std::uint64_t steps_ = 0;
};

}  // namespace cutpoint::test::tls
