// SPDX-License-Identifier: Apache-2.0
// However a controller ends during a cut, the network is whole again at once, and nothing is left
// but a record.
#include <chrono>
#include <csignal>
#include <fmt/format.h>

#include "tests/scenarios/controller_death.h"

namespace cutpoint {
namespace {

using Clock = std::chrono::steady_clock;

// The lease is 2 s; a slow machine needs longer to show it.
constexpr auto bound = std::chrono::seconds(10);

void expect_soon(Clock::time_point since, const std::string& what) {
  const auto took = Clock::now() - since;
  EXPECT_LT(took, bound);
  fmt::print("{} after {} ms\n", what,
             std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
}

TEST_F(ControllerDeath, killed_controller_leaves_a_record_and_nothing_else) {
  Program run = start_cut_run();
  run.signal(SIGKILL);
  const auto killed = Clock::now();
  EXPECT_EQ(Lab::psql("SELECT 1"), "1");
  expect_soon(killed, "a new connection succeeded");
  EXPECT_EQ(run.wait().code, 128 + SIGKILL);
  EXPECT_EQ(residue(), "");
  expect_soon(killed, "nothing was left");

  const std::string told = clear();
  EXPECT_TRUE(contains(told, "run 'split-brain', started ")) << told;
  EXPECT_TRUE(contains(told, "died in phase workload")) << told;
  EXPECT_TRUE(contains(told, "fault partition-at-commit was fired: blackhole both")) << told;
  EXPECT_TRUE(contains(told, "removed cgroup ")) << told;
  EXPECT_EQ(clear(), "Nothing to clear.\n");
}

TEST_F(ControllerDeath, killed_controller_gives_the_target_its_network_back) {
  std::optional<Program> run;
  Program shop = start_cut_shop(run);
  run->signal(SIGKILL);
  const auto killed = Clock::now();
  EXPECT_NE(shop.out_line("ok 9"), "");
  expect_soon(killed, "the target was answered again");
  run->wait();
  EXPECT_EQ(residue(), "");
  EXPECT_FALSE(contains(cgroup_of(shop.pid()), "cutpoint"));
  EXPECT_TRUE(contains(clear(), "moved to "));
}

TEST_F(ControllerDeath, record_says_who_delivers_what_was_held) {
  Program shop = start_shop({"--patience", "60"});
  Program run = start_fault(shop, "stall: both, for: 90s");
  run.signal(SIGKILL);
  EXPECT_NE(shop.out_line("ok 8"), "");
  run.wait();
  ASSERT_EQ(residue(), "");
  const std::string told = clear();
  EXPECT_TRUE(contains(told,
                       "cut had fired and was not over. The segments that cutpoint held went with "
                       "it: their sender's TCP sends them again"))
      << told;
}

TEST_F(ControllerDeath, next_run_tells_of_the_dead_one) {
  Program dead = start_cut_run();
  dead.signal(SIGKILL);
  dead.wait();
  ASSERT_EQ(residue(), "");
  const auto next = cutpoint(split_brain({}, "1s"));
  EXPECT_EQ(next.code, 1);
  EXPECT_TRUE(contains(next.err, "died in phase workload")) << next.err;
  EXPECT_TRUE(contains(next.err, "`cutpoint clear` removes")) << next.err;
}

TEST_F(ControllerDeath, killed_with_its_guardian_it_cuts_no_longer) {
  std::optional<Program> run;
  Program shop = start_cut_shop(run);
  const pid_t guard = guardian();
  ASSERT_NE(guard, 0);
  ::kill(guard, SIGKILL);
  run->signal(SIGKILL);
  const auto killed = Clock::now();
  EXPECT_NE(shop.out_line("ok 9"), "");
  expect_soon(killed, "the target was answered again");
  run->wait();
  EXPECT_EQ(unheld_bpf_objects(before()), std::vector<std::string>());
  EXPECT_TRUE(contains(cgroup_of(shop.pid()), "cutpoint-shop"));

  const std::string told = clear();
  EXPECT_TRUE(contains(told, "its guardian died, too")) << told;
  EXPECT_TRUE(contains(told, "moved to ")) << told;
  EXPECT_EQ(residue(), "");
  EXPECT_EQ(clear(), "Nothing to clear.\n");
  EXPECT_FALSE(contains(cgroup_of(shop.pid()), "cutpoint"));
}

TEST_F(ControllerDeath, killed_with_its_guardian_its_workload_is_cleared) {
  Program run = start_cut_run();
  const pid_t guard = guardian();
  ASSERT_NE(guard, 0);
  ::kill(guard, SIGKILL);
  run.signal(SIGKILL);
  run.wait();
  const std::string told = clear();
  EXPECT_TRUE(contains(told, "removed: cgroup ")) << told;
  EXPECT_TRUE(contains(told, "1 process killed")) << told;
  EXPECT_EQ(residue(), "");
  EXPECT_EQ(clear(), "Nothing to clear.\n");
}

TEST_F(ControllerDeath, stopped_controller_loses_its_lease) {
  std::optional<Program> run;
  // Long enough for a lease of 2 s to end well before the cut does.
  Program shop = start_cut_shop(run, {"--set", "faults.cut.do.for=6s"});
  run->signal(SIGSTOP);
  EXPECT_NE(shop.out_line("ok 9"), "");
  run->signal(SIGCONT);
  const auto ended = run->wait();
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_GT(report()["events"]["counters"]["lease.lapsed"], 0);
  EXPECT_NE(ended.out.find("stopped for longer than its lease"), std::string::npos) << ended.out;
}

struct Step {
  const char* name;
  const char* line;
};

class KilledAt : public ControllerDeath, public testing::WithParamInterface<Step> {};

TEST_P(KilledAt, leaves_nothing) {
  Program run = start(split_brain({}, "1s"));
  ASSERT_NE(run.err_line(GetParam().line), "");
  run.signal(SIGKILL);
  run.wait();
  EXPECT_EQ(residue(), "");
  clear();
  EXPECT_EQ(clear(), "Nothing to clear.\n");
}

INSTANTIATE_TEST_SUITE_P(each, KilledAt,
                         testing::Values(Step{"steady_state", "phase: steady state"},
                                         Step{"arm", "phase: arm"}, Step{"armed", "armed: "},
                                         Step{"workload", "phase: workload"},
                                         Step{"heal", "healed: "},
                                         Step{"target_ended", "target ended"},
                                         Step{"verify", "phase: verify"}),
                         [](const auto& step) { return std::string(step.param.name); });

class SignalTest : public ControllerDeath, public testing::WithParamInterface<int> {};

TEST_P(SignalTest, during_the_cut_heals_reports_and_exits_130) {
  Program run = start_cut_run();
  run.signal(GetParam());
  const auto ended = run.wait();
  EXPECT_EQ(ended.code, 130) << ended.err;
  EXPECT_TRUE(contains(ended.err, "healed: partition-at-commit")) << ended.err;
  EXPECT_TRUE(contains(ended.out, "Belief × truth")) << ended.out;
  EXPECT_EQ(report()["interrupted"], true);
  EXPECT_EQ(report()["exit_code"], 130);
  EXPECT_EQ(residue(), "");
  EXPECT_EQ(clear(), "Nothing to clear.\n");
}

TEST_P(SignalTest, before_arming_ends_the_run) {
  Program run = start(split_brain({}));
  ASSERT_NE(run.err_line("phase: steady state"), "");
  run.signal(GetParam());
  const auto ended = run.wait();
  EXPECT_EQ(ended.code, 130) << ended.err;
  EXPECT_FALSE(contains(ended.err, "fired: ")) << ended.err;
}

TEST_P(SignalTest, before_the_cut_ends_the_run) {
  Program run = start(split_brain({fault_key + ".at.nth=1000000", "workload.orders=1000000"}));
  ASSERT_NE(run.err_line("phase: workload"), "");
  run.signal(GetParam());
  EXPECT_EQ(run.wait().code, 130);
}

INSTANTIATE_TEST_SUITE_P(each, SignalTest, testing::Values(SIGINT, SIGTERM, SIGHUP),
                         [](const auto& signal) {
                           return std::string(sigabbrev_np(signal.param));
                         });

}  // namespace
}  // namespace cutpoint
