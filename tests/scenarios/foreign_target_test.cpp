// SPDX-License-Identifier: Apache-2.0
// Targets that are not cutpoint's own workload: a command, a running process, a cgroup.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>

#include "controller/util/cgroup.h"
#include "tests/scenarios/shop.h"

namespace cutpoint {
namespace {

using nlohmann::json;

const Words before_commit{"--set", "faults.cut.at.position=before"};

// The client was not told of its eighth COMMIT, which was carried out.
void expect_one_in_doubt(const json& report) {
  EXPECT_EQ(report["faults"][0]["fired_count"], 1);
  EXPECT_EQ(report["belief_vs_truth"]["committed_unacked"], 1);
  EXPECT_EQ(report["belief_vs_truth"]["aborted_unacked"], 0);
  EXPECT_EQ(report["belief_vs_truth"]["unknown"], 0);
  EXPECT_EQ(report["problems"], json::array());
}

class ForeignTarget : public ShopTest {};

TEST_F(ForeignTarget, command_is_judged_by_its_wire_alone) {
  // The transaction is open as long as its COMMIT is held back: its xid can be read.
  const auto ended = cutpoint(scenario(yaml(command())) + before_commit);
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  const json result = report();
  expect_one_in_doubt(result);
  EXPECT_EQ(result["belief_vs_truth"]["ghost"], 1);
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 19);
  EXPECT_EQ(result["target"]["has_history"], false);
  EXPECT_EQ(result["target"]["exit_code"], 0);
  EXPECT_EQ(counted_orders(), "20|20");
}

// Once its COMMIT has arrived the transaction may be over before its xid was read. But the server's
// TCP repeats its answer, and after the heal that tells.
TEST_F(ForeignTarget, command_in_doubt_is_known_by_the_answer_that_nobody_heard) {
  const auto ended = cutpoint(scenario(yaml(command())));
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  const json result = report();
  expect_one_in_doubt(result);
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 19);
  EXPECT_EQ(result["belief_vs_truth"]["ghost"], 0);
}

// A reset heal leaves nothing to be repeated: what cannot be known is not claimed.
TEST_F(ForeignTarget, command_in_doubt_is_never_called_aborted) {
  const auto ended =
      cutpoint(scenario(yaml(command())) + Words{"--set", "faults.cut.do.heal=reset"});
  const json counts = report()["belief_vs_truth"];
  EXPECT_EQ(counts["committed_acked"], 19);
  EXPECT_EQ(counts["committed_unacked"].get<int>() + counts["unknown"].get<int>(), 1) << counts;
  EXPECT_EQ(ended.code, counts["unknown"] == 1 ? 4 : 1) << ended.out;
}

TEST_F(ForeignTarget, command_tells_its_belief_in_a_history) {
  const auto ended = cutpoint(scenario(yaml(command(", --history"))));
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  const json result = report();
  expect_one_in_doubt(result);
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 19);
  EXPECT_EQ(result["target"]["has_history"], true);
  EXPECT_EQ(result["target"]["history_malformed"], 0);
  EXPECT_EQ(result["attempts"][0]["id"], "8");
  EXPECT_EQ(counted_orders(), "20|20");
}

// Python's subprocess closes every descriptor that it was not told of.
TEST_F(ForeignTarget, history_is_open_to_what_a_wrapper_starts) {
  const auto ended =
      cutpoint(scenario(yaml("command: [\"false\"], user: nobody")) +
               Words{"--", "/usr/bin/python3", "-c",
                     "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))",
                     "/usr/bin/python3", path("shop.py"), "--history"});
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  const json result = report();
  expect_one_in_doubt(result);
  EXPECT_EQ(result["target"]["has_history"], true);
  EXPECT_EQ(result["attempts"][0]["id"], "8");
}

TEST_F(ForeignTarget, history_must_be_within_the_users_reach) {
  ASSERT_TRUE(std::filesystem::create_directories(path("closed")));
  ASSERT_EQ(::chmod(path("closed").c_str(), 0700), 0);
  use_state(path("closed") + "/state");
  const auto ended = cutpoint(scenario(yaml(command())));
  EXPECT_EQ(ended.code, 3);
  EXPECT_NE(ended.err.find("cutpoint: the target's user nobody cannot open its history, " +
                           path("closed") + "/state/"),
            std::string::npos)
      << ended.err;
}

// The command ends at once; what it left in the background places the orders.
TEST_F(ForeignTarget, processes_that_a_command_leaves_are_waited_for) {
  const auto ended = cutpoint(
      scenario(yaml("command: [\"false\"], user: nobody, timeout: 60s")) + before_commit +
      Words{"--", "sh", "-c", "/usr/bin/python3 " + path("shop.py") + " --history & exit 0"});
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_NE(ended.err.find("still waiting for the end of 1 process of it"), std::string::npos)
      << ended.err;
  const json result = report();
  expect_one_in_doubt(result);
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 19);
  EXPECT_EQ(result["target"]["exit_code"], 0);
  EXPECT_EQ(result["target"]["exited_at_once"], false);
  EXPECT_EQ(counted_orders(), "20|20");
}

TEST_F(ForeignTarget, daemon_that_a_command_leaves_is_not_waited_for) {
  const auto ended =
      cutpoint(scenario(yaml("command: [\"false\"], user: nobody, timeout: 60s")) + before_commit +
               Words{"--", "sh", "-c", "sleep 1000 & exec /usr/bin/python3 " + path("shop.py")});
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_NE(ended.err.find("not waiting for 1 process, silent for 10 s"), std::string::npos)
      << ended.err;
  expect_one_in_doubt(report());
}

