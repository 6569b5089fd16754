// SPDX-License-Identifier: Apache-2.0
#include "controller/run/run_lock.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/util/file.h"
#include "tests/socket/host/host_fixture.h"

namespace cutpoint {
namespace {

class RunLockTest : public HostTest {};

TEST_F(RunLockTest, RefusesTheSecondAndNamesTheFirst) {
  auto first = RunLock::acquire(state(), "service-127.0.0.1:5432", "service db");
  ASSERT_TRUE(first) << first.error().message;
  auto second = RunLock::acquire(state(), "service-127.0.0.1:5432", "service db");
  ASSERT_FALSE(second);
  const std::string pid = std::to_string(::getpid());
  EXPECT_EQ(second.error().message,
            "another cutpoint (pid " + pid + ") is already working on service db");
  EXPECT_EQ(second.error().remedy, "wait for it to end, or end it: kill -INT " + pid);
  EXPECT_EQ(second.error().code, ExitCode::unavailable);
  EXPECT_TRUE(RunLock::acquire(state(), "service-127.0.0.1:5433", "service other"));
}

TEST_F(RunLockTest, IsFreeAgainAfterDestruction) {
  { ASSERT_TRUE(RunLock::acquire(state(), "x", "x")); }
  EXPECT_TRUE(std::filesystem::is_empty(state().locks()));
  EXPECT_TRUE(RunLock::acquire(state(), "x", "x"));
}

TEST_F(RunLockTest, IsFreeAgainAfterItsHolderWasKilled) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd news(ends[0]);
  const pid_t holder = ::fork();
  if (holder == 0) {
    auto lock = RunLock::acquire(state(), "x", "x");
    (void)!::write(ends[1], lock ? "y" : "n", 1);
    while (true) ::pause();
  }
  ::close(ends[1]);
  char answer = 0;
  ASSERT_EQ(::read(news.get(), &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_FALSE(RunLock::acquire(state(), "x", "x"));
  EXPECT_TRUE(remove_unheld_locks(state()).empty()) << "it is held";
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  EXPECT_EQ(remove_unheld_locks(state()).size(), 1U);
  EXPECT_TRUE(RunLock::acquire(state(), "x", "x"));
}

class StateDirectoryTest : public HostTest {};

TEST_F(StateDirectoryTest, IsPrivate) {
  const auto made = StateDirectory::open_at(path("state"));
  ASSERT_TRUE(made);
  struct stat status {};
  ASSERT_EQ(::stat(made->path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0711U);
}

TEST_F(StateDirectoryTest, ThatOthersCanWriteToIsRefused) {
  std::filesystem::create_directory(path("open"));
  ::chmod(path("open").c_str(), 0777);
  EXPECT_FALSE(StateDirectory::open_at(path("open")));
  std::filesystem::create_directory(path("theirs"));
  ASSERT_EQ(::chown(path("theirs").c_str(), find_account("nobody")->uid, 0), 0);
  EXPECT_FALSE(StateDirectory::open_at(path("theirs")));
  std::filesystem::create_directory_symlink("/tmp", path("link"));
  EXPECT_FALSE(StateDirectory::open_at(path("link")));
}

TEST_F(StateDirectoryTest, IsNamedByTheEnvironment) {
  ::setenv("CUTPOINT_STATE_DIR", path("named").c_str(), 1);
  const auto made = StateDirectory::open();
  ::unsetenv("CUTPOINT_STATE_DIR");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->path(), path("named"));
}

}  // namespace
}  // namespace cutpoint
