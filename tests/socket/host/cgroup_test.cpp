// SPDX-License-Identifier: Apache-2.0
#include "controller/util/cgroup.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/cgroup_names.h"
#include "tests/socket/host/host_fixture.h"

namespace cutpoint {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class CgroupTest : public HostTest {
 protected:
  // A shell that starts sleepers, two of them in a cgroup below, until it is killed.
  Result<Child> start_family(const Cgroup& cgroup) const {
    SpawnOptions options;
    options.command = {"/bin/sh", "-c",
                       "mkdir " + cgroup.path() +
                           "/below; sleep 1000 & sleep 1000 &"
                           " echo 0 >" +
                           cgroup.path() +
                           "/below/cgroup.procs; sleep 1000 &"
                           " echo ready; wait"};
    int ends[2];
    if (::pipe(ends) != 0) return Error{ExitCode::unavailable, "pipe", {}};
    const UniqueFd ready(ends[0]);
    const UniqueFd write_end(ends[1]);
    options.stdout_fd = write_end.get();
    options.cgroup_fd = cgroup.fd();
    auto child = Child::spawn(options);
    char text[8];
    if (child && ::read(ready.get(), text, sizeof(text)) < 0) {
      return Error{ExitCode::unavailable, "read", {}};
    }
    return child;
  }
};

TEST_F(CgroupTest, IsRemovedByDestruction) {
  std::string made;
  {
    auto cgroup = Cgroup::create(mount(), "a name/with more");
    ASSERT_TRUE(cgroup) << cgroup.error().message;
    made = cgroup->path();
    EXPECT_EQ(made, Cgroup::path_for(mount(), "a name/with more"));
    EXPECT_TRUE(made.ends_with("/cutpoint-a-name-with-more-" + std::to_string(::getpid())));
    struct stat status {};
    ASSERT_EQ(::stat(made.c_str(), &status), 0);
    EXPECT_EQ(cgroup->id(), status.st_ino);
    EXPECT_FALSE(cgroup->is_root());
  }
  EXPECT_FALSE(std::filesystem::exists(made));
}

TEST_F(CgroupTest, ThatIsThereAlreadyIsAnErrorWithARemedy) {
  auto first = Cgroup::create(mount(), "twice");
  ASSERT_TRUE(first);
  auto second = Cgroup::create(mount(), "twice");
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().remedy.find("cutpoint clear"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(first->path())) << "the first one's is not touched";
}

TEST_F(CgroupTest, ReleasedStaysOnTheHostAndCanBeOpened) {
  std::string made;
  {
    auto cgroup = Cgroup::create(mount(), "kept");
    ASSERT_TRUE(cgroup);
    made = cgroup->path();
    cgroup->release();
  }
  ASSERT_TRUE(std::filesystem::exists(made));
  const std::string name = std::filesystem::path(made).filename();
  for (const std::string& way : {made, name, "/" + name, "./" + name + "/"}) {
    auto opened = Cgroup::open(mount(), way);
    ASSERT_TRUE(opened) << way;
    EXPECT_EQ(opened->path(), made);
    EXPECT_FALSE(opened->owned());
  }
  EXPECT_TRUE(std::filesystem::exists(made)) << "it was somebody else's";
  auto mine = Cgroup::open(mount(), made);
  mine->adopt();
  EXPECT_TRUE(mine->dispose());
  EXPECT_FALSE(std::filesystem::exists(made));
}

TEST_F(CgroupTest, ThatIsNoneIsRefused) {
  EXPECT_FALSE(Cgroup::open(mount(), "no-such"));
  EXPECT_FALSE(Cgroup::open(mount(), "../../../../../../../tmp"));
  auto file = Cgroup::open(mount(), "cgroup.procs");
  EXPECT_FALSE(file);
}

TEST_F(CgroupTest, RootIsKnownAndNeverKilledOrRemoved) {
  auto real = find_cgroup_mount();
  auto root = Cgroup::open(*real, "/");
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->is_root());
  EXPECT_FALSE(root->kill());
  EXPECT_FALSE(root->kill_by_signals(milliseconds(0)));
  EXPECT_FALSE(root->dispose());
}

