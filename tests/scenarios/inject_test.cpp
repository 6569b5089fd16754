// SPDX-License-Identifier: Apache-2.0
// `cutpoint inject`: one fault on every kind of target, without a scenario file.
#include <csignal>
#include <filesystem>
#include <fmt/format.h>

#include "controller/util/cgroup.h"
#include "tests/scenarios/shop.h"

namespace cutpoint {
namespace {

using nlohmann::json;

const Words cut_order_8{"--at", "commit.request:after,nth=8", "--do",
                        "blackhole both 2s scope=service"};

class Inject : public ShopTest {
 protected:
  [[nodiscard]] Words of_pid(const Program& shop) const {
    return {"--pid", std::to_string(shop.pid())};
  }
  // As the target of a command.
  [[nodiscard]] Words shop_of(const std::string& orders) const {
    return {"--user", "nobody", "--", "/usr/bin/python3", path("shop.py"), "--orders", orders};
  }

  // A cgroup of the test's own, with the shop in it. It is removed with the returned object.
  static Cgroup place(const std::string& group, const Program& shop) {
    std::filesystem::create_directories(group);
    auto cgroup = Cgroup::open(find_cgroup_mount().value(), group).value();
    cgroup.adopt();
    EXPECT_TRUE(cgroup.add(shop.pid()));
    return cgroup;
  }

  // The run's target begins to work once the rules are armed; the shop survives it.
  Program::Ended run_on_shop(const Words& arguments, Program& shop) {
    Program run = start(arguments);
    EXPECT_NE(run.err_line("armed: "), "");
    open_shop();
    auto ended = run.wait();
    EXPECT_NE(shop.out_line("ok"), "");
    return ended;
  }

