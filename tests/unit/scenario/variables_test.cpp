// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using Variables = ScenarioTest;

std::string with_title(const std::string& title) {
  return replaced(smallest, "scenario: test", "scenario: test\ntitle: " + title);
}

TEST_F(Variables, AreReplacedWhereverTheyStand) {
  environment_ = {{"A", "one"}, {"_b2", "two"}, {"EMPTY", ""}};
  EXPECT_EQ(load_good(with_title("${A}")).title, "one");
  EXPECT_EQ(load_good(with_title("\"<${A}${_b2}> ${EMPTY}.\"")).title, "<onetwo> .");
  EXPECT_EQ(load_good(with_title("|\n  a ${A}\n  b ${_b2}")).title, "a one\nb two\n");
}

TEST_F(Variables, CanBeNumbersAndDurations) {
  environment_ = {{"N", "20"}, {"FOR", "7s"}};
  const Scenario scenario =
      load_good(replaced(replaced(smallest, "for: 3s", "for: \"${FOR}\""), "commit.request }",
                         "commit.request, nth: \"${N}\" }"));
  EXPECT_EQ(scenario.faults.at(0).nth, 20U);
  EXPECT_EQ(scenario.faults.at(0).duration, std::chrono::seconds(7));
}

TEST_F(Variables, AreQuotedByTheirNames) {
  environment_["X"] = "hunter2";
  const std::string told = complaints(load(replaced(smallest, "for: 3s", "for: \"${X}\"")));
  EXPECT_NE(told.find("`for` must be a duration: `${X}` is none"), std::string::npos) << told;
  EXPECT_EQ(told.find("hunter2"), std::string::npos) << told;
  const std::string escaped =
      complaints(load(replaced(smallest, "for: 3s", "for: \"$${A} ${X}\"")));
  EXPECT_NE(escaped.find("`$${A} ${X}` is none"), std::string::npos) << escaped;
  EXPECT_EQ(escaped.find("hunter2"), std::string::npos) << escaped;
}

TEST_F(Variables, StayInTheCommandThatIsWrittenDown) {
  environment_["X"] = "hunter2";
  const Scenario scenario = load_good(replaced(smallest, "workload: { kind: postgres.orders }",
                                               "target: { command: [app, \"--key=${X}\"] }"));
  EXPECT_EQ(scenario.target->command, (std::vector<std::string>{"app", "--key=hunter2"}));
  EXPECT_EQ(scenario.resolved_yaml.find("hunter2"), std::string::npos) << scenario.resolved_yaml;
  EXPECT_EQ(load_good(scenario.resolved_yaml).target->command, scenario.target->command);
}

TEST_F(Variables, AreNeverReadAsYaml) {
  environment_["X"] = "\"a\": [b, *c]\n- d: ~ # ${A} $${";
  const Scenario scenario = load_good(with_title("${X}"));
  EXPECT_EQ(scenario.title, environment_["X"]);
  EXPECT_EQ(load_good(scenario.resolved_yaml).title, environment_["X"]);
  environment_["X"] = "null";
  EXPECT_EQ(load_good(load_good(with_title("${X}")).resolved_yaml).title, "null");
}

TEST_F(Variables, ThatAreNoTextAreUsedAsTheyAre) {
  environment_["X"] = "/tmp/\xff\x01";
  const Scenario scenario = load_good(with_title("${X}"));
  EXPECT_EQ(scenario.title, environment_["X"]);
  EXPECT_EQ(load_good(scenario.resolved_yaml).title, "/tmp/\xef\xbf\xbd\x01");
}

TEST_F(Variables, AreNotReplacedInKeys) {
  environment_["K"] = "scenario";
  EXPECT_EQ(complaints(load(replaced(smallest, "scenario: test", "scenario: test\n\"${K}\": x"))),
            "test.yaml:2:1: unknown key `${K}` in the scenario; valid: scenario, title, seed, "
            "services, target, workload, observe, faults, expect, claims\n"
            "    2 | \"${K}\": x\n"
            "      | ^");
}

TEST_F(Variables, AreEscapedByAnotherDollar) {
  EXPECT_EQ(load_good(with_title("$${A} $$${B} $ {C} $D $")).title, "${A} $${B} $ {C} $D $");
}

