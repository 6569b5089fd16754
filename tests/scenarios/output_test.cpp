// SPDX-License-Identifier: Apache-2.0
// Nobody reads what the program writes, or there is no room for it: the fault is healed all the
// same, and the exit code tells the outcome.
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sys/mount.h>

#include "controller/util/file.h"
#include "controller/util/unique_fd.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

struct Redirection {
  const char* name;
  const char* shell;
};

class OutputTest : public ScenarioTest, public testing::WithParamInterface<Redirection> {};

TEST_P(OutputTest, exit_code_is_kept) {
  const auto ended = start_redirected(GetParam().shell, split_brain({})).wait();
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(report()["exit_code"], 1);
  EXPECT_EQ(report()["faults"][0]["fired_count"], 1);
}

INSTANTIATE_TEST_SUITE_P(each, OutputTest,
                         testing::Values(Redirection{"stdout_closed", ">&-"},
                                         Redirection{"stderr_closed", "2>&-"},
                                         Redirection{"stdout_full", ">/dev/full"},
                                         Redirection{"stderr_full", "2>/dev/full"},
                                         Redirection{"all_closed", "<&- >&- 2>&-"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(OutputTest, full_stdout_is_told) {
  const auto ended = start_redirected(">/dev/full", split_brain({}, "1s")).wait();
  EXPECT_NE(ended.err.find("stdout: No space left on device"), std::string::npos) << ended.err;
}

TEST_F(OutputTest, report_that_stdout_does_not_take_has_not_been_made) {
  const auto held =
      cutpoint({"run", CUTPOINT_SOURCE_DIR "/scripts/scenarios/split-brain.yaml", "--out", out(),
                "--set", fault_key + ".do.for=1s", "--set", "workload.patience=200ms", "--set",
                fault_key + ".do.heal=reset", "--set", fault_key + ".at.position=byte:5"});
  ASSERT_EQ(held.code, 0) << held.out << held.err;
  EXPECT_EQ(start_redirected(">/dev/full", {"report", out()}).wait().code, 2);
  const auto twice = cutpoint(
      {"report", out(), "--format", "md:" + path("one"), "--format", "json:" + path("one")});
  EXPECT_EQ(twice.code, 2);
  EXPECT_NE(twice.err.find("two of them would be written to"), std::string::npos) << twice.err;
}

// What these are run for is what they print.
TEST_F(OutputTest, check_and_dry_run_to_a_full_stdout_fail) {
  for (const Words& arguments :
       {Words{"check"}, Words{"schema"}, split_brain({}) + Words{"--dry-run"}}) {
    const auto ended = start_redirected(">/dev/full", arguments).wait();
    EXPECT_EQ(ended.code, 2) << arguments.front();
    EXPECT_EQ(ended.err,
              "cutpoint: cannot write to stdout: No space left on device\n"
              "  → make room, or send it elsewhere\n");
  }
}

// A disk of a few blocks.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    if (::mount("none", path_.c_str(), "tmpfs", 0, "size=64k") != 0) {
      throw std::runtime_error("cannot mount a tmpfs");
    }
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() { ::umount2(path_.c_str(), MNT_DETACH); }

  void fill() const {
    const UniqueFd ballast(
        ::open((path_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    const std::string block(4096, 'x');
    while (::write(ballast.get(), block.data(), block.size()) > 0) {
    }
  }

 private:
  std::string path_;
};

TEST_F(OutputTest, disk_that_fills_up_during_the_cut_keeps_the_outcome) {
  const SmallDisk disk(path("disk"));
  auto arguments = split_brain({});
  for (std::string& word : arguments) {
    if (word == out()) word = path("disk/out");
  }
  Program run = start(arguments);
  ASSERT_NE(run.err_line("fired: partition-at-commit"), "");
  disk.fill();
  const auto ended = run.wait();
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_NE(ended.err.find("healed: partition-at-commit"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("not written: "), std::string::npos) << ended.err;
  EXPECT_NE(ended.out.find("Belief × truth"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("; not written: "), std::string::npos) << ended.out;
}

// Names in a directory that is used again lead nowhere else.
TEST_F(OutputTest, links_in_its_directory_are_replaced) {
  std::filesystem::create_directory(out());
  std::filesystem::permissions(out(), std::filesystem::perms::owner_all);
  write_text(path("victim"), "precious");
  for (const char* name : {"target.stdout", "target.stderr", "history.jsonl", "report.json",
                           "timeline.jsonl", "scenario.yaml"}) {
    std::filesystem::create_symlink(path("victim"), out() + "/" + name);
  }
  EXPECT_EQ(cutpoint(split_brain({}, "1s")).code, 1);
  EXPECT_EQ(*read_file(path("victim")), "precious");
  for (const auto& entry : std::filesystem::directory_iterator(out())) {
    EXPECT_TRUE(entry.is_regular_file() && !entry.is_symlink()) << entry.path();
  }
  EXPECT_EQ(report()["belief_vs_truth"]["committed_unacked"], 1);
}

TEST_F(OutputTest, full_disk_is_refused_before_anything_is_cut) {
  const SmallDisk disk(path("disk"));
  disk.fill();
  auto arguments = split_brain({});
  for (std::string& word : arguments) {
    if (word == out()) word = path("disk/out");
  }
  const auto ended = cutpoint(arguments);
  EXPECT_EQ(ended.code, 2) << ended.out << ended.err;
  EXPECT_EQ(ended.err.find("fired: "), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace cutpoint
