// SPDX-License-Identifier: Apache-2.0
// Random bytes with a fixed seed: never a crash (run with sanitizers), never a step that does not
// get on, never a COMMIT out of bytes that hold none.
#include <gtest/gtest.h>
#include <random>

#include "tests/proto/conversations.h"
#include "tests/proto/session.h"

namespace cutpoint::test {
namespace {

using Random = std::mt19937;

// True with a probability of one in `n`.
bool one_in(Random& random, unsigned n) {
  return random() % n == 0;
}

std::string noise(Random& random, std::size_t longest) {
  std::string bytes(random() % (longest + 1), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Neither COMMIT nor END can be spelled without an M or an N.
std::string harmless(std::string bytes) {
  for (char& byte : bytes) {
    if (byte == 'm' || byte == 'M' || byte == 'n' || byte == 'N') byte = ';';
  }
  return bytes;
}

void expect_sound(const Fact& fact) {
  EXPECT_NE(fact.moments, 0U);
  EXPECT_LT(fact.last - fact.first, 1U << 31) << fact;
  for (int moment = 0; moment < CUT_PG_MOMENTS; ++moment) {
    if (fact.is(static_cast<cut_postgres_moment>(moment))) {
      EXPECT_EQ(direction_of(static_cast<cut_postgres_moment>(moment)), fact.direction) << fact;
    }
  }
}

void expect_no_commit(const Facts& facts) {
  for (const Fact& fact : facts) expect_sound(fact);
  EXPECT_EQ(moments_of(facts) & bit(CUT_PG_COMMIT_REQUEST), 0U);
}

TEST(Noise, a_connection_that_starts_with_noise_holds_no_commit) {
  Random random(1);
  int lost = 0;
  for (int stream = 0; stream < 100000; ++stream) {
    Session session;
    expect_no_commit(session.sends(noise(random, 48)));
    for (const Fact& fact : session.answers(noise(random, 48))) expect_sound(fact);
    ASSERT_NE(session.client_sync(), Sync::stuck) << "stream " << stream;
    ASSERT_NE(session.server_sync(), Sync::stuck) << "stream " << stream;
    if (session.client_sync() == Sync::lost) ++lost;
  }
  // The others are shorter than a header, or have a plausible length.
  EXPECT_GT(lost, 85000);
}

TEST(Noise, a_session_that_turns_into_noise_holds_no_commit) {
  Random random(2);
  int lost = 0;
  for (int stream = 0; stream < 100000; ++stream) {
    Wire wire;
    for (const Turn& turn : {Turn{CUT_UPSTREAM, client::startup() + client::query("begin")},
                             Turn{CUT_DOWNSTREAM, server::ready('I') + server::ready('T')}})
      wire.segment(turn.direction, turn.bytes);
    expect_no_commit(wire.segment(CUT_UPSTREAM, noise(random, 48)));
    for (const Fact& fact : wire.segment(CUT_DOWNSTREAM, noise(random, 48))) expect_sound(fact);
    ASSERT_NE(wire.sync(CUT_UPSTREAM), Sync::stuck) << "stream " << stream;
    ASSERT_NE(wire.sync(CUT_DOWNSTREAM), Sync::stuck) << "stream " << stream;
    if (wire.sync(CUT_UPSTREAM) == Sync::lost) ++lost;
  }
  EXPECT_GT(lost, 85000);
}

// Noise with sound framing gets past the headers, into every field.
TEST(Noise, messages_with_random_bodies_hold_no_commit) {
  Random random(3);
  constexpr std::string_view up = "BCDEFHPQSXcdfp";
  constexpr std::string_view down = "123ACDEGHIKNRSTVWZcdnstv";
  for (int stream = 0; stream < 20000; ++stream) {
    Session session = in_transaction();
    for (int turn = 0; turn < 4; ++turn) {
      std::string sent;
      std::string answered;
      for (int i = 0; i < 4; ++i) {
        std::string body = harmless(noise(random, 40));
        if (one_in(random, 2)) body += '\0';
        sent += typed(up[random() % up.size()], body + std::string(2, '\0'));
        answered += typed(down[random() % down.size()], noise(random, 40) + std::string(2, '\0'));
      }
      expect_no_commit(session.sends(sent));
      for (const Fact& fact : session.answers(answered)) expect_sound(fact);
    }
    ASSERT_NE(session.client_sync(), Sync::stuck) << "stream " << stream;
    ASSERT_NE(session.server_sync(), Sync::stuck) << "stream " << stream;
  }
}

// Real conversations with a few bytes changed, lost or doubled, in random segments.
TEST(Noise, damaged_conversations_are_survived) {
  Random random(4);
  const std::vector<Conversation> originals = conversations();
  for (int stream = 0; stream < 5000; ++stream) {
    Wire wire;
    for (const Turn& turn : originals[random() % originals.size()].turns) {
      std::string bytes = turn.bytes;
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (!one_in(random, 300)) continue;
        if (one_in(random, 3))
          bytes.erase(i, 1 + random() % 4);
        else if (one_in(random, 2))
          bytes.insert(i, 1, bytes[i]);
        else
          bytes[i] = static_cast<char>(random());
      }
      for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t size = 1 + random() % 300;
        for (const Fact& fact : wire.segment(turn.direction, bytes.substr(at, size)))
          expect_sound(fact);
        at += size;
      }
      ASSERT_NE(wire.sync(turn.direction), Sync::stuck) << "stream " << stream;
    }
  }
}

}  // namespace
}  // namespace cutpoint::test