  void expect_held(const Program::Ended& ended, const std::string& target, bool asked) const {
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    const json result = report();
    ASSERT_FALSE(result.is_null());
    EXPECT_EQ(result["outcome"], "held");
    EXPECT_EQ(result["readiness"]["verdict"], "not proven");
    EXPECT_EQ(result["readiness"]["because"][0], "nothing was expected of the target");
    EXPECT_EQ(result["invariants"], json::array());
    EXPECT_EQ(result["target"]["kind"], target);
    EXPECT_EQ(result["services"][0]["asked"], asked);
    EXPECT_EQ(result["faults"][0]["fired_count"], 1);
    EXPECT_FALSE(result["faults"][0]["healed"].is_null());
    EXPECT_EQ(result["problems"], json::array());
    EXPECT_NE(ended.out.find("every fault did its work; nothing was to be judged"),
              std::string::npos)
        << ended.out;
    const bool committed = ended.out.find("The target sent no COMMIT.") == std::string::npos;
    EXPECT_EQ(ended.out.find("was only heard, not asked") != std::string::npos, committed && !asked)
        << ended.out;
  }
};

TEST_F(Inject, running_process_is_cut_off_and_goes_on) {
  Program shop = start_shop();
  const auto mount = find_cgroup_mount();
  const auto home = cgroup_of_pid(mount.value(), shop.pid()).value();
  expect_held(run_on_shop(inject(by_address + cut_order_8 + of_pid(shop)), shop), "pid", false);
  EXPECT_EQ(report()["faults"][0]["name"], "blackhole-at-commit.request");
  EXPECT_EQ(cgroup_of_pid(mount.value(), shop.pid()).value(), home);
}

// Nobody tells where its messages begin: what they say has to prove it.
TEST_F(Inject, connection_from_before_is_cut_without_asking_the_service) {
  Program shop = start_shop();
  open_shop();
  ASSERT_NE(shop.out_line("ok"), "");
  const auto ended = cutpoint(inject(
      by_address + Words{"--at", "commit.request", "--do", "blackhole both 2s"} + of_pid(shop)));
  expect_held(ended, "pid", false);
  EXPECT_EQ(report()["target"]["open_before"]["flows"], 1);
  EXPECT_NE(shop.out_line("ok"), "");
}

// At moments of every flow: nothing has to be understood of what is said.
TEST_F(Inject, command_is_refused_as_where_nobody_listens) {
  const auto ended = cutpoint(inject(by_address + Words{"--at", "connect", "--do", "refuse syn"} +
                                     Words{"--", "psql", dsn_, "-c", "SELECT 1"}));
  expect_held(ended, "command", false);
  EXPECT_EQ(report()["faults"][0]["refused"], 1);
  EXPECT_EQ(report()["target"]["exit_code"], 2) << "as psql says that it could not connect";
}

TEST_F(Inject, command_is_reset_in_front_of_a_byte_of_its_stream) {
  const auto ended =
      cutpoint(inject(by_address + Words{"--at", "bytes:60:before", "--do", "reset both"} +
                      Words{"--", "psql", dsn_, "-c", "SELECT 1"}));
  expect_held(ended, "command", false);
  EXPECT_EQ(report()["faults"][0]["name"], "reset-at-bytes");
  EXPECT_EQ(report()["faults"][0]["cut"]["offset_in_message"], 0);
  EXPECT_EQ(report()["target"]["exit_code"], 2);
}

// Let go by the shorter one it would have ended before the longer one lets it go.
TEST_F(Inject, process_that_two_pauses_stop_goes_on_after_both) {
  const Words at_commit{"--at", "commit.request", "--do"};
  const auto ended = cutpoint(inject(by_address + at_commit + Words{"pause process 100ms"} +
                                     at_commit + Words{"pause process 1s"} +
                                     Words{"--", "psql", dsn_, "-c", "BEGIN", "-c", "COMMIT"}));
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(report()["problems"], json::array());
  EXPECT_EQ(report()["target"]["exit_code"], 0);
}

TEST_F(Inject, cgroup_is_cut_off_and_goes_on) {
  Program shop = start_shop();
  const std::string group =
      find_cgroup_mount()->point + fmt::format("/scenario-test-{}", ::getpid());
  const Cgroup cgroup = place(group, shop);
  expect_held(run_on_shop(inject(by_dsn + cut_order_8 + Words{"--cgroup", group}), shop), "cgroup",
              true);
  EXPECT_EQ(cgroup.pids().value(), std::vector<pid_t>{shop.pid()});
}

TEST_F(Inject, unit_is_cut_off_and_goes_on) {
  Program shop = start_shop();
  const std::string unit = fmt::format("scenario-test-{}", ::getpid());
  const std::string slice = find_cgroup_mount()->point + "/" + unit + ".slice";
  std::filesystem::create_directory(slice);
  auto above = Cgroup::open(find_cgroup_mount().value(), slice).value();
  above.adopt();
  const Cgroup cgroup = place(slice + "/" + unit + ".service", shop);
  expect_held(run_on_shop(inject(by_address + cut_order_8 + Words{"--unit", unit}), shop), "unit",
              false);
  EXPECT_EQ(cgroup.pids().value(), std::vector<pid_t>{shop.pid()});

  const auto none = cutpoint(inject(by_address + cut_order_8 + Words{"--unit", unit + "-x"}));
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.err, fmt::format("cutpoint: target: no cgroup below {} is that of unit "
                                  "{}-x.service\n"
                                  "  → is it running? `systemctl status` names its cgroup\n",
                                  find_cgroup_mount()->point, unit));
}

TEST_F(Inject, unit_is_a_target_of_a_scenario_too) {
  Program shop = start_shop();
  const std::string unit = fmt::format("scenario-test-{}.scope", ::getpid());
  const Cgroup cgroup = place(find_cgroup_mount()->point + "/" + unit, shop);
  const auto ended = run_on_shop(scenario(yaml(fmt::format("unit: {}, timeout: 60s", unit))) +
                                     Words{"--set", "faults.cut.at.position=before"},
                                 shop);
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_EQ(report()["target"]["kind"], "unit");
  EXPECT_EQ(report()["belief_vs_truth"]["ghost"], 1);
}

TEST_F(Inject, command_is_started_and_may_fail) {
  const auto ended = cutpoint(
      inject(by_address + Words{"--at", "commit.ack:byte:3,nth=2", "--do", "reset client"} +
             shop_of("3")));
  expect_held(ended, "command", false);
  EXPECT_EQ(report()["faults"][0]["cut"]["offset_in_message"], 3);
}

// What the server's answers do not tell is not known, and not called aborted either.
TEST_F(Inject, service_that_is_only_heard_leaves_in_doubt_what_it_did_not_answer) {
  const auto ended = cutpoint(
      inject(by_address +
             Words{"--at", "commit.request:before,nth=2", "--do", "blackhole both 2s heal=reset"} +
             shop_of("3")));
  expect_held(ended, "command", false);
  const json counts = report()["belief_vs_truth"];
  EXPECT_EQ(counts["committed_acked"], 2);
  EXPECT_EQ(counts["committed_unacked"], 0);
}

TEST_F(Inject, interrupt_heals_at_once_and_leaves_nothing) {
  Program shop = start_shop();
  Program run = start(
      inject(by_address +
             Words{"--at", "commit.request,nth=8", "--do", "blackhole both 9m scope=service"} +
             of_pid(shop)));
  ASSERT_NE(run.err_line("armed: "), "");
  open_shop();
  ASSERT_NE(run.err_line("fired: "), "");
  run.signal(SIGINT);
  EXPECT_NE(shop.out_line("ok 9"), "");
  const auto ended = run.wait();
  EXPECT_EQ(ended.code, 130) << ended.out << ended.err;
  EXPECT_NE(ended.err.find("healed: blackhole-at-commit.request"), std::string::npos) << ended.err;
  EXPECT_EQ(report()["interrupted"], true);
  EXPECT_EQ(residue(), "");
  // Of others' runs it may tell.
  const auto cleared = cutpoint({"clear"});
  EXPECT_EQ(cleared.code, 0) << cleared.err;
  EXPECT_EQ(cleared.out.find("run '"), std::string::npos) << cleared.out;
}

TEST_F(Inject, interrupt_ends_a_command) {
  Program run = start(inject(by_address + Words{"--at", "commit.request", "--do", "stall both 9m"} +
                             shop_of("20")));
  ASSERT_NE(run.err_line("fired: "), "");
  run.signal(SIGINT);
  EXPECT_EQ(run.wait().code, 130);
  EXPECT_EQ(residue(), "");
}

TEST_F(Inject, fault_that_never_fires_is_inconclusive) {
  const auto ended = cutpoint(inject(
      by_address + Words{"--at", "commit.request,nth=999", "--do", "reset both"} + shop_of("3")));
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_EQ(report()["inconclusive_because"], json::array({"reset-at-commit.request never fired"}));
}

TEST_F(Inject, time_that_is_over_ends_a_fault_without_limit) {
  Program shop = start_shop();
  const auto ended = run_on_shop(
      inject(by_address + Words{"--at", "query,times=0", "--do", "delay 10ms", "--timeout", "10s"} +
             of_pid(shop)),
      shop);
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_GT(report()["faults"][0]["fired_count"].get<int>(), 1);
  EXPECT_EQ(report()["target"]["timed_out"], true);
}

TEST_F(Inject, every_host_at_a_port_needs_to_be_meant) {
  const Words any{"--service", fmt::format("any=postgres@:{}", CUTPOINT_TEST_LAB_PORT)};
  const Words act = Words{"--at", "any/commit.request,nth=2", "--do", "reset both"} + shop_of("3");
  const auto refused = cutpoint(inject(any + act));
  EXPECT_EQ(refused.code, 2);
  EXPECT_EQ(refused.err,
            fmt::format("cutpoint: service `any` names no host: every connection of the target to "
                        "port {0}, wherever it leads, would be of it\n"
                        "  → write `host:{0}`, or say --yes-really\n",
                        CUTPOINT_TEST_LAB_PORT));
  EXPECT_FALSE(std::filesystem::exists(out()));
  expect_held(cutpoint(inject(Words{"--yes-really"} + any + act)), "command", false);
}

TEST_F(Inject, every_host_but_those_that_are_services_themselves) {
  const Words services =
      by_address + Words{"--service", fmt::format("any=postgres@:{}", CUTPOINT_TEST_LAB_PORT)};
  const auto ended = cutpoint(inject(Words{"--yes-really"} + services +
                                     Words{"--at", "any/commit.request", "--do", "reset both",
                                           "--at", "db/commit.request", "--do", "delay 10ms"} +
                                     shop_of("3")));
  EXPECT_EQ(ended.code, 4) << ended.out;
  EXPECT_EQ(report()["faults"][0]["fired_count"], 0);
  EXPECT_EQ(report()["faults"][1]["fired_count"], 1);
}

TEST_F(Inject, long_fault_needs_to_be_meant) {
  const std::string refusal =
      "lasts 660 s, longer than 600 s: the target may not recover from it\n"
      "  → shorten it, or say --yes-really\n";
  const auto injected = cutpoint(
      inject(by_address + Words{"--at", "query", "--do", "stall both 11m"} + shop_of("1")));
  EXPECT_EQ(injected.code, 2);
  EXPECT_EQ(injected.err, "cutpoint: fault `stall-at-query` " + refusal);
  const auto run = cutpoint(split_brain({}, "11m"));
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.err, "cutpoint: fault `partition-at-commit` " + refusal);
  EXPECT_EQ(cutpoint(split_brain({}, "11m") + Words{"--yes-really", "--dry-run"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(Inject, address_that_nobody_connects_to_is_refused) {
  const auto ended =
      cutpoint(inject(Words{"--service", "db=postgres@[::]:5432"} + cut_order_8 + shop_of("1")));
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.err,
            "cutpoint: service `db`: :: is no host's address\n"
            "  → name the host's own, such as 127.0.0.1; for every host at port 5432, write "
            "`address: :5432` and say --yes-really\n");
}

TEST_F(Inject, dry_run_tells_and_touches_nothing) {
  Program shop = start_shop();
  open_shop();
  ASSERT_NE(shop.out_line("ok"), "");
  const Words any{"--service", fmt::format("db=postgres@:{}", CUTPOINT_TEST_LAB_PORT)};
  const auto ended =
      cutpoint(inject(Words{"--dry-run", "--yes-really"} + any + cut_order_8 + of_pid(shop)));
  EXPECT_EQ(ended.code, 0) << ended.err;
  for (const std::string& part :
       {std::string("blackhole-at-commit.request: blackhole both 2 s, scope service, after "
                    "commit.request of db, nth 8"),
        fmt::format("db: *:{}", CUTPOINT_TEST_LAB_PORT), " -> " + lab_address}) {
    EXPECT_NE(ended.out.find(part), std::string::npos) << "no \"" << part << "\" in\n" << ended.out;
  }
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(Inject, mistakes_are_shown_in_the_options) {
  const auto ended = cutpoint(inject(
      by_address + Words{"--at", "commit.requst:after", "--do", "blackhole bot 30", "--pid", "1"}));
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.err,
            "--at: unknown moment `commit.requst` of protocol `postgres`; did you mean "
            "`commit.request`?\n"
            "      | --at commit.requst:after\n"
            "      |      ^\n"
            "--do: unknown value `bot` of `blackhole`; did you mean `both`?\n"
            "      | --do blackhole bot 30\n"
            "      |                ^\n"
            "--do: `for` must be a duration: `30` has no unit; write e.g. `30s`\n"
            "      | --do blackhole bot 30\n"
            "      |                    ^\n");
  EXPECT_EQ(ended.out, "");
  EXPECT_FALSE(std::filesystem::exists(out()));
}

}  // namespace
}  // namespace cutpoint
