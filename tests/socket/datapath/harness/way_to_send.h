// SPDX-License-Identifier: Apache-2.0
// The ways in which an application can hand bytes to a TCP socket.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/socket/datapath/harness/stream.h"

namespace cutpoint::datapath {

struct WayToSend {
  const char* name;
  // In two parts, the first of them `first` bytes long, as far as the way knows parts. Returns why
  // this host cannot; throws where it fails.
  std::optional<std::string> (*send)(Stream& stream, std::string_view bytes, std::size_t first);
};

std::vector<WayToSend> ways_to_send();

inline void PrintTo(const WayToSend& way, std::ostream* out) {
  *out << way.name;
}

}  // namespace cutpoint::datapath
