// SPDX-License-Identifier: Apache-2.0
// pgbouncer between the application and PostgreSQL: a COMMIT passes twice, and can be cut on either
// leg. Which one it was, the addresses of the cut say.
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

const int lab_port = std::stoi(CUTPOINT_TEST_LAB_PORT);
const int pooler_port = lab_port + 1;

class PoolerTest : public ScenarioTest, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    ScenarioTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (::access(pgbouncer, X_OK) != 0) GTEST_SKIP() << "needs Debian's pgbouncer";
    Lab::psql("DROP TABLE IF EXISTS carts, lines");
    Lab::psql("CREATE TABLE carts (order_id int)");
  }

  // In the pool mode of the test, with at most so many connections to the server.
  Program start_pooler(int pool_size) {
    const Account nobody = find_account("nobody").value();
    write_text(path("pgbouncer.ini"), configuration(pool_size));
    // It holds the lab's password.
    EXPECT_EQ(::chmod(path("pgbouncer.ini").c_str(), 0600), 0);
    EXPECT_EQ(::chown(path("pgbouncer.ini").c_str(), nobody.uid, nobody.gid), 0);
    Program::Options options;
    options.user = nobody;
    Program pooler({pgbouncer, path("pgbouncer.ini")}, options);
    EXPECT_NE(pooler.err_line("process up"), "");
    return pooler;
  }
  static std::string pooler_dsn() {
    return fmt::format("postgresql://cutpoint@127.0.0.1:{}/cutpoint", pooler_port);
  }
  // psql, with so many orders, one transaction each.
  static std::string client(int orders) {
    std::string command = "exec psql -X -q -v ON_ERROR_STOP=1 " + pooler_dsn();
    for (int i = 0; i < orders; ++i) {
      command += " -c begin -c 'insert into carts values (1)' -c commit";
    }
    return command;
  }
  static Program::Ended run_client(int orders) {
    return Program::run({"sh", "-c", client(orders)});
  }
  // The third COMMIT of the target is cut there.
  static std::string third_commit_of(const std::string& target, const std::string& position) {
    return fmt::format(R"(scenario: pooler
services:
  db: {{ protocol: postgres, dsn: "${{CUTPOINT_PG_DSN}}" }}
target: {{ {} }}
faults:
  - name: cut
    at: {{ service: db, moment: commit.request, position: {}, nth: 3 }}
    do: {{ blackhole: both, scope: flow, for: 1s, heal: reset }}
expect:
  - {{ invariant: postgres.acked_is_durable }}
)",
                       target, position);
  }
  void expect_cut_on_leg_to(int port, const std::string& position) {
    const json result = report();
    ASSERT_EQ(result["faults"][0]["fired_count"], 1) << result["why_not_fired"];
    const json& cut = result["faults"][0]["cut"];
    const std::string flow = cut["flow"];
    EXPECT_TRUE(flow.ends_with(fmt::format("-> 127.0.0.1:{}", port))) << flow;
    EXPECT_EQ(cut["offset_in_message"], position == "before" ? json(0) : cut["message_bytes"]);
    EXPECT_EQ(result["events"]["desynchronised"], 0);
    EXPECT_EQ(Lab::psql("SELECT count(*) FROM carts"), position == "before" ? "2" : "3");
  }

 private:
  static constexpr const char* pgbouncer = "/usr/sbin/pgbouncer";

  // Any user is let in, and becomes the lab's.
  static std::string configuration(int pool_size) {
    return fmt::format(R"([databases]
cutpoint = {}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {}
unix_socket_dir =
auth_type = any
pool_mode = {}
default_pool_size = {}
ignore_startup_parameters = extra_float_digits,options
)",
                       server(), pooler_port, GetParam(), pool_size);
  }
  static std::string server() {
    const std::string& dsn = Lab::dsn();  // postgresql://user:password@host:port/database
    const std::size_t begin = dsn.find(':', dsn.find("//")) + 1;
    return fmt::format("host=127.0.0.1 port={} dbname=cutpoint user=cutpoint password={}", lab_port,
                       dsn.substr(begin, dsn.find('@') - begin));
  }
};

TEST_P(PoolerTest, commit_is_cut_on_the_clients_leg) {
  const Program pooler = start_pooler(5);
  dsn_ = pooler_dsn();
  for (const std::string position : {"before", "after"}) {
    SCOPED_TRACE(position);
    Lab::psql("TRUNCATE carts");
    const auto ended = cutpoint(
        scenario(third_commit_of("command: [\"false\"], user: nobody, timeout: 60s", position)) +
        Words{"--", "sh", "-c", client(4)});
    expect_cut_on_leg_to(pooler_port, position);
    std::filesystem::rename(out(), path(position));
  }
}

// The pooler is the target. Of the COMMITs of three clients, which share one connection that was
// open before, the third is cut.
TEST_P(PoolerTest, commit_is_cut_on_the_servers_leg) {
  for (const std::string position : {"before", "after"}) {
    SCOPED_TRACE(position);
    Program pooler = start_pooler(1);
    ASSERT_EQ(run_client(1).code, 0);
    Lab::psql("TRUNCATE carts");
    Program run = start(
        scenario(third_commit_of(fmt::format("pid: {}, timeout: 60s", pooler.pid()), position)));
    ASSERT_NE(run.err_line("armed: cut"), "");
    EXPECT_EQ(run_client(1).code, 0);
    EXPECT_EQ(run_client(1).code, 0);
    EXPECT_NE(run_client(1).code, 0) << "its COMMIT was not answered";
    ASSERT_NE(run.err_line("healed: cut"), "");
    pooler.signal(SIGTERM);
    run.wait();
    expect_cut_on_leg_to(lab_port, position);
    const json result = report();
    EXPECT_EQ(result["target"]["open_before"], (json{{"flows", 1}, {"synchronised", 1}}));
    EXPECT_EQ(result["faults"][0]["moments_seen"], 3) << "three clients, one connection";
    EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 2);
    std::filesystem::rename(out(), path(position));
  }
}

INSTANTIATE_TEST_SUITE_P(mode, PoolerTest, testing::Values("session", "transaction"),
                         [](const auto& mode) { return mode.param; });

}  // namespace
}  // namespace cutpoint