TEST_F(ForeignTarget, command_line_replaces_the_target) {
  const auto ended = cutpoint(scenario(yaml("command: [\"false\"], timeout: 60s")) + before_commit +
                              Words{"--", "/usr/bin/python3", path("shop.py")});
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  expect_one_in_doubt(report());
}

TEST_F(ForeignTarget, running_process_is_taken_and_given_back) {
  Program shop = start_shop();
  const auto mount = find_cgroup_mount();
  const auto home = cgroup_of_pid(mount.value(), shop.pid()).value();

  Program run =
      start(scenario(yaml(fmt::format("pid: {}, timeout: 60s", shop.pid()))) + before_commit);
  ASSERT_NE(run.err_line("armed: cut"), "");
  EXPECT_NE(cgroup_of_pid(mount.value(), shop.pid()).value(), home);
  open_shop();
  const auto ended = run.wait();

  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  expect_one_in_doubt(report());
  EXPECT_EQ(cgroup_of_pid(mount.value(), shop.pid()).value(), home);
  // It goes on undisturbed.
  EXPECT_NE(shop.out_line("ok"), "");
}

TEST_F(ForeignTarget, cgroup_is_left_as_it_was) {
  const auto mount = find_cgroup_mount();
  const std::string group = mount->point + fmt::format("/scenario-test-{}", ::getpid());
  std::filesystem::create_directory(group);
  auto cgroup = Cgroup::open(mount.value(), group).value();
  cgroup.adopt();
  Program shop = start_shop();
  ASSERT_TRUE(cgroup.add(shop.pid()));

  Program run =
      start(scenario(yaml(fmt::format("cgroup: {}, timeout: 60s", group))) + before_commit);
  ASSERT_NE(run.err_line("armed: cut"), "");
  open_shop();
  const auto ended = run.wait();

  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  expect_one_in_doubt(report());
  EXPECT_EQ(cgroup.pids().value(), std::vector<pid_t>{shop.pid()});
  EXPECT_NE(shop.out_line("ok"), "");
}

TEST_F(ForeignTarget, process_that_ends_ends_the_run) {
  Program shop = start_shop();
  Program run = start(scenario(yaml(fmt::format("pid: {}, timeout: 90s", shop.pid()))));
  ASSERT_NE(run.err_line("armed: cut"), "");
  shop.signal(SIGKILL);
  const auto ended = run.wait();
  EXPECT_EQ(ended.code, 4) << ended.out;
  EXPECT_EQ(report()["target"]["timed_out"], false);
}

// The server hears the end of the stream, of which the client knows nothing: neither could believe
// what the other acknowledges any more.
TEST_F(ForeignTarget, client_of_a_stream_that_was_ended_is_not_left_waiting) {
  Program shop = start_shop({"--patience", "60"});
  Program run = start(fault_on(shop, "moment: commit.request, nth: 8",
                               "truncate: 100, then: fin, for: 300ms, heal: release"));
  ASSERT_NE(run.err_line("armed: cut"), "");
  open_shop();
  EXPECT_NE(shop.out_line("unknown 8"), "");
  EXPECT_NE(shop.out_line("ok 9"), "");
  const auto ended = run.wait();
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(report()["belief_vs_truth"]["committed_unacked"], 1);
}

TEST_F(ForeignTarget, observe_mode_alters_nothing) {
  const auto ended =
      cutpoint(scenario(yaml(command())) + Words{"--set", "faults.cut.mode=observe"});
  const json result = report();
  const json& fault = result["faults"][0];
  EXPECT_EQ(fault["would_fire"], 1);
  EXPECT_EQ(fault["fired_count"], 0);
  EXPECT_EQ(fault["segments_swallowed"], 0);
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 20);
  EXPECT_NE(ended.err.find("would have fired: cut"), std::string::npos) << ended.err;
  EXPECT_EQ(ended.code, 0) << ended.out;
  EXPECT_EQ(counted_orders(), "20|20");
}

TEST_F(ForeignTarget, dry_run_tells_and_touches_nothing) {
  Program shop = start_shop();
  open_shop();
  ASSERT_NE(shop.out_line("ok"), "");
  const auto mount = find_cgroup_mount();
  const auto home = cgroup_of_pid(mount.value(), shop.pid()).value();
  const auto ended =
      cutpoint(scenario(yaml(fmt::format("pid: {}", shop.pid()))) + Words{"--dry-run"});

  EXPECT_EQ(ended.code, 0) << ended.err;
  const std::string address = fmt::format("127.0.0.1:{}", CUTPOINT_TEST_LAB_PORT);
  const std::string process = fmt::format("process {}", shop.pid());
  for (const std::string& part :
       {std::string("cut: blackhole both 2 s, scope service, after commit.request of db, nth 8"),
        "db: " + address, std::string("sockops on "), std::string("tcx egress of lo"), process,
        fmt::format("pid {}: 127.0.0.1:", shop.pid()), " -> " + address}) {
    EXPECT_NE(ended.out.find(part), std::string::npos) << "no \"" << part << "\" in\n" << ended.out;
  }
  EXPECT_EQ(cgroup_of_pid(mount.value(), shop.pid()).value(), home);
  EXPECT_FALSE(std::filesystem::exists(out()));
  EXPECT_NE(shop.out_line("ok"), "");
}

}  // namespace
}  // namespace cutpoint
