// SPDX-License-Identifier: Apache-2.0
// What others do to a run while it is on: none of it makes it hang or claim what it cannot know.
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>

#include "controller/util/cgroup.h"
#include "controller/util/file.h"
#include "controller/util/process.h"
#include "tests/scenarios/controller_death.h"
#include "tests/scenarios/lab_script.h"

namespace cutpoint {
namespace {

class Disturbed : public ControllerDeath {
 protected:
  // Inconclusive, and its report says why.
  void expect_inconclusive(const Program::Ended& ended, const std::string& reason) {
    EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
    EXPECT_NE(report()["inconclusive_because"].dump().find(reason), std::string::npos)
        << report()["inconclusive_because"];
  }
};

TEST_F(Disturbed, stopped_for_longer_than_its_lease_it_lets_go_what_it_holds) {
  Program shop = start_shop({"--patience", "60"});
  Program run = start_fault(shop, "stall: both, for: 90s");
  run.signal(SIGSTOP);
  // Its answer is held by a process that stands still: TCP brings it, once the lease is over.
  EXPECT_NE(shop.out_line("ok 8"), "");
  run.signal(SIGCONT);
  expect_inconclusive(run.wait(), "and what was held its sender's TCP has sent again");
  EXPECT_EQ(report()["held"]["lost"], 0);
}

TEST_F(Disturbed, without_its_device_it_holds_no_more) {
  Program shop = start_shop({"--patience", "60"});
  Program run = start_fault(shop, "stall: both, for: 2s");
  ASSERT_EQ(Program::run({"ip", "link", "delete", holder_of(run)}).code, 0);
  EXPECT_NE(shop.out_line("ok 8"), "");
  expect_inconclusive(run.wait(), "somebody removed the TUN device");
}

// The reader of the events stands still while the target says more than they have room for.
TEST_F(Disturbed, events_that_nobody_read_are_counted) {
  write_text(path("flood.py"), read_file(CUTPOINT_SOURCE_DIR "/tests/scenarios/flood.py").value());
  ASSERT_EQ(::mkfifo(path("go").c_str(), 0600), 0);
  Program run = start(scenario(
      of_target(fmt::format("command: [/usr/bin/python3, {}], timeout: 90s", path("flood.py")))));
  ASSERT_NE(run.err_line("healed: cut"), "");
  run.signal(SIGSTOP);
  const UniqueFd go(::open(path("go").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(path("flooded")); }));
  run.signal(SIGCONT);
  expect_inconclusive(run.wait(), "events.lost");
  EXPECT_GT(report()["events"]["lost"], 0);
}

TEST_F(Disturbed, target_that_leaves_its_cgroup_ends_the_run) {
  Program shop = start_shop({"--patience", "60"});
  Program run = start_fault(shop, "blackhole: both, for: 1s");
  const auto mount = find_cgroup_mount();
  auto cgroup = Cgroup::open(mount.value(), cgroup_of(shop.pid())).value();
  ASSERT_TRUE(cgroup.move_all_to(mount->point));
  ASSERT_TRUE(cgroup.remove());
  expect_inconclusive(run.wait(), "the target's cgroup was removed");
  EXPECT_NE(shop.out_line("ok"), "");
}

TEST_F(Disturbed, cgroup_that_its_owner_removes_ends_the_run) {
  const auto mount = find_cgroup_mount();
  const std::string group = mount->point + fmt::format("/scenario-test-{}", ::getpid());
  std::filesystem::create_directory(group);
  auto cgroup = Cgroup::open(mount.value(), group).value();
  cgroup.adopt();
  Program run = start(scenario(of_target("cgroup: " + group)));
  ASSERT_NE(run.err_line("armed: cut"), "");
  ASSERT_TRUE(cgroup.remove());
  expect_inconclusive(run.wait(), "the target's cgroup was removed");
}

// As its owner would, in the middle of the cut: the COMMIT was carried out before.
TEST_F(Disturbed, service_that_is_started_again_during_the_cut) {
  Program run = start(split_brain({"workload.patience=60s"}, "3s"));
  ASSERT_NE(run.err_line("fired: partition-at-commit"), "");
  const std::string data = CUTPOINT_TEST_LAB_DIR "/postgres/data";
  const auto postmaster =
      process_id(std::stoi(read_file(data + "/postmaster.pid").value())).value();
  ASSERT_EQ(::kill(postmaster.pid, SIGINT), 0);
  ASSERT_TRUE(await_end(postmaster, Program::longest));
  ASSERT_EQ((LabScript{CUTPOINT_TEST_LAB_DIR, CUTPOINT_TEST_LAB_PORT}.run("up").code), 0);
  const auto ended = run.wait();
  // Truth is known by the xid, which the workload tells: the order is in doubt, and done.
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_GE(report()["belief_vs_truth"]["committed_unacked"], 1);
  EXPECT_EQ(report()["belief_vs_truth"]["unknown"], 0);
}

}  // namespace
}  // namespace cutpoint
