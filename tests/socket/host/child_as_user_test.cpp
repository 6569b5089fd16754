// SPDX-License-Identifier: Apache-2.0
// A child that drops from root to another user.
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/file.h"
#include "tests/socket/host/host_fixture.h"

namespace cutpoint {
namespace {

class ChildAsUser : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    nobody_ = *find_account("nobody");
    ::chmod(directory_.c_str(), 0755);
    out_ = UniqueFd(::open(path("out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  }

  SpawnOptions command(std::vector<std::string> words) const {
    SpawnOptions options;
    options.command = std::move(words);
    options.user = nobody_;
    options.stdout_fd = out_.get();
    options.environment = {{"PATH", "/usr/bin:/bin"}};
    return options;
  }

  std::string output_of(const SpawnOptions& options) const {
    auto child = Child::spawn(options);
    EXPECT_TRUE(child) << child.error().message;
    if (!child) return {};
    EXPECT_TRUE(child->wait()->success());
    return *read_file(path("out"));
  }

  // A directory that nobody cannot enter, with a program in it.
  std::string closed_program() const {
    std::filesystem::create_directory(path("closed"));
    ::chmod(path("closed").c_str(), 0700);
    std::filesystem::copy("/bin/echo", path("closed/tool"));
    return path("closed/tool");
  }

  Account nobody_;
  UniqueFd out_;
};

TEST_F(ChildAsUser, HasItsIdentityInEveryRespect) {
  const std::string status = output_of(command(
      {"grep", "-E", "^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapAmb)", "/proc/self/status"}));
  const std::string uid = std::to_string(nobody_.uid);
  const std::string gid = std::to_string(nobody_.gid);
  const std::string none = "0000000000000000";
  EXPECT_EQ(status, "Uid:\t" + uid + "\t" + uid + "\t" + uid + "\t" + uid + "\nGid:\t" + gid +
                        "\t" + gid + "\t" + gid + "\t" + gid + "\nGroups:\t" + gid +
                        " \nCapInh:\t" + none + "\nCapPrm:\t" + none + "\nCapEff:\t" + none +
                        "\nCapAmb:\t" + none + "\n");
}

TEST_F(ChildAsUser, HasItsEnvironment) {
  EXPECT_EQ(output_of(command({"sh", "-c", "echo $HOME $USER $LOGNAME"})),
            nobody_.home + " nobody nobody\n");
}

TEST_F(ChildAsUser, NamesTheDirectoryThatItCannotEnter) {
  const std::string program = closed_program();
  auto child = Child::spawn(command({program}));
  ASSERT_FALSE(child);
  EXPECT_EQ(
      child.error().message,
      "cannot run '" + program + "': user nobody cannot enter the directory " + path("closed"));
  EXPECT_FALSE(child.error().remedy.empty());
}

TEST_F(ChildAsUser, RunsAnOpenProgramFromADirectoryThatItCannotEnter) {
  const UniqueFd program(::open(closed_program().c_str(), O_RDONLY | O_CLOEXEC));
  SpawnOptions options = command({"tool", "hello"});
  options.program_fd = program.get();
  EXPECT_EQ(output_of(options), "hello\n");
}

TEST_F(ChildAsUser, NamesTheFileThatItMayNotExecute) {
  ASSERT_TRUE(write_file_atomically(path("private"), "#!/bin/sh\n", 0700));
  auto child = Child::spawn(command({path("private")}));
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().message, "cannot run '" + path("private") + "': " + path("private") +
                                       " is not executable by user nobody");
}

TEST_F(ChildAsUser, GoesOnSearchingWhereADirectoryOfPathIsClosed) {
  closed_program();
  std::filesystem::rename(path("closed/tool"), path("closed/echo"));
  SpawnOptions options = command({"echo", "found"});
  options.environment = {{"PATH", path("closed") + ":/usr/bin:/bin"}};
  EXPECT_EQ(output_of(options), "found\n");
}

TEST_F(ChildAsUser, RunsOurOwnProgramAgain) {
  auto own = open_own_program();
  ASSERT_TRUE(own);
  SpawnOptions options =
      command({"again", "--gtest_list_tests", "--gtest_filter=ChildAsUser.Runs*"});
  options.program_fd = own->get();
  EXPECT_NE(output_of(options).find("RunsOurOwnProgramAgain"), std::string::npos);
}

}  // namespace
}  // namespace cutpoint
