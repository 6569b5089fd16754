// SPDX-License-Identifier: Apache-2.0
// What the program does with a stdout that is full, or a terminal: as it is built.
#include <filesystem>
#include <gtest/gtest.h>

#include "controller/util/file.h"
#include "tests/scenarios/program.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

Program::Ended shell(const std::string& command, const Program::Options& options = {}) {
  return Program::run({"sh", "-c", command}, options);
}

// What is run for what it prints. More than stdio holds back: the first write fails before the end.
void expect_told(const std::string& redirection, const std::string& why) {
  for (const char* command :
       {"man", "completion bash", "completion zsh", "completion fish", "schema report"}) {
    const auto ended = shell(std::string(CUTPOINT_TEST_BINARY " ") + command + redirection);
    EXPECT_EQ(ended.code, 2) << command;
    EXPECT_EQ(ended.err, "cutpoint: cannot write to stdout: " + why +
                             "\n"
                             "  → make room, or send it elsewhere\n")
        << command;
  }
}

TEST(Stdout, full_one_is_told_of) {
  expect_told(" > /dev/full", "No space left on device");
}

TEST(Stdout, closed_one_is_told_of) {
  expect_told(" >&-", "Bad file descriptor");
}

// No code of its own, and no exception of what would print.
TEST(Stderr, closed_or_full_one_changes_no_exit_code) {
  for (const char* to : {"2>&-", "2>/dev/full"}) {
    EXPECT_EQ(shell(std::string(CUTPOINT_TEST_BINARY " report /no/run ") + to).code, 2) << to;
    EXPECT_EQ(shell(std::string(CUTPOINT_TEST_BINARY " run /no/scenario ") + to).code, 2) << to;
  }
}

class Terminal : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/cutpoint-stdout-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    ASSERT_TRUE(write_file_atomically(directory_ + "/report.json", testing::full_report().dump()));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // script(1) gives it a terminal.
  [[nodiscard]] bool is_coloured(const std::string& kind, const std::string& no_color) const {
    Program::Options options;
    options.environment = {{"TERM", kind}, {"NO_COLOR", no_color}};
    const auto ended = shell(
        "script -qec '" CUTPOINT_TEST_BINARY " report " + directory_ + " -q' /dev/null", options);
    EXPECT_NE(ended.out.find("split-brain"), std::string::npos) << ended.out << ended.err;
    return ended.out.find("\033[") != std::string::npos;
  }

  std::string directory_;
};

TEST_F(Terminal, is_coloured_but_where_it_is_dumb_or_nobody_wants_it) {
  EXPECT_TRUE(is_coloured("xterm", ""));
  EXPECT_FALSE(is_coloured("xterm", "1"));
  EXPECT_FALSE(is_coloured("dumb", ""));
}

}  // namespace
}  // namespace cutpoint