TEST_F(CgroupTest, HoldsAChildFromItsStartWithoutPrivileges) {
  for (const bool plain_fork : {false, true}) {
    auto cgroup = Cgroup::create(mount(), "child");
    ASSERT_TRUE(cgroup);
    auto child = start_sleeper(*cgroup, plain_fork);
    ASSERT_TRUE(child) << child.error().message;
    EXPECT_EQ(*cgroup->pids(), std::vector<pid_t>{child->pid()});
    EXPECT_EQ(*cgroup_of_pid(*find_cgroup_mount(), child->pid()), cgroup->path());
    struct stat owner {};
    ASSERT_EQ(::stat(("/proc/" + std::to_string(child->pid())).c_str(), &owner), 0);
    EXPECT_EQ(owner.st_uid, find_account("nobody")->uid);
  }
}

TEST_F(CgroupTest, KillReachesEveryProcessBelow) {
  auto cgroup = Cgroup::create(mount(), "family");
  ASSERT_TRUE(cgroup);
  auto family = start_family(*cgroup);
  ASSERT_TRUE(family);
  EXPECT_EQ(cgroup->pids()->size(), 4U);
  ASSERT_FALSE(cgroup->remove()) << "not while it holds processes";
  ASSERT_TRUE(cgroup->kill());
  ASSERT_TRUE(cgroup->wait_empty(seconds(10)));
  EXPECT_TRUE(cgroup->pids()->empty());
  EXPECT_EQ(family->wait()->signal, SIGKILL);
  EXPECT_TRUE(cgroup->remove());
  EXPECT_FALSE(std::filesystem::exists(cgroup->path()));
}

TEST_F(CgroupTest, KillBySignalsReachesEveryProcessBelow) {
  auto cgroup = Cgroup::create(mount(), "family");
  ASSERT_TRUE(cgroup);
  auto family = start_family(*cgroup);
  ASSERT_TRUE(family);
  const Status killed = cgroup->kill_by_signals(seconds(10));
  ASSERT_TRUE(killed) << killed.error().message;
  EXPECT_TRUE(cgroup->pids()->empty());
  EXPECT_TRUE(cgroup->remove());
}

TEST_F(CgroupTest, KillBySignalsEndsAProcessThatForksAllTheTime) {
  auto cgroup = Cgroup::create(mount(), "forks");
  ASSERT_TRUE(cgroup);
  SpawnOptions options;
  options.command = {"/bin/sh", "-c", "while :; do (exec sleep 0.01) & done"};
  options.cgroup_fd = cgroup->fd();
  auto child = Child::spawn(options);
  ASSERT_TRUE(child);
  const Status killed = cgroup->kill_by_signals(seconds(20));
  ASSERT_TRUE(killed) << killed.error().message;
  EXPECT_TRUE(cgroup->remove());
}

TEST_F(CgroupTest, WaitingIsWokenByTheLastProcess) {
  auto cgroup = Cgroup::create(mount(), "wait");
  ASSERT_TRUE(cgroup);
  auto child = start_sleeper(*cgroup);
  ASSERT_TRUE(child);
  const Status still = cgroup->wait_empty(milliseconds(1));
  ASSERT_FALSE(still);
  EXPECT_EQ(still.error().message,
            "cgroup " + cgroup->path() + " still holds processes: " + std::to_string(child->pid()));
  ASSERT_TRUE(child->signal());
  EXPECT_TRUE(cgroup->wait_empty(seconds(10)));
  EXPECT_TRUE(child->wait()) << "a zombie does not count";
}

TEST_F(CgroupTest, ReturnsProcessesThatWereThereBefore) {
  auto home = Cgroup::create(mount(), "home");
  ASSERT_TRUE(home);
  auto child = start_sleeper(*home);
  ASSERT_TRUE(child);
  {
    auto cgroup = Cgroup::create(mount(), "visit");
    ASSERT_TRUE(cgroup);
    cgroup->return_processes_to(home->path());
    ASSERT_TRUE(cgroup->add(child->pid()));
    EXPECT_TRUE(home->pids()->empty());
  }
  EXPECT_EQ(*home->pids(), std::vector<pid_t>{child->pid()});
  EXPECT_FALSE(child->wait_for(milliseconds(0))->has_value()) << "it still runs";
}

TEST_F(CgroupTest, ReturnsProcessesToTheNearestCgroupThatIsLeft) {
  const std::string parent = mount().point + "/parent";
  std::filesystem::create_directories(parent + "/home");
  auto cgroup = Cgroup::create(mount(), "visit");
  ASSERT_TRUE(cgroup);
  auto child = start_sleeper(*cgroup);
  ASSERT_TRUE(child);
  cgroup->return_processes_to(parent + "/home");
  std::filesystem::remove(parent + "/home");
  ASSERT_TRUE(cgroup->dispose());
  EXPECT_EQ(cgroup->return_path(), parent);
  EXPECT_EQ(*Cgroup::open(mount(), parent)->pids(), std::vector<pid_t>{child->pid()});
  EXPECT_FALSE(child->wait_for(milliseconds(0))->has_value()) << "it still runs";
}

