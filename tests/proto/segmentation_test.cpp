// SPDX-License-Identifier: Apache-2.0
// TCP may cut a stream anywhere: the facts are the same however it does. The one exception is
// documented in cut_pg_end_message(): the Sync behind the Execute of a COMMIT counts as part of it
// only if it comes in the same segment.
#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "tests/proto/conversations.h"
#include "tests/proto/wire.h"

namespace cutpoint::test {
namespace {

// Where a turn is split: offsets of the first bytes of its segments but the first, ascending.
using Splits = std::vector<std::size_t>;

struct Starts {
  std::uint32_t upstream = 1000;
  std::uint32_t downstream = 500000;
};

// Facts of the whole conversation; `splits` holds one entry per turn.
Facts facts_of(const Conversation& conversation, const std::vector<Splits>& splits,
               Starts starts = {}) {
  Wire wire(starts.upstream, starts.downstream);
  Facts all;
  for (std::size_t i = 0; i < conversation.turns.size(); ++i) {
    const Turn& turn = conversation.turns[i];
    Splits ends = splits[i];
    ends.push_back(turn.bytes.size());
    std::size_t from = 0;
    for (const std::size_t end : ends) {
      const Facts facts =
          wire.segment(turn.direction, std::string_view(turn.bytes).substr(from, end - from));
      all.insert(all.end(), facts.begin(), facts.end());
      from = end;
    }
  }
  return all;
}

std::vector<Splits> unsplit(const Conversation& conversation) {
  return std::vector<Splits>(conversation.turns.size());
}

std::vector<Splits> byte_by_byte(const Conversation& conversation) {
  std::vector<Splits> splits = unsplit(conversation);
  for (std::size_t i = 0; i < splits.size(); ++i) {
    for (std::size_t at = 1; at < conversation.turns[i].bytes.size(); ++at) splits[i].push_back(at);
  }
  return splits;
}

bool is_commit_by_execute(const Fact& fact) {
  return fact.is(CUT_PG_COMMIT_REQUEST) && fact.is(CUT_PG_EXECUTE);
}

// Sequence numbers of the upstream segments' first bytes.
Splits upstream_borders(const Conversation& conversation, const std::vector<Splits>& splits) {
  Splits borders;
  std::size_t seq = Starts().upstream;
  for (std::size_t i = 0; i < splits.size(); ++i) {
    if (conversation.turns[i].direction != CUT_UPSTREAM) continue;
    for (const std::size_t at : splits[i]) borders.push_back(seq + at);
    seq += conversation.turns[i].bytes.size();
  }
  return borders;
}

// What facts_of(unsplit) become: a commit whose Sync is in another segment ends at its Execute.
Facts expected(Facts whole, const Facts& bytewise, const Splits& borders) {
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const std::uint32_t execute_end = bytewise[i].last;
    const bool separated = std::any_of(borders.begin(), borders.end(), [&](std::size_t border) {
      return execute_end <= border && border < whole[i].last;
    });
    if (is_commit_by_execute(whole[i]) && separated) whole[i].last = execute_end;
  }
  return whole;
}

TEST(Segmentation, one_byte_segments_change_only_where_a_commit_by_execute_ends) {
  for (const Conversation& conversation : conversations()) {
    SCOPED_TRACE(conversation.name);
    const Facts whole = facts_of(conversation, unsplit(conversation));
    Facts bytewise = facts_of(conversation, byte_by_byte(conversation));
    ASSERT_EQ(whole.size(), bytewise.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      if (is_commit_by_execute(whole[i]) && whole[i].last == bytewise[i].last + 5)
        bytewise[i].last += 5;
    }
    EXPECT_EQ(whole, bytewise);
  }
}

TEST(Segmentation, a_commit_by_execute_ends_at_the_sync_of_its_segment) {
  const Conversation conversation = conversations()[1];
  const Facts whole = facts_of(conversation, unsplit(conversation));
  const Facts bytewise = facts_of(conversation, byte_by_byte(conversation));
  ASSERT_EQ(whole.size(), bytewise.size());
  std::vector<std::uint32_t> differences;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (is_commit_by_execute(whole[i])) differences.push_back(whole[i].last - bytewise[i].last);
  }
  // Alone; mid pipeline; AND CHAIN and what follows it; pipelined behind an error.
  EXPECT_EQ(differences, (std::vector<std::uint32_t>{5, 0, 0, 5, 5}));
}

TEST(Segmentation, a_split_at_every_byte_gives_the_same_facts) {
  for (const Conversation& conversation : conversations()) {
    SCOPED_TRACE(conversation.name);
    const Facts whole = facts_of(conversation, unsplit(conversation));
    const Facts bytewise = facts_of(conversation, byte_by_byte(conversation));
    for (std::size_t turn = 0; turn < conversation.turns.size(); ++turn) {
      for (std::size_t at = 1; at < conversation.turns[turn].bytes.size(); ++at) {
        std::vector<Splits> splits = unsplit(conversation);
        splits[turn] = {at};
        ASSERT_EQ(facts_of(conversation, splits),
                  expected(whole, bytewise, upstream_borders(conversation, splits)))
            << "turn " << turn << " split at " << at;
      }
    }
  }
}

TEST(Segmentation, random_splits_give_the_same_facts) {
  std::mt19937 random(20240607);
  for (const Conversation& conversation : conversations()) {
    SCOPED_TRACE(conversation.name);
    const Facts whole = facts_of(conversation, unsplit(conversation));
    const Facts bytewise = facts_of(conversation, byte_by_byte(conversation));
    for (int round = 0; round < 300; ++round) {
      std::vector<Splits> splits = unsplit(conversation);
      const unsigned denominator = 2 + random() % 60;
      for (std::size_t turn = 0; turn < splits.size(); ++turn) {
        for (std::size_t at = 1; at < conversation.turns[turn].bytes.size(); ++at) {
          if (random() % denominator == 0) splits[turn].push_back(at);
        }
      }
      ASSERT_EQ(facts_of(conversation, splits),
                expected(whole, bytewise, upstream_borders(conversation, splits)))
          << "round " << round;
    }
  }
}

TEST(Segmentation, sequence_numbers_may_wrap_around_anywhere) {
  const Conversation conversation = conversations()[1];
  const Facts plain = facts_of(conversation, unsplit(conversation));
  for (std::uint32_t before = 0; before < 1200; before += 7) {
    const Starts starts = {0U - before, 0U - before / 2};
    Facts wrapped = facts_of(conversation, unsplit(conversation), starts);
    for (Fact& fact : wrapped) {
      const bool up = fact.direction == CUT_UPSTREAM;
      const std::uint32_t moved =
          up ? Starts().upstream - starts.upstream : Starts().downstream - starts.downstream;
      fact = fact.at(fact.first + moved, fact.last + moved);
    }
    ASSERT_EQ(plain, wrapped) << before << " bytes before the wrap";
  }
}

TEST(Segmentation, every_conversation_is_understood_to_its_end) {
  for (const Conversation& conversation : conversations()) {
    if (conversation.name == "tls") continue;
    Wire wire;
    for (const Turn& turn : conversation.turns) wire.segment(turn.direction, turn.bytes);
    EXPECT_EQ(wire.sync(CUT_UPSTREAM), Sync::on) << conversation.name;
    EXPECT_EQ(wire.sync(CUT_DOWNSTREAM), Sync::on) << conversation.name;
    EXPECT_EQ(wire.parser().requests, wire.parser().replies) << conversation.name;
  }
}

}  // namespace
}  // namespace cutpoint::test
