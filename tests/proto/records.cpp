// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/records.h"

namespace cutpoint::test {

bool take_turn(std::string_view& records, RecordedTurn& turn) {
  turn.bytes.clear();
  turn.sizes.clear();
  while (!records.empty()) {
    const auto header = static_cast<unsigned char>(records.front());
    const cut_direction direction = (header & 0x80) != 0 ? CUT_DOWNSTREAM : CUT_UPSTREAM;
    if (!turn.sizes.empty() && direction != turn.direction) break;
    const std::string_view bytes = records.substr(1, header & 0x7f);
    records.remove_prefix(1 + bytes.size());
    turn.direction = direction;
    turn.bytes += bytes;
    turn.sizes.push_back(bytes.size());
  }
  return !turn.sizes.empty();
}

}  // namespace cutpoint::test
