// SPDX-License-Identifier: Apache-2.0
// Filters by text, whatever the protocol.
#include "controller/scenario/filters.h"

#include <gtest/gtest.h>

#include "controller/scenario/diagnostics.h"

namespace cutpoint {
namespace {

const AttributeInfo path{"path", CUT_ATTR_PREFIX, "of the request target", 3, "", {}};

// What the mistake is; empty: none, and `filter` is set.
std::string read(const std::string& value, Filter& filter) {
  const yaml::Source source(yaml::Source::Kind::option, "--at", value, 0);
  yaml::Diagnostics diagnostics;
  const yaml::TreeNode node = yaml::scalar_node(value, {&source, 0, 0});
  const bool good =
      read_filter({&node, "path", &diagnostics}, protocols().front(), path, nullptr, filter);
  EXPECT_EQ(good, diagnostics.empty());
  return diagnostics.empty() ? "" : diagnostics.sorted().front().message;
}

TEST(TextFilter, keeps_the_text_as_it_is_written) {
  Filter filter;
  EXPECT_EQ(read("/v1beta/Models", filter), "");
  EXPECT_EQ(filter.text, "/v1beta/Models");
  EXPECT_TRUE(filter.is_text());
  EXPECT_EQ(filter.abi.attribute, 3);
  EXPECT_EQ(filter.abi.kind, CUT_ATTR_PREFIX);
  EXPECT_EQ(filter.abi.used, 1);
}

TEST(TextFilter, is_as_long_as_what_is_remembered_of_a_text_at_most) {
  Filter filter;
  EXPECT_EQ(read(std::string(CUT_TEXT_BYTES, 'x'), filter), "");
  EXPECT_EQ(read(std::string(CUT_TEXT_BYTES + 1, 'x'), filter),
            "`path` is 64 bytes long; of a text, 63 are compared at most");
}

}  // namespace
}  // namespace cutpoint
