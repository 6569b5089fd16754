// SPDX-License-Identifier: Apache-2.0
// scripts/demo: what it refuses before it installs, builds or starts anything.
#include <filesystem>

#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

class DemoTest : public ScenarioTest, public testing::WithParamInterface<Words> {};

TEST_P(DemoTest, refuses_bad_arguments) {
  const auto ended = start_words(Words{CUTPOINT_SOURCE_DIR "/scripts/demo"} + GetParam()).wait();
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_EQ(ended.err, "usage: sudo scripts/demo [--out DIR] [--set KEY=VALUE]… [SCENARIO.yaml]\n");
  EXPECT_EQ(ended.out, "");
}

INSTANTIATE_TEST_SUITE_P(each, DemoTest,
                         testing::Values(Words{"--bogus"}, Words{"-x"}, Words{"--out"},
                                         Words{"--set"}, Words{"--set", "a=b", "--out"},
                                         Words{"one.yaml", "two.yaml"}));

TEST_F(DemoTest, needs_root) {
  // Where nobody may read it.
  std::filesystem::create_directory(path("scripts"));
  std::filesystem::copy_file(CUTPOINT_SOURCE_DIR "/scripts/demo", path("scripts/demo"));
  Program::Options options;
  options.user = find_account("nobody").value();
  const auto ended = start_words({"bash", path("scripts/demo")}, options).wait();
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(ended.err,
            "demo: needs root, to install packages and to load BPF programs: sudo scripts/demo\n");
}

}  // namespace
}  // namespace cutpoint
