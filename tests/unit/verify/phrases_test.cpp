// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/phrases.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

TEST(Phrases, ordinals) {
  EXPECT_EQ(ordinal(1), "1st");
  EXPECT_EQ(ordinal(2), "2nd");
  EXPECT_EQ(ordinal(3), "3rd");
  EXPECT_EQ(ordinal(4), "4th");
  EXPECT_EQ(ordinal(11), "11th");
  EXPECT_EQ(ordinal(112), "112th");
  EXPECT_EQ(ordinal(121), "121st");
}

TEST(Phrases, lists) {
  EXPECT_EQ(listed({}), "");
  EXPECT_EQ(listed({"a"}), "a");
  EXPECT_EQ(listed({"a", "b"}), "a and b");
  EXPECT_EQ(listed({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(listed({"a", "b", "c", "d"}, 2), "a, b and 2 more");
}

TEST(Phrases, numbers) {
  EXPECT_EQ(counted(1, "row"), "1 row");
  EXPECT_EQ(counted(0, "row"), "0 rows");
  EXPECT_EQ(occasions(1), "once");
  EXPECT_EQ(occasions(2), "twice");
  EXPECT_EQ(occasions(12), "12 times");
}

TEST(Phrases, what_the_holder_lost) {
  EXPECT_EQ(lost_text({}), "");
  EXPECT_EQ(lost_text({.taken = 9, .sent = 9}), "");
  EXPECT_EQ(lost_text({.taken = 9, .sent = 8, .lost = 1}),
            "1 segment of those to be held was lost, for want of room or of a way to send it on: "
            "the sender's TCP sends it again, at a time of its own choice, not when the fault is "
            "over");
  EXPECT_EQ(lost_text({.taken = 9, .sent = 8, .lost = 1, .dropped = 2}),
            "3 segments of those to be held were lost, for want of room or of a way to send them "
            "on: the sender's TCP sends them again, at a time of its own choice, not when the "
            "fault is over");
}

TEST(Phrases, an_attempt_is_called_by_what_is_known_of_it) {
  Attempt attempt;
  attempt.flow = 9;
  attempt.ordinal = 3;
  EXPECT_EQ(label(attempt), "the 3rd COMMIT of flow 9");
  attempt.pid = 4711;
  EXPECT_EQ(label(attempt), "the 3rd COMMIT of backend 4711");
  attempt.id = "20";
  attempt.attempt = 1;
  EXPECT_EQ(label(attempt), "id 20");
  attempt.op = "order";
  EXPECT_EQ(label(attempt), "order 20");
  attempt.attempt = 2;
  EXPECT_EQ(label(attempt), "order 20 (attempt 2)");
}

}  // namespace
}  // namespace cutpoint
