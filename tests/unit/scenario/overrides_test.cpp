// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using namespace std::chrono_literals;
using Overrides = ScenarioTest;

const std::string full =
    replaced(replaced(smallest, "kind: postgres.orders",
                      "kind: postgres.orders, patience: 10s, retry: naive, give_up: close"),
             "commit.request }", "commit.request, position: after, nth: 20 }");

TEST_F(Overrides, ReplaceWhatIsThere) {
  const Scenario scenario = load_good(full, {{"faults.cut.do.for", "7s"},
                                             {"faults.cut.at.position", "before"},
                                             {"faults.cut.at.moment", "commit.ack"},
                                             {"workload.patience", "1s"},
                                             {"workload.retry", "none"},
                                             {"workload.give_up", "tcp_user_timeout"}});
  EXPECT_EQ(scenario.faults.at(0).duration, 7s);
  EXPECT_EQ(scenario.faults.at(0).position, CUT_BEFORE);
  EXPECT_EQ(scenario.faults.at(0).moment, "commit.ack");
  EXPECT_EQ(scenario.faults.at(0).moment_direction, CUT_DOWNSTREAM);
  EXPECT_EQ(scenario.faults.at(0).nth, 20U);
  EXPECT_EQ(scenario.workload->patience, 1s);
  EXPECT_EQ(scenario.workload->retry, Retry::none);
  EXPECT_EQ(scenario.workload->give_up, GiveUp::tcp_user_timeout);
}

TEST_F(Overrides, AddWhatIsNotThere) {
  const Scenario scenario = load_good(smallest, {{"faults.cut.do.heal", "reset"},
                                                 {"faults.cut.at.position", "byte:5"},
                                                 {"workload.patience", "never"},
                                                 {"title", "'a: b'"},
                                                 {"seed", "7"}});
  EXPECT_EQ(scenario.faults.at(0).heal, CUT_HEAL_RESET);
  EXPECT_EQ(scenario.faults.at(0).position, CUT_BYTE);
  EXPECT_EQ(scenario.faults.at(0).byte, 5U);
  EXPECT_EQ(scenario.workload->patience, std::nullopt);
  EXPECT_EQ(scenario.title, "a: b");
  EXPECT_EQ(scenario.seed, 7U);
}

TEST_F(Overrides, ReplaceWholeSections) {
  const Scenario scenario =
      load_good(smallest, {{"faults.cut.do", "{ blackhole: up, for: 1s }"},
                           {"services.other", "{ protocol: postgres, dsn: host=o }"},
                           {"faults.cut.at.service", "other"},
                           {"workload.service", "db"},
                           {"expect.0.service", "db"}});
  EXPECT_EQ(scenario.faults.at(0).directions, CUT_UP);
  EXPECT_EQ(scenario.services.at(1).dsn, "host=o");
  EXPECT_EQ(scenario.faults.at(0).service, "other");
}

TEST_F(Overrides, EnterListsByNameOrIndex) {
  EXPECT_EQ(load_good(smallest, {{"faults.0.do.for", "8s"}}).faults.at(0).duration, 8s);
  EXPECT_EQ(load_good(smallest, {{"expect.postgres.acked_is_durable.severity", "low"}})
                .expect.at(0)
                .severity,
            Severity::low);
  EXPECT_EQ(load_good(smallest, {{"expect.1", "{ invariant: postgres.belief_agrees }"}})
                .expect.at(1)
                .invariant,
            "postgres.belief_agrees");
}

TEST_F(Overrides, TakeTheLongestNameThatFits) {
  const std::string text = replaced(
      replaced(smallest, "name: cut", "name: cut.now"), "expect:",
      "  - { name: cut, at: { service: db, moment: query }, do: { blackhole: up, for: 1s } }\n"
      "expect:");
  const Scenario scenario =
      load_good(text, {{"faults.cut.now.do.for", "5s"}, {"faults.cut.do.for", "6s"}});
  EXPECT_EQ(scenario.faults.at(0).duration, 5s);
  EXPECT_EQ(scenario.faults.at(1).duration, 6s);
}

TEST_F(Overrides, TakeTheLastOfSeveral) {
  EXPECT_EQ(load_good(smallest, {{"seed", "1"}, {"seed", "2"}}).seed, 2U);
}

TEST_F(Overrides, MendAMistakeOfTheFile) {
  const std::string text = replaced(smallest, "for: 3s", "for: 3");
  EXPECT_EQ(load_good(text, {{"faults.cut.do.for", "3s"}}).faults.at(0).duration, 3s);
}

struct BadOverride {
  std::string name;
  std::string key;
  std::string value;
  std::string complaint;
};

using BadOverrides = InOwnDirectory<::testing::TestWithParam<BadOverride>>;

TEST_P(BadOverrides, AreExplainedInPlace) {
  const BadOverride& bad = GetParam();
  EXPECT_EQ(complaints(load(smallest, {{bad.key, bad.value}})), bad.complaint);
}

