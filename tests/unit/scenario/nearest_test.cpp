// SPDX-License-Identifier: Apache-2.0
#include "controller/util/nearest.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

TEST(EditDistance, CountsEachKindOfSlip) {
  EXPECT_EQ(edit_distance("commit", "commit"), 0U);
  EXPECT_EQ(edit_distance("comit", "commit"), 1U);
  EXPECT_EQ(edit_distance("commmit", "commit"), 1U);
  EXPECT_EQ(edit_distance("cammit", "commit"), 1U);
  EXPECT_EQ(edit_distance("comimt", "commit"), 1U);
  EXPECT_EQ(edit_distance("COMMIT", "commit"), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(EditDistance, IsSymmetric) {
  EXPECT_EQ(edit_distance("before", "after"), edit_distance("after", "before"));
  EXPECT_EQ(edit_distance("ab", "ba"), edit_distance("ba", "ab"));
}

TEST(NearestName, FindsTheOneThatWasMeant) {
  const std::vector<std::string> moments{"commit.request", "commit.ack", "query"};
  EXPECT_EQ(nearest_name("commit.requst", moments), "commit.request");
  EXPECT_EQ(nearest_name("commit_ack", moments), "commit.ack");
  EXPECT_EQ(nearest_name("qeury", moments), "query");
}

TEST(NearestName, PrefersTheFirstOfEquals) {
  EXPECT_EQ(nearest_name("bat", {"cat", "hat"}), "cat");
}

TEST(NearestName, DoesNotGuessWildly) {
  EXPECT_EQ(nearest_name("xyzzy", {"query", "ready"}), std::nullopt);
  EXPECT_EQ(nearest_name("x", {"s", "m"}), std::nullopt);
  EXPECT_EQ(nearest_name("", {"s"}), std::nullopt);
  EXPECT_EQ(nearest_name("query", {}), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(5000, 'a'), {std::string(5000, 'a')}), std::nullopt);
}

TEST(SuggestName, OffersTheNearestOrAll) {
  EXPECT_EQ(suggest_name("befor", {"before", "after"}), "; did you mean `before`?");
  EXPECT_EQ(suggest_name("xyzzy", {"before", "after"}), "; valid: before, after");
  EXPECT_EQ(suggest_name("xyzzy", {}), "");
}

}  // namespace
}  // namespace cutpoint