TEST_F(CgroupTest, OursAreFoundByName) {
  auto cgroup = Cgroup::create(mount(), "found");
  ASSERT_TRUE(cgroup);
  std::filesystem::create_directory(mount().point + "/other-1");
  std::filesystem::create_directory(mount().point + "/cutpoint-without-pid");
  const auto found = find_our_cgroups(mount());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path, cgroup->path());
  EXPECT_EQ(found[0].maker, ::getpid());
}

TEST_F(CgroupTest, OfAUnitIsFoundByItsName) {
  const std::string slice = mount().point + "/test.slice";
  std::filesystem::create_directories(slice + "/user.slice");
  std::filesystem::create_directory(slice + "/shop.service");
  std::filesystem::create_directory(slice + "/_cpu.service");
  EXPECT_EQ(cgroup_of_unit(mount(), "shop.service").value(), slice + "/shop.service");
  EXPECT_EQ(cgroup_of_unit(mount(), "cpu.service").value(), slice + "/_cpu.service");
  EXPECT_EQ(cgroup_of_unit(mount(), "test.slice").value(), slice);

  const auto none = cgroup_of_unit(mount(), "other.service");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ExitCode::usage);
  EXPECT_EQ(none.error().message,
            "no cgroup below " + mount().point + " is that of unit other.service");

  std::filesystem::create_directory(slice + "/user.slice/shop.service");
  const auto several = cgroup_of_unit(mount(), "shop.service");
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code, ExitCode::usage);
  EXPECT_EQ(several.error().message, "2 units are called shop.service: " + slice +
                                         "/shop.service, " + slice + "/user.slice/shop.service");
}

TEST_F(CgroupTest, OfAContainerIsFoundByItsId) {
  const std::string id(64, 'a');
  const std::string other = std::string(63, 'a') + "b";
  const std::string pod = mount().point + "/kubepods/burstable/pod1";
  std::filesystem::create_directories(pod + "/" + id + "/init");
  std::filesystem::create_directories(mount().point + "/libpod-conmon-" + id + ".scope");
  EXPECT_EQ(cgroup_of_container(mount(), id).value(), pod + "/" + id);
  EXPECT_EQ(cgroup_of_container(mount(), id.substr(0, 12)).value(), pod + "/" + id);

  const auto none = cgroup_of_container(mount(), "bbbbbbbbbbbb");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ExitCode::usage);
  EXPECT_EQ(none.error().message,
            "no cgroup below " + mount().point + " is that of container bbbbbbbbbbbb");

  const std::string scope = mount().point + "/docker-" + other + ".scope";
  std::filesystem::create_directory(scope);
  EXPECT_EQ(cgroup_of_container(mount(), other).value(), scope);
  const auto several = cgroup_of_container(mount(), id.substr(0, 12));
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code, ExitCode::usage);
  EXPECT_EQ(several.error().message,
            "2 cgroups are those of containers aaaaaaaaaaaa…: " + scope + ", " + pod + "/" + id);
}

TEST_F(CgroupTest, IsKnownByItsIdAlsoWhenItHasGone) {
  CgroupNames names(mount());
  const std::string name = "shop.service";
  const std::string directory = mount().point + "/" + name;
  std::filesystem::create_directory(directory);
  struct stat status {};
  ASSERT_EQ(::stat(directory.c_str(), &status), 0);
  const CgroupWords known = names.by_id(status.st_ino);
  EXPECT_TRUE(known.path.ends_with("/" + name)) << known.path;
  EXPECT_EQ(known.unit, name);
  ASSERT_TRUE(std::filesystem::remove(directory));
  EXPECT_EQ(names.by_id(status.st_ino).path, known.path);
  EXPECT_EQ(CgroupNames(mount()).by_id(status.st_ino).path, "") << "nobody has seen it";
}

TEST(UnitName, IsCompletedAsSystemctlDoes) {
  EXPECT_EQ(unit_name("shop"), "shop.service");
  EXPECT_EQ(unit_name("shop@1.2"), "shop@1.2.service");
  EXPECT_EQ(unit_name("shop.service"), "shop.service");
  EXPECT_EQ(unit_name("session-1.scope"), "session-1.scope");
}

}  // namespace
}  // namespace cutpoint
