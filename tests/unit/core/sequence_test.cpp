// SPDX-License-Identifier: Apache-2.0
// TCP sequence numbers are compared modulo 2^32 (RFC 9293, 3.4).
#include <gtest/gtest.h>

#include "bpf/core/language.h"

namespace cutpoint::test {
namespace {

TEST(Sequence, a_number_is_before_those_in_the_half_circle_ahead_of_it) {
  for (const __u32 at : {0U, 1U, 1000U, 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU}) {
    SCOPED_TRACE(at);
    EXPECT_FALSE(cut_seq_before(at, at));
    for (const __u32 ahead : {1U, 2U, 1460U, 0x10000U, 0x7fffffffU}) {
      EXPECT_TRUE(cut_seq_before(at, at + ahead)) << ahead;
      EXPECT_FALSE(cut_seq_before(at + ahead, at)) << ahead;
    }
  }
}

TEST(Sequence, zero_comes_after_the_largest_number) {
  EXPECT_TRUE(cut_seq_before(0xffffffff, 0));
  EXPECT_FALSE(cut_seq_before(0, 0xffffffff));
  EXPECT_TRUE(cut_seq_before(0xfffffff0, 0x10));
}

// No window is that wide: which of the two comes first has no answer.
TEST(Sequence, opposite_numbers_are_before_each_other) {
  EXPECT_TRUE(cut_seq_before(0, 0x80000000));
  EXPECT_TRUE(cut_seq_before(0x80000000, 0));
}

TEST(Sequence, the_later_of_two) {
  EXPECT_EQ(cut_seq_max(1, 2), 2U);
  EXPECT_EQ(cut_seq_max(2, 1), 2U);
  EXPECT_EQ(cut_seq_max(7, 7), 7U);
  EXPECT_EQ(cut_seq_max(0xfffffff0, 5), 5U);
  EXPECT_EQ(cut_seq_max(5, 0xfffffff0), 5U);
}

}  // namespace
}  // namespace cutpoint::test
