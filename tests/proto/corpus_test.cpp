// SPDX-License-Identifier: Apache-2.0
// What real clients and PostgreSQL said to each other, and what the fuzzer once found: the
// invariants that it checks hold for all of it.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "tests/proto/invariants.h"

namespace cutpoint::test {
namespace {

TEST(Corpus, keeps_every_invariant) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CUTPOINT_CORPUS)) {
    SCOPED_TRACE(entry.path().filename());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string records(std::istreambuf_iterator<char>(file), {});
    EXPECT_FALSE(records.empty());
    EXPECT_EQ(violation(records), "");
    ++files;
  }
  EXPECT_GT(files, 0U);
}

}  // namespace
}  // namespace cutpoint::test
