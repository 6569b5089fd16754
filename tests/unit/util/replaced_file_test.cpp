// SPDX-License-Identifier: Apache-2.0
#include "controller/util/replaced_file.h"

#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <new>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/file.h"

namespace cutpoint {
namespace {

using Sink = ReplacedFile::Sink;

class Replaced : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "cutpoint-replaced-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = std::filesystem::canonical(pattern).string();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  [[nodiscard]] size_t files() const { return list_directory(directory_).size(); }
  [[nodiscard]] std::string content(const std::string& name) const {
    const auto text = read_file(path(name));
    return text ? *text : "";
  }
  [[nodiscard]] struct stat status(const std::string& name) const {
    struct stat self {};
    EXPECT_EQ(::stat(path(name).c_str(), &self), 0);
    return self;
  }

  std::string directory_;
};

Status half_then_rest(const Sink& sink) {
  CUTPOINT_TRY(sink("ne"));
  return sink("w");
}

Status half_then_error(const Sink& sink) {
  CUTPOINT_TRY(sink("ne"));
  return Error{ExitCode::usage, "no more of it", ""};
}

void write_new(const std::string& path) {
  const auto file = ReplacedFile::open(path);
  ASSERT_TRUE(file) << file.error().message;
  const Status written = file->write(half_then_rest);
  EXPECT_TRUE(written) << written.error().message;
}

TEST_F(Replaced, IsMadeWhenItsContentIsThere) {
  const mode_t mask = ::umask(022);
  const auto file = ReplacedFile::open(path("a"));
  ASSERT_TRUE(file);
  EXPECT_EQ(files(), 0U);
  EXPECT_FALSE(file->write(half_then_error));
  EXPECT_EQ(files(), 0U);
  EXPECT_TRUE(file->write(half_then_rest));
  ::umask(mask);
  EXPECT_EQ(content("a"), "new");
  EXPECT_EQ(status("a").st_mode & 07777U, 0644U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(Replaced, KeepsItsContentUntilThenAndItsModeAndOwnerAfterwards) {
  ASSERT_TRUE(write_file_atomically(path("a"), "old content", 0640));
  const bool root = ::geteuid() == 0;
  const uid_t owner = root ? 65534 : ::geteuid();
  ASSERT_EQ(::chown(path("a").c_str(), owner, static_cast<gid_t>(-1)), 0);
  const auto file = ReplacedFile::open(path("a"));
  ASSERT_TRUE(file);
  const Status failed = file->write(half_then_error);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "no more of it");
  EXPECT_EQ(content("a"), "old content");
  EXPECT_EQ(files(), 1U);
  const ino_t before = status("a").st_ino;
  EXPECT_TRUE(file->write(half_then_rest));
  EXPECT_EQ(content("a"), "new");
  EXPECT_NE(status("a").st_ino, before) << "a reader that has it open reads the old one";
  EXPECT_EQ(status("a").st_mode & 07777U, 0640U);
  EXPECT_EQ(status("a").st_uid, owner);
  EXPECT_EQ(files(), 1U);
}

// Nor are they taken for its own where another process has the same PID, in its own namespace.
TEST_F(Replaced, LeavesTheFilesOfOthersAlone) {
  const std::string other = ".cutpoint." + std::to_string(::getpid());
  ASSERT_TRUE(write_file_atomically(path(other), "another's"));
  write_new(path("a"));
  EXPECT_EQ(content(other), "another's");
  EXPECT_EQ(content("a"), "new");
  EXPECT_EQ(files(), 2U);
}

TEST_F(Replaced, IsWhatOneOfTwoWroteWhereBothDoAtATime) {
  const auto first = ReplacedFile::open(path("a"));
  const auto second = ReplacedFile::open(path("a"));
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->write([&](const Sink& sink) -> Status {
    CUTPOINT_TRY(sink("fir"));
    EXPECT_TRUE(second->write(half_then_rest));
    EXPECT_EQ(content("a"), "new");
    return sink("st");
  }));
  EXPECT_EQ(content("a"), "first");
  EXPECT_EQ(files(), 1U);
}

TEST_F(Replaced, LeavesNothingBesideWhereRenderingThrows) {
  const auto file = ReplacedFile::open(path("a"));
  ASSERT_TRUE(file);
  const auto bad = [](const Sink&) -> Status { throw std::bad_alloc(); };
  EXPECT_THROW((void)file->write(bad), std::bad_alloc);
  EXPECT_EQ(files(), 0U);
}

TEST_F(Replaced, StaysBehindTheLinksThatLeadToIt) {
  std::filesystem::create_directory(path("there"));
  ASSERT_TRUE(write_file_atomically(path("there/a"), "old"));
  ASSERT_EQ(::symlink("there/a", path("link").c_str()), 0);
  write_new(path("link"));
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  EXPECT_EQ(content("there/a"), "new");
  EXPECT_EQ(list_directory(path("there")).size(), 1U);
}

TEST_F(Replaced, IsTheSameUnderItsOtherName) {
  ASSERT_TRUE(write_file_atomically(path("a"), "old content"));
  ASSERT_EQ(::link(path("a").c_str(), path("b").c_str()), 0);
  const auto file = ReplacedFile::open(path("a"));
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->write(half_then_error));
  EXPECT_EQ(content("b"), "old content");
  EXPECT_TRUE(file->write(half_then_rest));
  EXPECT_EQ(content("b"), "new");
}