TEST_F(Variables, ThatAreNotSetAreNamedWithTheRemedy) {
  environment_["A"] = "x";
  EXPECT_EQ(complaints(load(with_title("\"${A} ${PG} ${A} ${PG}\""))),
            "test.yaml:2:14: environment variable `PG` is not set; set it with `export PG=...`, "
            "and keep it with `sudo --preserve-env=PG`\n"
            "    2 | title: \"${A} ${PG} ${A} ${PG}\"\n"
            "      |              ^\n"
            "test.yaml:2:25: environment variable `PG` is not set; set it with `export PG=...`, "
            "and keep it with `sudo --preserve-env=PG`\n"
            "    2 | title: \"${A} ${PG} ${A} ${PG}\"\n"
            "      |                         ^");
}

TEST_F(Variables, ThatAreNotSetCauseNoOtherMistake) {
  EXPECT_EQ(
      complaints(load(replaced(smallest, "host=h", "${CUTPOINT_PG_DSN}"))),
      "test.yaml:3:35: environment variable `CUTPOINT_PG_DSN` is not set; set it with `export "
      "CUTPOINT_PG_DSN=...`, and keep it with `sudo --preserve-env=CUTPOINT_PG_DSN`\n"
      "    3 |   db: { protocol: postgres, dsn: \"${CUTPOINT_PG_DSN}\" }\n"
      "      |                                   ^");
}

TEST_F(Variables, InABlockArePointedAt) {
  EXPECT_EQ(complaints(load(with_title("|\n  a\n  b ${PG}"))),
            "test.yaml:4:5: environment variable `PG` is not set; set it with `export PG=...`, "
            "and keep it with `sudo --preserve-env=PG`\n"
            "    4 |   b ${PG}\n"
            "      |     ^");
}

TEST_F(Variables, BehindAnEscapeArePointedAtByTheirValue) {
  EXPECT_EQ(complaints(load(with_title("\"a \\x24{PG}\""))),
            "test.yaml:2:8: environment variable `PG` is not set; set it with `export PG=...`, "
            "and keep it with `sudo --preserve-env=PG`\n"
            "    2 | title: \"a \\x24{PG}\"\n"
            "      |        ^");
}

TEST_F(Variables, MustBeClosed) {
  EXPECT_EQ(complaints(load(with_title("a ${PG"))),
            "test.yaml:2:10: `${` without its `}`; write `$${` for a literal `${`\n"
            "    2 | title: a ${PG\n"
            "      |          ^");
  for (const char* title : {"${", "${PG", "${PG ${", "$${} ${"}) {
    const LoadedScenario loaded = load(with_title(title));
    ASSERT_EQ(loaded.diagnostics.size(), 1U) << title;
    EXPECT_EQ(loaded.diagnostics.front().message,
              "`${` without its `}`; write `$${` for a literal `${`");
  }
}

TEST_F(Variables, MustHaveAName) {
  EXPECT_EQ(complaints(load(with_title("${} ${2} ${A:-b}"))),
            "test.yaml:2:8: `${}` names no environment variable; write `$${` for a literal `${`\n"
            "    2 | title: ${} ${2} ${A:-b}\n"
            "      |        ^\n"
            "test.yaml:2:12: `${2}` names no environment variable; write `$${` for a literal `${`\n"
            "    2 | title: ${} ${2} ${A:-b}\n"
            "      |            ^\n"
            "test.yaml:2:17: `${A:-b}` names no environment variable; write `$${` for a literal "
            "`${`\n"
            "    2 | title: ${} ${2} ${A:-b}\n"
            "      |                 ^");
}

TEST_F(Variables, AreReplacedInOverridesAsWell) {
  environment_["FOR"] = "9s";
  EXPECT_EQ(load_good(smallest, {{"faults.cut.do.for", "${FOR}"}}).faults.at(0).duration,
            std::chrono::seconds(9));
  EXPECT_EQ(complaints(load(smallest, {{"title", "${PG}"}})),
            "--set: environment variable `PG` is not set; set it with `export PG=...`, and keep it "
            "with `sudo --preserve-env=PG`\n"
            "      | --set title=${PG}\n"
            "      |             ^");
}

TEST_F(Variables, ThatAnOverrideReplacesNeedNotBeSet) {
  EXPECT_EQ(load_good(with_title("${PG}"), {{"title", "plain"}}).title, "plain");
}

}  // namespace
}  // namespace cutpoint::test
