// SPDX-License-Identifier: Apache-2.0
// Real connections and made-up ones, carried by TCP in every way that it may: nothing is understood
// otherwise. tests/prog asks the same of the loaded programs. A failure prints seed and segments.
#include "tests/proto/delivery.h"

#include <gtest/gtest.h>

namespace cutpoint::test {
namespace {

constexpr std::uint32_t up = 0U - 700;  // wraps within most conversations
constexpr std::uint32_t down = 0U - 900;
constexpr unsigned rounds = 5000;

Account read(const Connection& connection, const Delivery& delivery) {
  return on_host(connection, delivery, up, down);
}

// Returns how many deliveries lost a direction that is not lost as a whole.
unsigned expect_same(Path path) {
  const std::vector<Connection> all = connections();
  unsigned lost = 0;
  for (unsigned seed = 1; seed <= rounds && !testing::Test::HasFailure(); ++seed) {
    Random random(seed);
    const Connection& connection = all[seed % all.size()];
    const Account known = read(connection, whole(connection));
    const Delivery delivery = at_random(connection, random, path);
    const Account account = read(connection, delivery);
    EXPECT_EQ(difference(known, account), "")
        << connection.name << ", seed " << seed << ": " << testing::PrintToString(delivery);
    if (account.lost != known.lost) ++lost;
  }
  return lost;
}

TEST(Delivery, in_random_segments_changes_nothing) {
  EXPECT_EQ(expect_same({}), 0U);
}

TEST(Delivery, with_retransmissions_and_overlaps_changes_nothing) {
  EXPECT_EQ(expect_same({.repeats = true, .reorders = false}), 0U);
}

TEST(Delivery, out_of_order_loses_the_direction_or_changes_nothing) {
  EXPECT_GT(expect_same({.repeats = true, .reorders = true}), 0U);
}

TEST(Delivery, byte_by_byte_changes_nothing) {
  for (const Connection& connection : connections()) {
    SCOPED_TRACE(connection.name);
    const Account known = read(connection, whole(connection));
    EXPECT_EQ(difference(known, read(connection, byte_by_byte(connection))), "");
  }
}

// What real clients and servers say is understood to its end.
TEST(Delivery, loses_nothing_that_was_captured) {
  for (const Connection& connection : connections()) {
    if (connection.name.starts_with("fuzzed-")) continue;
    const Account account = read(connection, whole(connection));
    EXPECT_FALSE(account.any_lost()) << connection.name;
  }
}

}  // namespace
}  // namespace cutpoint::test
