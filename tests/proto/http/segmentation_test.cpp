// SPDX-License-Identifier: Apache-2.0
// TCP may cut a stream anywhere: the facts and what is remembered are the same however it does.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <random>

#include "tests/proto/http/http.h"
#include "tests/proto/records.h"

namespace cutpoint::test::http {
namespace {

using Random = std::mt19937;

std::string record(cut_direction direction, std::string_view bytes) {
  return static_cast<char>(bytes.size() | (direction == CUT_DOWNSTREAM ? 0x80U : 0U)) +
         std::string(bytes);
}

// The same turns in records of a random size.
std::string cut_again(std::string_view records, Random& random, unsigned longest) {
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

std::vector<Conversation> captured() {
  std::vector<Conversation> all;
  for (const auto& entry : std::filesystem::directory_iterator(CUTPOINT_HTTP_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    all.push_back({entry.path().filename(), {std::istreambuf_iterator<char>(file), {}}});
  }
  return all;
}

// violation() reads each of them as given, turn by turn and byte by byte.
TEST(HttpSegmentation, changes_nothing) {
  for (const Conversation& conversation : conversations()) {
    EXPECT_EQ(violation(conversation.records), "") << conversation.name;
    Random random(1);
    for (unsigned round = 0; round < 300; ++round) {
      ASSERT_EQ(violation(cut_again(conversation.records, random, 1 + round % 127)), "")
          << conversation.name << ", round " << round;
    }
  }
}

TEST(HttpSegmentation, changes_nothing_in_what_real_clients_and_servers_say) {
  const std::vector<Conversation> all = captured();
  EXPECT_GT(all.size(), 0U);
  for (const Conversation& conversation : all) {
    EXPECT_EQ(violation(conversation.records), "") << conversation.name;
    Random random(1);
    for (unsigned round = 0; round < 20; ++round)
      ASSERT_EQ(violation(cut_again(conversation.records, random, 127)), "") << conversation.name;
  }
}

// To their end, with as many answers as requests.
TEST(HttpSegmentation, loses_nothing_of_what_real_clients_and_servers_say) {
  for (const Conversation& conversation : captured()) {
    if (conversation.name.starts_with("fuzzed-") || conversation.name.starts_with("made-"))
      continue;
    Wire wire;
    Facts facts;
    std::string_view records = conversation.records;
    for (RecordedTurn turn; take_turn(records, turn);)
      wire.segment(turn.direction, turn.bytes, facts);
    EXPECT_EQ(wire.sync(CUT_UPSTREAM), Sync::on) << conversation.name;
    EXPECT_EQ(wire.sync(CUT_DOWNSTREAM), Sync::on) << conversation.name;
    std::size_t asked = 0;
    std::size_t answered = 0;
    for (const Fact& fact : facts) {
      asked += fact.is(CUT_HTTP_REQUEST_END) ? 1 : 0;
      answered += fact.is(CUT_HTTP_RESPONSE_HEAD) ? 1 : 0;
    }
    EXPECT_GT(asked, 0U) << conversation.name;
    EXPECT_EQ(asked, answered) << conversation.name;
  }
}

TEST(HttpNoise, is_survived) {
  Random random(2);
  for (int stream = 0; stream < 50000; ++stream) {
    std::string records;
    for (int i = 0; i < 4; ++i) {
      std::string bytes(random() % 40, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      records += record(random() % 2 == 0 ? CUT_UPSTREAM : CUT_DOWNSTREAM, bytes);
    }
    ASSERT_EQ(violation(records), "") << "stream " << stream;
  }
}

// Real connections and made-up ones with a few bytes changed, lost or doubled.
TEST(HttpNoise, in_a_conversation_is_survived) {
  Random random(3);
  std::vector<Conversation> all = conversations();
  for (int stream = 0; stream < 5000; ++stream) {
    std::string records = all[random() % all.size()].records;
    for (int i = 0; i < 3; ++i) {
      const std::size_t at = random() % records.size();
      if (random() % 3 == 0)
        records.erase(at, 1 + random() % 4);
      else if (random() % 2 == 0)
        records.insert(at, 1, records[at]);
      else
        records[at] = static_cast<char>(random());
      if (records.empty()) break;
    }
    ASSERT_EQ(violation(records), "") << "stream " << stream;
  }
}

}  // namespace
}  // namespace cutpoint::test::http
