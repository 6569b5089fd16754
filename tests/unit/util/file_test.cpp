// SPDX-License-Identifier: Apache-2.0
#include "controller/util/file.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace cutpoint {
namespace {

class File : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "cutpoint-file-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory_), {}));
  }

  std::string directory_;
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

TEST_F(File, WrittenWholeIsReadBackWhole) {
  const std::string content = std::string(100'000, 'x') + '\0' + "end";
  ASSERT_TRUE(write_file_atomically(path("a"), content));
  EXPECT_EQ(*read_file(path("a")), content);
  EXPECT_EQ(mode_of(path("a")), 0600U);
}

TEST_F(File, IsReplacedWithoutLeavingAnother) {
  ASSERT_TRUE(write_file_atomically(path("a"), "old"));
  ASSERT_TRUE(write_file_atomically(path("a"), "new", 0644));
  EXPECT_EQ(*read_file(path("a")), "new");
  EXPECT_EQ(mode_of(path("a")), 0644U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(File, ReplacesALinkNotWhatItPointsTo) {
  ASSERT_TRUE(write_file_atomically(path("victim"), "precious"));
  ASSERT_EQ(::symlink(path("victim").c_str(), path("link").c_str()), 0);
  ASSERT_TRUE(write_file_atomically(path("link"), "new"));
  EXPECT_EQ(*read_file(path("victim")), "precious");
  EXPECT_EQ(*read_file(path("link")), "new");
}

TEST_F(File, ThatCannotBeReplacedLeavesNothing) {
  std::filesystem::create_directory(path("taken"));
  const Status status = write_file_atomically(path("taken"), "x");
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find(path("taken")), std::string::npos);
  EXPECT_EQ(files(), 1U);
}

TEST_F(File, ThatIsMissingIsNamed) {
  const auto content = read_file(path("none"));
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().message, "cannot open " + path("none") + ": No such file or directory");
}

TEST_F(File, OfProcIsReadWhole) {
  const auto content = read_file("/proc/self/mountinfo");
  ASSERT_TRUE(content);
  EXPECT_NE(content->find(" / "), std::string::npos);
}

TEST_F(File, InADirectoryThatIsMissingIsAnError) {
  EXPECT_FALSE(AppendingFile::create(path("no/such")));
  EXPECT_FALSE(write_file_atomically(path("no/such"), "x"));
}

TEST_F(File, IsAppendedTo) {
  auto file = AppendingFile::create(path("log"));
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->append_line("one"));
  ASSERT_TRUE(file->append("two"));
  EXPECT_EQ(*read_file(path("log")), "one\ntwo");
  EXPECT_EQ(mode_of(path("log")), 0600U);
}

TEST_F(File, CreatedAgainStartsEmpty) {
  ASSERT_TRUE(write_file_atomically(path("log"), "old"));
  auto file = AppendingFile::create(path("log"));
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->append_line("new"));
  EXPECT_EQ(*read_file(path("log")), "new\n");
}

TEST(FullDisk, IsAnErrorOfTheWriteThatMetIt) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "this host has no /dev/full";
  auto file = AppendingFile::create("/dev/full");
  ASSERT_TRUE(file);
  const Status status = file->append_line("x");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "cannot write to /dev/full: No space left on device");
  EXPECT_FALSE(status.error().remedy.empty());
}

}  // namespace
}  // namespace cutpoint
