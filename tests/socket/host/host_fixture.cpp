// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/host/host_fixture.h"

#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include "controller/util/file.h"

namespace cutpoint {

void HostTest::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  auto found = find_cgroup_mount();
  if (!found || !found->writable) GTEST_SKIP() << "needs a writable cgroup v2 hierarchy";
  std::string pattern = "/tmp/cutpoint-host-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  directory_ = pattern;
  auto playground = Cgroup::create(*found, "test");
  ASSERT_TRUE(playground) << playground.error().message;
  playground_ = *std::move(playground);
  mount_ = CgroupMount{.point = playground_->path(), .root = found->root, .writable = true};
}

void HostTest::TearDown() {
  if (playground_) {
    const Status status = playground_->dispose();
    EXPECT_TRUE(status) << status.error().message;
  }
  if (!directory_.empty()) std::filesystem::remove_all(directory_);
}

Result<Child> HostTest::start_sleeper(const Cgroup& cgroup, bool plain_fork) {
  SpawnOptions options;
  options.command = {"sleep", "1000"};
  options.cgroup_fd = cgroup.fd();
  CUTPOINT_TRY_ASSIGN(nobody, find_account("nobody"));
  options.user = nobody;
  options.environment = {{"PATH", "/usr/bin:/bin"}};
  options.plain_fork = plain_fork;
  return Child::spawn(options);
}

std::string HostTest::run(const std::vector<std::string>& command) const {
  const UniqueFd out(::open(path("out").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  SpawnOptions options;
  options.command = command;
  options.stdout_fd = out.get();
  options.stderr_fd = STDERR_FILENO;
  auto child = Child::spawn(options);
  EXPECT_TRUE(child) << child.error().message;
  if (!child) return {};
  EXPECT_TRUE(child->wait()->success()) << command[0];
  return *read_file(path("out"));
}

}  // namespace cutpoint
