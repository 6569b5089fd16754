// SPDX-License-Identifier: Apache-2.0
// TCP may cut a stream anywhere: the facts and what is remembered are the same however it does.
#include <gtest/gtest.h>
#include <random>

#include "tests/proto/http/http.h"
#include "tests/proto/records.h"

namespace cutpoint::test::http {
namespace {

using Random = std::mt19937;

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
  const std::vector<Conversation> all = recorded_in(CUTPOINT_HTTP_CORPUS);
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
  for (const Conversation& conversation : recorded_in(CUTPOINT_HTTP_CORPUS)) {
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
    const std::string records = damaged(all[random() % all.size()].records, random);
    ASSERT_EQ(violation(records), "") << "stream " << stream;
  }
}

}  // namespace
}  // namespace cutpoint::test::http