const std::vector<BadOverride> bad_overrides{
    {"unknown_list_item", "faults.cutt.do.for", "3s",
     R"(--set: there is no `cutt` in `faults`; did you mean `cut`?
      | --set faults.cutt.do.for=3s
      |              ^)"},
    {"unknown_section", "workloat.patience", "1s",
     R"(--set: there is no `workloat` in the scenario; did you mean `workload`?
      | --set workloat.patience=1s
      |       ^)"},
    {"unknown_section_near_to_none", "xyzzy.patience", "1s",
     R"(--set: there is no `xyzzy` in the scenario; valid: scenario, services, workload, faults, expect
      | --set xyzzy.patience=1s
      |       ^)"},
    {"unknown_key", "workload.patence", "1s",
     R"(--set: unknown key `patence` in `workload`; did you mean `patience`?
      | --set workload.patence=1s
      |                ^)"},
    {"unknown_inner_key", "faults.cut.att.nth", "1",
     R"(--set: there is no `att` in `faults.cut`; did you mean `at`?
      | --set faults.cut.att.nth=1
      |                  ^)"},
    {"index_beyond_the_end", "faults.5.do.for", "1s",
     R"(--set: there is no `5` in `faults`; valid: cut, 0
      | --set faults.5.do.for=1s
      |              ^)"},
    {"single_value_entered", "scenario.x", "1",
     R"(--set: `scenario` is a single value: there is no `x` in it
      | --set scenario.x=1
      |                ^)"},
    {"empty_key", "", "1", R"(--set: a key is a dotted path, e.g. `faults.NAME.do.for`
      | --set =1
      |       ^)"},
    {"empty_element", "faults..do", "1", R"(--set: a key is a dotted path, e.g. `faults.NAME.do.for`
      | --set faults..do=1
      |       ^)"},
    {"bad_value", "faults.cut.do.for", "3",
     R"(--set: `for` must be a duration: `3` has no unit; write e.g. `3s`
      | --set faults.cut.do.for=3
      |                         ^)"},
    {"bad_part_of_a_value", "faults.cut.do", "{ blackhole: both, for: 3x }",
     R"(--set: `for` must be a duration: unknown unit `x` in `3x`; valid: ns, us, ms, s, m, h
      | --set faults.cut.do={ blackhole: both, for: 3x }
      |                                             ^)"},
    {"unknown_moment", "faults.cut.at.moment", "commit.ak",
     R"(--set: unknown moment `commit.ak` of protocol `postgres`; did you mean `commit.ack`?
      | --set faults.cut.at.moment=commit.ak
      |                            ^)"},
    {"empty_value", "workload.patience", "",
     R"(--set: `patience` is empty: it must be a duration, e.g. 30s
      | --set workload.patience=
      |                         ^)"},
    {"not_utf8", "title", "a\xff", "--set: `title` is given no UTF-8 text"},
    {"not_yaml", "title", "[a", R"(--set: not YAML: this `[` is never closed
      | --set title=[a
      |             ^)"},
    {"password_is_masked", "services.db.dns", "postgresql://u:secret@h/d",
     R"(--set: unknown key `dns` in service `db`; did you mean `dsn`?
      | --set services.db.dns=postgresql://u:******@h/d
      |                   ^)"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadOverrides, ::testing::ValuesIn(bad_overrides),
                         [](const auto& input) { return input.param.name; });

TEST_F(Overrides, OfAnAmbiguousItemAskForTheIndex) {
  const std::string text =
      smallest + "  - { invariant: postgres.acked_is_durable, severity: low }\n";
  EXPECT_EQ(complaints(load(text, {{"expect.postgres.acked_is_durable.severity", "high"}})),
            "--set: `expect` holds several called `postgres.acked_is_durable`; use the index, from "
            "0\n"
            "      | --set expect.postgres.acked_is_durable.severity=high\n"
            "      |              ^");
}

TEST_F(Overrides, ComeBehindTheFileAndInTheirOrder) {
  EXPECT_EQ(complaints(load(replaced(smallest, "for: 3s", "for: 3"),
                            {{"workload.orders", "0"}, {"seed", "x"}})),
            "test.yaml:8:33: `for` must be a duration: `3` has no unit; write e.g. `3s`\n"
            "    8 |     do: { blackhole: both, for: 3 }\n"
            "      |                                 ^\n"
            "--set: `orders` must be a whole number from 1 to 1000000, not `0`\n"
            "      | --set workload.orders=0\n"
            "      |                       ^\n"
            "--set: `seed` must be a whole number from 0 to 18446744073709551615, not `x`\n"
            "      | --set seed=x\n"
            "      |            ^");
}

TEST_F(Overrides, OfTheCommandTakeThePlaceOfWhateverRuns) {
  const std::vector<std::string> command{"app", "--dsn=${X}", ""};
  EXPECT_EQ(load_good(smallest, {}, command).target->command, command);
  EXPECT_EQ(load_good(smallest, {}, command).workload, std::nullopt);
  const std::string target =
      replaced(smallest, "workload: { kind: postgres.orders }", "target: { pid: 7, timeout: 9s }");
  const Scenario scenario = load_good(target, {}, command);
  EXPECT_EQ(scenario.target->command, command);
  EXPECT_EQ(scenario.target->pid, std::nullopt);
  EXPECT_EQ(scenario.target->timeout, 9s);
  EXPECT_EQ(load_good(scenario.resolved_yaml).target->command, command);
}

TEST_F(Overrides, OfTheCommandMustNameAProgram) {
  EXPECT_EQ(complaints(load(smallest, {}, {"", "x"})),
            "--: `command[0]` is empty\n      | --  x\n      |    ^");
}

}  // namespace
}  // namespace cutpoint::test
