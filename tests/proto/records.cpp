// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/records.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace cutpoint::test {

namespace {

constexpr std::size_t longest_record = 127;
constexpr unsigned from_the_service = 0x80;

std::string turn(cut_direction direction, std::string_view bytes) {
  std::string records;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, longest_record);
    records += record(direction, piece);
    bytes.remove_prefix(piece.size());
  }
  return records;
}

}  // namespace

bool take_turn(std::string_view& records, RecordedTurn& turn) {
  turn.bytes.clear();
  turn.sizes.clear();
  while (!records.empty()) {
    const auto header = static_cast<unsigned char>(records.front());
    const cut_direction direction =
        (header & from_the_service) != 0 ? CUT_DOWNSTREAM : CUT_UPSTREAM;
    if (!turn.sizes.empty() && direction != turn.direction) break;
    const std::string_view bytes = records.substr(1, header & longest_record);
    records.remove_prefix(1 + bytes.size());
    turn.direction = direction;
    turn.bytes += bytes;
    turn.sizes.push_back(bytes.size());
  }
  return !turn.sizes.empty();
}

std::string record(cut_direction direction, std::string_view bytes) {
  const auto header = bytes.size() | (direction == CUT_DOWNSTREAM ? from_the_service : 0U);
  return static_cast<char>(header) + std::string(bytes);
}

std::string up(std::string_view bytes) {
  return turn(CUT_UPSTREAM, bytes);
}
std::string down(std::string_view bytes) {
  return turn(CUT_DOWNSTREAM, bytes);
}

std::vector<RecordedConnection> recorded_in(const std::string& directory) {
  std::vector<RecordedConnection> all;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    all.push_back({entry.path().filename(), {std::istreambuf_iterator<char>(file), {}}});
  }
  return all;
}

std::string cut_again(std::string_view records, std::mt19937& random, unsigned longest) {
  std::string cut;
  for (RecordedTurn turn; take_turn(records, turn);) {
    for (std::size_t at = 0; at < turn.bytes.size();) {
      const std::string_view piece =
          std::string_view(turn.bytes).substr(at, 1 + random() % longest);
      cut += record(turn.direction, piece);
      at += piece.size();
    }
  }
  return cut;
}

std::string damaged(std::string records, std::mt19937& random) {
  for (int i = 0; i < 3 && !records.empty(); ++i) {
    const std::size_t at = random() % records.size();
    if (random() % 3 == 0)
      records.erase(at, 1 + random() % 4);
    else if (random() % 2 == 0)
      records.insert(at, 1, records[at]);
    else
      records[at] = static_cast<char>(random());
  }
  return records;
}

}  // namespace cutpoint::test
