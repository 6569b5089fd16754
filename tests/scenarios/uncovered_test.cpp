// SPDX-License-Identifier: Apache-2.0
// Connections that cutpoint cannot read: the run is inconclusive and says why, whatever else it
// saw.
#include <fmt/format.h>

#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class UncoveredTest : public ScenarioTest {
 protected:
  // The client's COMMIT is not cut; why, as the report says it.
  std::string why_not_cut(const std::string& user, const std::string& command) {
    Words words = scenario(of_target("command: [\"false\"], timeout: 60s, user: " + user));
    const auto ended = cutpoint(words + Words{"--", "sh", "-c", command});
    EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
    const json result = report();
    EXPECT_EQ(result["faults"][0]["fired_count"], 0);
    EXPECT_EQ(result["outcome"], "inconclusive");
    return result["why_not_fired"][0]["why"];
  }
  // By the socket directory, which only its owner can enter, as the superuser.
  static void as_superuser(const std::string& sql) {
    Program::Options options;
    options.user = find_account("postgres").value();
    const auto ended =
        Program::run({"psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", Lab::socket_directory(), "-p",
                      CUTPOINT_TEST_LAB_PORT, "-c", sql, "postgres"},
                     options);
    ASSERT_EQ(ended.code, 0) << ended.err;
  }
};

TEST_F(UncoveredTest, P30_unix_domain_socket) {
  const std::string client =
      fmt::format("psql -X -v ON_ERROR_STOP=1 -c begin -c commit \"$CUTPOINT_PG_DSN&host={}\"",
                  Lab::socket_directory());
  EXPECT_EQ(why_not_cut("postgres", client), "The target opened no connection to db.");
}

class ReplicationTest : public UncoveredTest {
 protected:
  void SetUp() override {
    UncoveredTest::SetUp();
    if (!IsSkipped()) as_superuser("ALTER ROLE cutpoint REPLICATION");
  }
  void TearDown() override {
    if (!IsSkipped()) as_superuser("ALTER ROLE cutpoint NOREPLICATION");
    UncoveredTest::TearDown();
  }
};

TEST_F(ReplicationTest, P27_walsender_that_commits) {
  const std::string client =
      "psql -X -v ON_ERROR_STOP=1 -c IDENTIFY_SYSTEM -c begin -c commit "
      "\"$CUTPOINT_PG_DSN&replication=database\"";
  const std::string why = why_not_cut("nobody", client);
  EXPECT_NE(why.find("1 flow asked for replication, a tunnel or an upgrade and was not read."),
            std::string::npos)
      << why;
  EXPECT_EQ(report()["target"]["exit_code"], 0);
}

}  // namespace
}  // namespace cutpoint
