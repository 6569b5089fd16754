// SPDX-License-Identifier: Apache-2.0
// TCP may cut a stream anywhere: the facts and what is remembered are the same however it does.
#include <gtest/gtest.h>
#include <random>

#include "tests/proto/amqp/amqp.h"
#include "tests/proto/amqp/second_reading.h"
#include "tests/proto/records.h"

namespace cutpoint::test::amqp {
namespace {

using Random = std::mt19937;

// `made`: also those that are of conversations() and of the fuzzer.
std::vector<Conversation> corpus(bool made) {
  std::vector<Conversation> all = recorded_in(CUTPOINT_AMQP_CORPUS);
  if (made) return all;
  std::erase_if(all, [](const Conversation& one) {
    return one.name.starts_with("fuzzed-") || one.name.starts_with("made-");
  });
  return all;
}

struct Told {
  Facts facts;
  std::string bytes[CUT_DIRECTIONS];
  Sync sync[CUT_DIRECTIONS];
};

Told read(std::string_view records) {
  Wire wire(0, 0);
  Told told;
  for (RecordedTurn turn; take_turn(records, turn);) {
    wire.segment(turn.direction, turn.bytes, told.facts);
    told.bytes[turn.direction] += turn.bytes;
  }
  for (const cut_direction direction : {CUT_UPSTREAM, CUT_DOWNSTREAM})
    told.sync[direction] = wire.sync(direction);
  return told;
}

// violation() reads each of them as given, turn by turn and byte by byte.
TEST(AmqpSegmentation, changes_nothing) {
  for (const Conversation& conversation : conversations()) {
    EXPECT_EQ(violation(conversation.records), "") << conversation.name;
    Random random(1);
    for (unsigned round = 0; round < 300; ++round) {
      ASSERT_EQ(violation(cut_again(conversation.records, random, 1 + round % 127)), "")
          << conversation.name << ", round " << round;
    }
  }
}

// Each turn in two segments, wherever it is cut.
TEST(AmqpSegmentation, changes_nothing_at_any_byte) {
  for (const Conversation& conversation : conversations()) {
    const Facts whole = read(conversation.records).facts;
    std::size_t longest = 1;
    for (std::size_t split = 0; split < longest; ++split) {
      Wire wire(0, 0);
      Facts facts;
      std::string_view records = conversation.records;
      for (RecordedTurn turn; take_turn(records, turn);) {
        const std::string_view bytes = turn.bytes;
        longest = std::max(longest, bytes.size());
        wire.segment(turn.direction, bytes.substr(0, split), facts);
        if (split < bytes.size()) wire.segment(turn.direction, bytes.substr(split), facts);
      }
      ASSERT_EQ(facts, whole) << conversation.name << " at " << split;
    }
  }
}

TEST(AmqpSegmentation, changes_nothing_in_what_real_clients_and_brokers_say) {
  const std::vector<Conversation> all = corpus(true);
  EXPECT_GT(all.size(), 0U);
  for (const Conversation& conversation : all) {
    EXPECT_EQ(violation(conversation.records), "") << conversation.name;
    Random random(1);
    for (unsigned round = 0; round < 20; ++round)
      ASSERT_EQ(violation(cut_again(conversation.records, random, 127)), "") << conversation.name;
  }
}

// To their end, and all that a reader finds who has the whole of it.
TEST(AmqpSegmentation, loses_nothing_of_what_real_clients_and_brokers_say) {
  for (const Conversation& conversation : corpus(false)) {
    const Told told = read(conversation.records);
    for (const cut_direction direction : {CUT_UPSTREAM, CUT_DOWNSTREAM}) {
      EXPECT_EQ(told.sync[direction], Sync::on) << conversation.name;
      EXPECT_EQ(first_reading(told.facts, direction),
                second_reading(direction, told.bytes[direction]))
          << conversation.name;
    }
  }
}

// What the captures are made for is in them.
TEST(AmqpSegmentation, real_clients_and_brokers_say_every_kind_of_thing) {
  std::uint64_t moments = 0;
  bool ids[2] = {};
  for (const Conversation& conversation : corpus(false)) {
    for (const Fact& fact : read(conversation.records).facts) {
      moments |= fact.moments;
      ids[fact[CUT_AMQP_ATTR_MESSAGE_ID] != 0 ? 1 : 0] |= fact.is(CUT_AMQP_PUBLISH);
    }
  }
  // The lab's broker has room enough.
  const std::uint64_t absent = CUT_AMQP_BIT(BLOCKED) | CUT_AMQP_BIT(UNBLOCKED);
  EXPECT_EQ(moments, ((1ULL << CUT_AMQP_MOMENT_COUNT) - 1) & ~absent);
  EXPECT_TRUE(ids[0] && ids[1]);
}

// Frames of several channels in any order, as a second reader finds them.
TEST(AmqpSegmentation, messages_of_four_channels_interrupt_each_other_in_any_order) {
  Random random(4);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(protocol_header);
    std::vector<std::vector<std::string>> frames(5);
    for (unsigned channel = 1; channel <= 4; ++channel) {
      for (unsigned count = 1 + random() % 3; count > 0; --count) {
        const Message message{.channel = channel,
                              .body = std::string(random() % 40, 'b'),
                              .frame_max = 8 + 1 + random() % 20};
        const std::string all = message.publish();
        for (std::size_t at = 0; at < all.size();) {
          const std::size_t size = 8U + static_cast<unsigned char>(all[at + 6]);
          frames[channel].push_back(all.substr(at, size));
          at += size;
        }
      }
    }
    frames[0].assign(3, heartbeat());
    for (std::size_t left = frames.size(); left > 0;) {
      std::vector<std::string>& next = frames[random() % frames.size()];
      if (next.empty()) continue;
      bytes += next.front();
      next.erase(next.begin());
      if (next.empty()) --left;
    }
    Wire wire(0, 0);
    Facts facts;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::string_view piece = std::string_view(bytes).substr(at, 1 + random() % 60);
      wire.segment(CUT_UPSTREAM, piece, facts);
      at += piece.size();
    }
    ASSERT_EQ(wire.sync(CUT_UPSTREAM), Sync::on);
    ASSERT_EQ(first_reading(facts, CUT_UPSTREAM), second_reading(CUT_UPSTREAM, bytes)) << round;
  }
}

TEST(AmqpNoise, is_survived) {
  Random random(2);
  for (int stream = 0; stream < 50000; ++stream) {
    std::string records = record(CUT_UPSTREAM, protocol_header);
    for (int i = 0; i < 4; ++i) {
      std::string bytes(random() % 40, '\0');
      for (char& byte : bytes)
        byte = static_cast<char>(random() % 3 == 0 ? random() : random() % 4);
      records += record(random() % 2 == 0 ? CUT_UPSTREAM : CUT_DOWNSTREAM, bytes);
    }
    ASSERT_EQ(violation(records), "") << "stream " << stream;
  }
}

// Made-up connections with a few bytes changed, lost or doubled.
TEST(AmqpNoise, in_a_conversation_is_survived) {
  Random random(3);
  const std::vector<Conversation> all = conversations();
  for (int stream = 0; stream < 5000; ++stream) {
    const std::string records = damaged(all[random() % all.size()].records, random);
    ASSERT_EQ(violation(records), "") << "stream " << stream;
  }
}

}  // namespace
}  // namespace cutpoint::test::amqp
