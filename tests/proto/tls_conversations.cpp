// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/tls_conversations.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace cutpoint::test::tls {

std::string read_conversation(const std::string& name) {
  std::ifstream file(std::filesystem::path(CUTPOINT_TLS_CORPUS) / name, std::ios::binary);
  if (!file) throw std::runtime_error("there is no conversation " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> conversation_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(CUTPOINT_TLS_CORPUS))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

Facts facts_of(const Turns& turns) {
  Wire wire;
  Facts facts;
  for (const RecordedTurn& turn : turns) wire.segment(turn.direction, turn.bytes, facts);
  return facts;
}

}  // namespace cutpoint::test::tls
