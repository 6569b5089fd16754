// SPDX-License-Identifier: Apache-2.0
// Runs that take place and prove nothing: exit code 4, with the reasons.
#include <sys/stat.h>

#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

class Inconclusive : public ScenarioTest {
 protected:
  void expect_because(const Program::Ended& ended, const nlohmann::json& reasons) const {
    EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
    EXPECT_EQ(report()["inconclusive_because"], reasons);
  }
};

TEST_F(Inconclusive, target_that_exits_at_once) {
  expect_because(cutpoint(scenario(of_target("command: [\"false\"], user: nobody"))),
                 {"the target ended with exit code 1 before it opened a connection to "
                  "any service",
                  "cut never fired", "the target sent no COMMIT: there is nothing to judge"});
  EXPECT_EQ(report()["why_not_fired"][0]["why"], "The target opened no connection to db.");
}

TEST_F(Inconclusive, target_that_never_exits) {
  expect_because(
      cutpoint(scenario(of_target("command: [sleep, \"1000\"], user: nobody, timeout: 1s"))),
      {"the target did not end within its timeout of 1 s and was ended", "cut never fired",
       "the target sent no COMMIT: there is nothing to judge"});
  EXPECT_EQ(report()["target"]["timed_out"], true);
  EXPECT_EQ(report()["target"]["exited_at_once"], false);
}

TEST_F(Inconclusive, target_that_cannot_be_run) {
  write_text(path("broken"), "#!/no/such/shell\n");
  ASSERT_EQ(::chmod(path("broken").c_str(), 0755), 0);
  const auto ended = cutpoint(scenario(of_target("command: [" + path("broken") + "]")));
  EXPECT_EQ(ended.code, 4) << ended.out;
  EXPECT_NE(ended.out.find("cannot run '" + path("broken") + "': "), std::string::npos)
      << ended.out;
}

TEST_F(Inconclusive, fault_that_never_fires) {
  expect_because(
      cutpoint(split_brain({fault_key + ".at.nth=999"})),
      {"partition-at-commit never fired",
       "postgres.recovers_within: no fault fired and healed: there was nothing to recover from"});
  EXPECT_EQ(report()["why_not_fired"][0]["why"],
            "commit.request was seen 50 times on db, the rule waits for the 999th.");
}

}  // namespace
}  // namespace cutpoint
