// SPDX-License-Identifier: Apache-2.0
// What of a Child needs no privilege: its surroundings, its end, and why it could not start.
#include "controller/util/child.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>

#include "controller/util/file.h"

namespace cutpoint {
namespace {

// Both ways of starting a process.
class AnyChild : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "cutpoint-child-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    out_ = UniqueFd(::open(path("out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    err_ = UniqueFd(::open(path("err").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  SpawnOptions command(std::vector<std::string> words) const {
    SpawnOptions options;
    options.command = std::move(words);
    options.stdout_fd = out_.get();
    options.stderr_fd = err_.get();
    options.plain_fork = GetParam();
    return options;
  }
  SpawnOptions shell(const std::string& script) const { return command({"/bin/sh", "-c", script}); }

  // Runs it to its end; what it wrote to stdout.
  std::string output_of(const SpawnOptions& options) const {
    auto child = Child::spawn(options);
    EXPECT_TRUE(child) << (child ? "" : child.error().message);
    if (!child) return {};
    auto status = child->wait();
    EXPECT_TRUE(status && status->success()) << *read_file(path("err"));
    return *read_file(path("out"));
  }

  std::string directory_;
  UniqueFd out_;
  UniqueFd err_;
};

TEST_P(AnyChild, WritesWhereItIsTold) {
  EXPECT_EQ(output_of(shell("echo out; echo err >&2")), "out\n");
  EXPECT_EQ(*read_file(path("err")), "err\n");
}

TEST_P(AnyChild, ReadsNothing) {
  EXPECT_EQ(output_of(shell("cat; echo end")), "end\n");
}

TEST_P(AnyChild, WithoutAPlaceToWriteStillRuns) {
  SpawnOptions options = shell("echo lost; echo lost >&2; exit 3");
  options.stdout_fd = -1;
  options.stderr_fd = -1;
  auto child = Child::spawn(options);
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait()->code, 3);
}

TEST_P(AnyChild, MayHaveItsOutputsExchanged) {
  SpawnOptions options = shell("echo out; echo err >&2");
  std::swap(options.stdout_fd, options.stderr_fd);
  EXPECT_EQ(output_of(options), "err\n");
}

TEST_P(AnyChild, InheritsOnlyWhatIsNamed) {
  const UniqueFd leaked(::open("/dev/null", O_RDONLY));  // not close-on-exec
  const UniqueFd wanted(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  SpawnOptions options = shell(
      "for fd in 0 1 2 $LEAKED $WANTED; do"
      " if [ -e /proc/$$/fd/$fd ]; then echo $fd; fi; done");
  options.inherit = {wanted.get()};
  options.environment = {{"LEAKED", std::to_string(leaked.get())},
                         {"WANTED", std::to_string(wanted.get())}};
  EXPECT_EQ(output_of(options), "0\n1\n2\n" + std::to_string(wanted.get()) + "\n");
}

TEST_P(AnyChild, HasTheEnvironmentAdded) {
  ::setenv("CUTPOINT_TEST_KEPT", "kept", 1);
  ::setenv("CUTPOINT_TEST_REPLACED", "old", 1);
  SpawnOptions options = shell("echo $CUTPOINT_TEST_KEPT $CUTPOINT_TEST_REPLACED $ADDED");
  options.environment = {{"CUTPOINT_TEST_REPLACED", "new"}, {"ADDED", "a b"}};
  EXPECT_EQ(output_of(options), "kept new a b\n");
}

TEST_P(AnyChild, HasNothingOfABareEnvironmentButWhatIsAdded) {
  ::setenv("CUTPOINT_TEST_SECRET", "secret", 1);
  SpawnOptions options = command({"/usr/bin/env"});
  options.environment = {{"ADDED", "x"}};
  options.bare_environment = true;
  EXPECT_EQ(output_of(options), "ADDED=x\n");
}

TEST_P(AnyChild, HasASessionOfItsOwn) {
  EXPECT_EQ(output_of(shell("read -r pid name state parent group session rest </proc/$$/stat;"
                            " [ $session = $$ ] && echo leader")),
            "leader\n");
}

TEST_P(AnyChild, HasDefaultSignals) {
  const auto old = std::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t previous;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &previous);
  // grep itself changes none of them.
  const std::string status =
      output_of(command({"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"}));
  ::sigprocmask(SIG_SETMASK, &previous, nullptr);
  (void)std::signal(SIGPIPE, old);
  EXPECT_EQ(status, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_P(AnyChild, RunsInTheDirectoryNamed) {
  SpawnOptions options = shell("pwd -P");
  options.directory = "/usr";
  EXPECT_EQ(output_of(options), "/usr\n");
}

TEST_P(AnyChild, IsFoundInThePathOfItsOwnEnvironment) {
  ASSERT_TRUE(write_file_atomically(path("tool"), "#!/bin/sh\necho mine\n", 0755));
  SpawnOptions options = command({"tool"});
  options.environment = {{"PATH", "/nonexistent:" + directory_}};
  EXPECT_EQ(output_of(options), "mine\n");
}

TEST_P(AnyChild, RunsAnOpenProgram) {
  const UniqueFd program(::open("/bin/echo", O_RDONLY | O_CLOEXEC));
  SpawnOptions options = command({"shown-as", "hello"});
  options.program_fd = program.get();
  EXPECT_EQ(output_of(options), "hello\n");
}

TEST_P(AnyChild, TellsHowItEnded) {
  auto exited = Child::spawn(shell("exit 7"));
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->wait()->describe(), "exit code 7");
  EXPECT_EQ(exited->wait()->code, 7) << "the second answer is the first";

  auto killed = Child::spawn(command({"sleep", "1000"}));
  ASSERT_TRUE(killed);
  const auto running = killed->wait_for(std::chrono::milliseconds(0));
  ASSERT_TRUE(running);
  EXPECT_FALSE(running->has_value());
  ASSERT_TRUE(killed->signal(SIGTERM));
  EXPECT_EQ(killed->wait()->describe(), "killed by signal 15 (Terminated)");
  EXPECT_TRUE(killed->signal(SIGTERM)) << "nothing to do any more";
}

TEST_P(AnyChild, IsKilledAndReapedByDestruction) {
  pid_t pid = 0;
  {
    auto child = Child::spawn(command({"sleep", "1000"}));
    ASSERT_TRUE(child);
    pid = child->pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

struct Refusal {
  std::string program;
  std::string message;
};

TEST_P(AnyChild, ThatCannotRunNamesTheCause) {
  ASSERT_TRUE(write_file_atomically(path("plain"), "text\n", 0644));
  ASSERT_TRUE(write_file_atomically(path("no-format"), "text\n", 0755));
  ASSERT_TRUE(write_file_atomically(path("no-loader"), "#!/no/such/shell -x\n", 0755));
  const std::vector<Refusal> table{
      {"cutpoint-no-such-tool", "not found in PATH"},
      {path("none"), "no such file"},
      {path("plain/x"), "no such file"},
      {path("plain"), path("plain") + " is not executable by us"},
      {directory_, directory_ + " is a directory"},
      {path("no-format"), path("no-format") + " is neither a program of this host nor a script"},
      {path("no-loader"), "its interpreter /no/such/shell is not there"},
  };
  for (const Refusal& row : table) {
    auto child = Child::spawn(command({row.program}));
    ASSERT_FALSE(child) << row.program;
    EXPECT_EQ(child.error().message, "cannot run '" + row.program + "': " + row.message);
    EXPECT_EQ(child.error().code, ExitCode::usage);
  }
}

TEST_P(AnyChild, WithoutACommandOrDirectoryIsRefused) {
  EXPECT_FALSE(Child::spawn(command({})));
  EXPECT_FALSE(Child::spawn(command({""})));
  SpawnOptions options = shell("true");
  options.directory = path("none");
  auto child = Child::spawn(options);
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().message,
            "cannot run '/bin/sh' in directory " + path("none") + ": No such file or directory");
}

INSTANTIATE_TEST_SUITE_P(Started, AnyChild, testing::Bool(), [](const auto& way) {
  return std::string(way.param ? "ByFork" : "ByClone3");
});

TEST(Account, IsFoundByNameAndNumber) {
  const auto root = find_account("root");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->uid, 0U);
  EXPECT_EQ(root->name, "root");
  EXPECT_NE(std::find(root->groups.begin(), root->groups.end(), root->gid), root->groups.end());
  EXPECT_EQ(find_account("0")->name, "root");
}

TEST(Account, ThatDoesNotExistIsNamed) {
  const auto account = find_account("no-such-user");
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().code, ExitCode::usage);
  EXPECT_EQ(account.error().message, "there is no user 'no-such-user' on this host");
  EXPECT_FALSE(find_account(""));
}

}  // namespace
}  // namespace cutpoint
