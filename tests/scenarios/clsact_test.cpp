// SPDX-License-Identifier: Apache-2.0
// Runs whose programs hang on clsact filters, as on kernels without tcx links. Filters outlive a
// killed controller.
#include "controller/util/clsact.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>

#include "tests/scenarios/controller_death.h"

namespace cutpoint {
namespace {

constexpr int loopback = 1;  // its index in every network namespace

class ClsactRun : public ControllerDeath {
 protected:
  void SetUp() override {
    ControllerDeath::SetUp();
    if (!IsSkipped()) qdiscs_before_ = list_clsact_qdiscs().value();
  }
  void TearDown() override {
    if (!IsSkipped()) {
      EXPECT_EQ(list_clsact_qdiscs().value(), qdiscs_before_);
    }
    ControllerDeath::TearDown();
  }

  static Words over_clsact(const Words& arguments) { return arguments + hooks(); }
  static Words hooks() { return {"--hooks", "clsact"}; }

  // Of one run, on loopback.
  static std::size_t filters_of(const Program& run) {
    const auto filters = list_filters(loopback).value();
    return static_cast<std::size_t>(std::count_if(
        filters.begin(), filters.end(),
        [&](const TcFilter& filter) { return maker_of_filter(filter.name) == run.pid(); }));
  }

 private:
  std::map<int, std::string> qdiscs_before_;
};

TEST_F(ClsactRun, cuts_and_proves_as_over_tcx) {
  const auto ended = cutpoint(over_clsact(split_brain({}, "1s")));
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  const auto names = report()["host"]["hooks"].get<std::vector<std::string>>();
  for (const char* hook : {"clsact/egress lo", "clsact/egress lo (received)",
                           "clsact/ingress of the segmenter", "sockops"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), hook), names.end()) << hook;
  }
  EXPECT_EQ(report()["belief_vs_truth"]["duplicate"], 1);
  EXPECT_EQ(report()["events"]["lost"], 0);
}

TEST_F(ClsactRun, killed_controller_leaves_its_filters_to_the_guardian) {
  std::optional<Program> run;
  Program shop = start_cut_shop(run, hooks());
  EXPECT_EQ(filters_of(*run), 2U);
  run->signal(SIGKILL);
  EXPECT_NE(shop.out_line("ok 9"), "");
  run->wait();
  EXPECT_EQ(residue(), "");
  const std::string told = clear();
  EXPECT_TRUE(contains(told, "removed 2 tc filters of lo in network namespace")) << told;
  EXPECT_TRUE(contains(told, "removed clsact qdisc of lo in network namespace")) << told;
}

TEST_F(ClsactRun, killed_with_its_guardian_it_cuts_no_longer_and_clear_removes_its_filters) {
  std::optional<Program> run;
  Program shop = start_cut_shop(run, hooks());
  const pid_t guard = guardian();
  ASSERT_NE(guard, 0);
  ::kill(guard, SIGKILL);
  run->signal(SIGKILL);
  EXPECT_NE(shop.out_line("ok 9"), "") << "the lease is over";
  run->wait();
  EXPECT_EQ(filters_of(*run), 2U) << "they are still there, and inert";

  const std::string told = clear();
  EXPECT_TRUE(contains(told, "removed: 2 tc filters of lo in network namespace")) << told;
  EXPECT_EQ(residue(), "");
  EXPECT_EQ(clear(), "Nothing to clear.\n");
}

TEST_F(ClsactRun, second_run_in_the_same_network_is_refused) {
  std::optional<Program> run;
  const Program shop = start_cut_shop(run, hooks());
  use_host("[::1]");  // another service, as far as its address tells
  const auto second = cutpoint(over_clsact(scenario(of_target("command: [\"true\"]"))));
  EXPECT_EQ(second.code, 3);
  EXPECT_TRUE(
      contains(second.err, fmt::format("another cutpoint (pid {}) is already working on the "
                                       "clsact qdiscs of network namespace ",
                                       run->pid())))
      << second.err;
  run->signal(SIGINT);
  EXPECT_EQ(run->wait().code, 130);
}

TEST_F(ClsactRun, dry_run_names_them) {
  const auto ended = cutpoint(over_clsact(split_brain({})) + Words{"--dry-run"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(contains(ended.out, "clsact egress of lo")) << ended.out;
}

}  // namespace
}  // namespace cutpoint