TEST_F(Replaced, IsWrittenIntoWhereAnotherIsMountedOnIt) {
  ASSERT_TRUE(write_file_atomically(path("a"), "old content"));
  ASSERT_TRUE(write_file_atomically(path("mounted"), "below"));
  if (::mount(path("a").c_str(), path("mounted").c_str(), nullptr, MS_BIND, nullptr) != 0) {
    GTEST_SKIP() << "cannot mount here";
  }
  write_new(path("mounted"));
  EXPECT_EQ(::umount(path("mounted").c_str()), 0);
  EXPECT_EQ(content("a"), "new");
  EXPECT_EQ(content("mounted"), "below");
  EXPECT_EQ(files(), 2U);
}

TEST_F(Replaced, IsContinuedWhereItIsStdout) {
  const UniqueFd kept(::dup(STDOUT_FILENO));
  const UniqueFd other(::open(path("a").c_str(), O_WRONLY | O_CREAT, 0600));
  ASSERT_EQ(::dup2(other.get(), STDOUT_FILENO), STDOUT_FILENO);
  const auto say = [](const std::string& text) {
    EXPECT_TRUE(write_all(STDOUT_FILENO, text, "stdout"));
  };
  say("before ");
  write_new("/dev/stdout");
  say(" between ");
  write_new(path("a"));
  say(" after");
  ::dup2(kept.get(), STDOUT_FILENO);
  EXPECT_EQ(content("a"), "before new between new after");
  EXPECT_EQ(files(), 1U);
}

TEST_F(Replaced, KeepsItsContentWhereThereIsNoRoomForTheOther) {
  std::filesystem::create_directory(path("disk"));
  if (::mount("none", path("disk").c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "cannot mount here";
  }
  ASSERT_TRUE(write_file_atomically(path("disk/a"), "old content"));
  ASSERT_EQ(::link(path("disk/a").c_str(), path("disk/b").c_str()), 0);
  const auto file = ReplacedFile::open(path("disk/a"));
  ASSERT_TRUE(file);
  const auto large = [](const Sink& sink) { return sink(std::string(200000, 'x')); };
  const Status written = file->write(large);
  EXPECT_FALSE(written);
  EXPECT_EQ(content("disk/a"), "old content");
  EXPECT_TRUE(file->write(half_then_rest));
  EXPECT_EQ(content("disk/b"), "new") << "the shorter one";
  EXPECT_EQ(::umount2(path("disk").c_str(), MNT_DETACH), 0);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            "cannot write to " + path("disk/a") + ": No space left on device");
}

TEST_F(Replaced, GetsItAsItComesWhereItIsNoRegularFile) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const UniqueFd reader(::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK));
  write_new(path("pipe"));
  EXPECT_EQ(*read_all(reader.get(), "pipe"), "new");
  EXPECT_TRUE(std::filesystem::is_fifo(path("pipe")));
  write_new("/dev/null");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(Replaced, IsRefusedWhereItCannotBeWrittenTo) {
  std::filesystem::create_directory(path("taken"));
  ASSERT_EQ(::symlink("nowhere", path("link").c_str()), 0);
  const std::pair<std::string, std::string> rows[] = {
      {"none/a", "No such file or directory"},
      {"taken", "Is a directory"},
      {"link", "No such file or directory"},
  };
  for (const auto& [name, why] : rows) {
    const auto file = ReplacedFile::open(path(name));
    ASSERT_FALSE(file) << name;
    EXPECT_EQ(file.error().code, ExitCode::usage);
    EXPECT_EQ(file.error().message, "cannot write to " + path(name) + ": " + why);
  }
  EXPECT_EQ(files(), 2U);
}

}  // namespace
}  // namespace cutpoint
