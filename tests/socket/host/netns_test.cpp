// SPDX-License-Identifier: Apache-2.0
#include "controller/util/netns.h"

#include <algorithm>
#include <thread>
#include <unistd.h>

#include "tests/socket/host/host_fixture.h"

namespace cutpoint {
namespace {

// A process in a network namespace of its own, with a device of each kind in it.
class NetnsTest : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const UniqueFd ready(ends[0]);
    const UniqueFd write_end(ends[1]);
    SpawnOptions options;
    options.command = {"unshare", "--net", "/bin/sh", "-c", "echo ready; exec sleep 1000"};
    options.cgroup_fd = playground_->fd();
    options.stdout_fd = write_end.get();
    options.stderr_fd = STDERR_FILENO;
    auto child = Child::spawn(options);
    ASSERT_TRUE(child) << child.error().message;
    other_ = *std::move(child);
    char text[8];
    ASSERT_GT(::read(ready.get(), text, sizeof(text)), 0);
  }

  // `ip` in the other namespace.
  void ip(std::vector<std::string> arguments) const {
    std::vector<std::string> command{
        "nsenter", "--net=/proc/" + std::to_string(other_->pid()) + "/ns/net", "ip"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    run(command);
  }

  std::optional<Child> other_;
};

TEST_F(NetnsTest, OfAProcessIsToldApart) {
  auto ours = NetworkNamespace::current();
  auto same = NetworkNamespace::of_pid(::getpid());
  auto other = NetworkNamespace::of_pid(other_->pid());
  ASSERT_TRUE(ours && same && other);
  EXPECT_TRUE(*ours == *same);
  EXPECT_FALSE(*ours == *other);
  EXPECT_NE(ours->inode(), other->inode());
  auto our_cookie = ours->cookie();
  auto other_cookie = other->cookie();
  if (!our_cookie) GTEST_SKIP() << our_cookie.error().message;
  EXPECT_NE(*our_cookie, *other_cookie);
  EXPECT_EQ(*our_cookie, *same->cookie());
}

TEST_F(NetnsTest, IsEnteredByThisThreadAloneAndLeftAgain) {
  const auto here = NetworkNamespace::current();
  const auto other = NetworkNamespace::of_pid(other_->pid());
  ASSERT_TRUE(here && other);
  {
    auto entered = ScopedNetns::enter(*other);
    ASSERT_TRUE(entered) << entered.error().message;
    EXPECT_TRUE(*NetworkNamespace::current() == *other);
  }
  EXPECT_TRUE(*NetworkNamespace::current() == *here);
  std::thread visitor([&] {
    auto entered = ScopedNetns::enter(*other);
    EXPECT_TRUE(entered);
    EXPECT_TRUE(*NetworkNamespace::of_pid(::getpid()) == *here) << "the first thread stays";
  });
  visitor.join();
}

TEST_F(NetnsTest, ListsItsDevicesWithTheirHeaders) {
  ip({"link", "set", "lo", "up"});
  ip({"link", "add", "near", "mtu", "1400", "type", "veth", "peer", "name", "far"});
  ip({"tuntap", "add", "mode", "tun", "name", "held"});
  const auto other = NetworkNamespace::of_pid(other_->pid());
  ASSERT_TRUE(other);
  const auto interfaces = other->interfaces();
  ASSERT_TRUE(interfaces) << interfaces.error().message;
  const auto find = [&](const std::string& name) {
    const auto found = std::find_if(interfaces->begin(), interfaces->end(),
                                    [&](const Interface& i) { return i.name == name; });
    EXPECT_NE(found, interfaces->end()) << name;
    return found == interfaces->end() ? Interface{} : *found;
  };
  EXPECT_TRUE(find("lo").up);
  EXPECT_TRUE(find("lo").loopback);
  EXPECT_EQ(find("near").link_layer, LinkLayer::ethernet);
  EXPECT_EQ(find("near").mtu, 1400U);
  EXPECT_FALSE(find("near").up);
  EXPECT_EQ(find("held").link_layer, LinkLayer::none);
  const auto ours = list_interfaces();
  EXPECT_TRUE(std::none_of(ours->begin(), ours->end(),
                           [](const Interface& i) { return i.name == "held"; }));
}

TEST_F(NetnsTest, DeletesADeviceAndItsPeerAndIsContentWithNone) {
  const std::string name = our_device_name('a');
  ip({"link", "add", name, "type", "veth", "peer", "name", our_device_name('b')});
  const auto other = NetworkNamespace::of_pid(other_->pid());
  auto entered = ScopedNetns::enter(*other);
  ASSERT_TRUE(entered);
  EXPECT_TRUE(delete_interface(name));
  EXPECT_TRUE(delete_interface(name)) << "it is gone, as wanted";
  const auto left = list_interfaces();
  EXPECT_TRUE(std::none_of(left->begin(), left->end(), [](const Interface& i) {
    return i.name.starts_with(our_device_prefix);
  }));
}

TEST_F(NetnsTest, OfACgroupAreAllThoseOfItsProcesses) {
  auto sleeper = start_sleeper(*playground_);
  ASSERT_TRUE(sleeper);
  auto pids = playground_->pids();
  ASSERT_TRUE(pids);
  pids->push_back(*std::max_element(pids->begin(), pids->end()) + 1'000'000);  // ended meanwhile
  const auto namespaces = network_namespaces_of(*pids);
  ASSERT_TRUE(namespaces);
  ASSERT_EQ(namespaces->size(), 2U);
  EXPECT_FALSE((*namespaces)[0] == (*namespaces)[1]);
}

TEST_F(NetnsTest, IsAmongThoseOfTheHost) {
  const auto other = NetworkNamespace::of_pid(other_->pid());
  const auto all = all_network_namespaces();
  EXPECT_NE(std::find(all.begin(), all.end(), *other), all.end());
  EXPECT_NE(std::find(all.begin(), all.end(), *NetworkNamespace::current()), all.end());
}

TEST_F(NetnsTest, OfNobodyIsAnError) {
  const auto none = NetworkNamespace::of_pid(4'194'305);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "there is no process 4194305");
  EXPECT_FALSE(NetworkNamespace::of_file("/run/netns/cutpoint-no-such"));
}

}  // namespace
}  // namespace cutpoint
