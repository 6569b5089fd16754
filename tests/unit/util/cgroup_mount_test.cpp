// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "controller/util/cgroup.h"

namespace cutpoint {
namespace {

struct Row {
  std::string name;
  std::string mountinfo;
  std::string point;  // empty: none is found
  std::string root = "/";
  bool writable = true;
};

const std::string proc = "23 30 0:22 / /proc rw,nosuid - proc proc rw\n";

const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {"unified host",
       proc + "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
       "/sys/fs/cgroup"},
      {"hybrid host",
       "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
       "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
       "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
       "/sys/fs/cgroup/unified"},
      {"version 1 only", proc + "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", ""},
      {"nothing at all", "", ""},
      {"blank and backslash in the path",
       R"(41 31 0:38 / /mnt/my\040cgroups\134x rw - cgroup2 none rw)", R"(/mnt/my cgroups\x)"},
      {"backslash that starts no number", R"(41 31 0:38 / /mnt/a\9b rw - cgroup2 none rw)",
       R"(/mnt/a\9b)"},
      {"several optional fields",
       "41 31 0:38 / /cg rw shared:1 master:2 propagate_from:3 - cgroup2 none rw\n", "/cg"},
      {"a writable mount wins over a read-only one",
       "41 31 0:38 / /ro ro - cgroup2 none rw\n42 31 0:38 / /rw rw - cgroup2 none rw\n", "/rw"},
      {"read-only is better than none", "41 31 0:38 / /cg ro,nosuid - cgroup2 none rw\n", "/cg",
       "/", false},
      {"read-only by its super block", "41 31 0:38 / /cg rw - cgroup2 none ro,nsdelegate\n", "/cg",
       "/", false},
      {"the whole hierarchy wins over a part",
       "41 31 0:38 /part /a rw - cgroup2 none rw\n42 31 0:38 / /b rw - cgroup2 none rw\n", "/b"},
      {"a part, in a container", "41 31 0:38 /docker/1a /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
       "/sys/fs/cgroup", "/docker/1a"},
      {"cgroup2 as the source of something else", "41 31 0:38 / /x rw - tmpfs cgroup2 rw\n", ""},
      {"a truncated line", "41 31 0:38 / /x rw - cgroup2", ""},
  };
  return table;
}

class MountTable : public testing::TestWithParam<Row> {};

TEST_P(MountTable, IsFound) {
  const Row& row = GetParam();
  const auto mount = parse_cgroup_mount(row.mountinfo);
  ASSERT_EQ(mount.ok(), !row.point.empty());
  if (!mount) {
    EXPECT_EQ(mount.error().code, ExitCode::unavailable);
    EXPECT_FALSE(mount.error().remedy.empty());
    return;
  }
  EXPECT_EQ(mount->point, row.point);
  EXPECT_EQ(mount->root, row.root);
  EXPECT_EQ(mount->writable, row.writable);
}

std::string name_of_row(const testing::TestParamInfo<Row>& info) {
  std::string name = info.param.name;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cgroup, MountTable, testing::ValuesIn(rows()), name_of_row);

TEST(CgroupMount, GivesTheDirectoryOfACgroup) {
  const CgroupMount whole{.point = "/cg", .root = "/", .writable = true};
  EXPECT_EQ(*whole.directory_of("/"), "/cg");
  EXPECT_EQ(*whole.directory_of("/a/b"), "/cg/a/b");
  EXPECT_FALSE(whole.directory_of("/../other"));
}

TEST(CgroupMount, GivesTheDirectoryOfACgroupBelowAMountedPart) {
  const CgroupMount part{.point = "/cg", .root = "/docker/1a", .writable = true};
  EXPECT_EQ(*part.directory_of("/docker/1a"), "/cg");
  EXPECT_EQ(*part.directory_of("/docker/1a/x"), "/cg/x");
  EXPECT_FALSE(part.directory_of("/docker/1ab"));
  EXPECT_FALSE(part.directory_of("/"));
}

TEST(CgroupMount, KnowsWhoseProcessesACgroupHolds) {
  const auto mount = find_cgroup_mount();
  if (!mount) GTEST_SKIP() << mount.error().message;
  const auto own = cgroup_of_pid(*mount, ::getpid());
  if (!own) GTEST_SKIP() << own.error().message;
  EXPECT_TRUE(cgroup_holds(*mount, *own, ::getpid()));
  EXPECT_TRUE(cgroup_holds(*mount, mount->point, ::getpid()));
  EXPECT_FALSE(cgroup_holds(*mount, *own + "-other", ::getpid()));
}

// As `ip netns exec` leaves it.
TEST(CgroupMount, ThatIsHiddenByAMountNamespaceIsReachedWithoutIt) {
  const std::string here = ::testing::TempDir() + "/mountinfo-here";
  const std::string host = ::testing::TempDir() + "/mountinfo-host";
  std::ofstream(here) << proc;
  std::ofstream(host) << proc + "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  const auto hidden = find_cgroup_mount(here, host);
  ASSERT_FALSE(hidden);
  EXPECT_NE(hidden.error().remedy.find("nsenter --net=/run/netns/NS"), std::string::npos);
  const auto none = find_cgroup_mount(here, here);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().remedy.find("mount -t cgroup2"), std::string::npos);
}

TEST(CgroupName, KeepsOnlyWhatBelongsIntoAFileName) {
  EXPECT_EQ(as_file_name("split-brain_2.0"), "split-brain_2.0");
  EXPECT_EQ(as_file_name("../a b\n"), "..-a-b-");
  EXPECT_EQ(as_file_name(""), "-");
  EXPECT_EQ(as_file_name(std::string(200, 'x')).size(), 64U);
}

}  // namespace
}  // namespace cutpoint
