// SPDX-License-Identifier: Apache-2.0
// Clients as people use them, each in its own way of saying COMMIT: the third one is cut.
#include <filesystem>
#include <fmt/format.h>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

struct Client {
  std::string name;
  std::string command;
  std::string tls{};  // the version, at most; empty: in clear

  friend void PrintTo(const Client& client, std::ostream* out) { *out << client.name; }
};

// Run by sh in the test's own directory.
Client psql() {
  return {"psql", R"(psql -X -q -v ON_ERROR_STOP=1 -f orders.sql "$CUTPOINT_PG_DSN")"};
}

// Of Debian, with Debian's drivers.
Client python(const std::string& name) {
  return {name, "/usr/bin/python3 clients.py " + name};
}

Client pgbench(const std::string& protocol) {
  return {"pgbench_" + protocol,
          "pgbench -n -c 1 -t 6 -f order.pgbench -M " + protocol + R"( "$CUTPOINT_PG_DSN")"};
}

class ClientTest : public ScenarioTest, public testing::WithParamInterface<Client> {
 protected:
  void SetUp() override {
    ScenarioTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (!GetParam().tls.empty()) dsn_ = Lab::tls_dsn(GetParam().tls);
    Lab::psql("DROP TABLE IF EXISTS carts, lines");
    Lab::psql("CREATE TABLE carts (order_id int)");
    write_text(path("orders.sql"), orders_for_psql());
    write_text(path("order.pgbench"), "BEGIN;\nINSERT INTO carts (order_id) VALUES (1);\nEND;\n");
    std::filesystem::copy_file(CUTPOINT_SOURCE_DIR "/tests/scenarios/clients.py",
                               path("clients.py"));
    std::filesystem::permissions(path("clients.py"), std::filesystem::perms(0644));
  }

  // The run, its third COMMIT cut there; the client ends when it is reset.
  json cut(const std::string& position) {
    return run(position, "scope: flow, for: 1s, heal: reset");
  }

  json run(const std::string& position, const std::string& how,
           const std::string& which = "nth: 3") {
    Words words = scenario(fmt::format(R"(scenario: clients
services:
  db: {{ protocol: postgres, dsn: "${{CUTPOINT_PG_DSN}}" }}
target: {{ command: ["false"], user: nobody, timeout: 60s }}
faults:
  - name: cut
    at: {{ service: db, moment: commit.request, position: {}, {} }}
    do: {{ blackhole: both, {} }}
expect:
  - {{ invariant: postgres.acked_is_durable }}
)",
                                       position, which, how));
    words = words + Words{"--", "sh", "-c", "cd " + path("") + " && exec " + GetParam().command};
    const auto ended = cutpoint(words);
    const auto errors = read_file(out() + "/target.stderr");
    output_ = ended.out + ended.err + (errors ? *errors : "");
    return report();
  }

  [[nodiscard]] static std::string rows() { return Lab::psql("SELECT count(*) FROM carts"); }
  [[nodiscard]] const std::string& output() const { return output_; }

 private:
  static std::string orders_for_psql() {
    std::string text;
    for (int order = 1; order <= 6; ++order) {
      text += fmt::format("BEGIN;\nINSERT INTO carts VALUES ({});\nCOMMIT;\n", order);
    }
    return text;
  }

  std::string output_;
};

TEST_P(ClientTest, commit_cut_before_its_request_never_was) {
  const json result = cut("before");
  ASSERT_EQ(result["faults"][0]["fired_count"], 1) << output();
  EXPECT_EQ(result["faults"][0]["cut"]["offset_in_message"], 0);
  EXPECT_EQ(result["events"]["desynchronised"], 0);
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 2) << output();
  EXPECT_EQ(result["belief_vs_truth"]["committed_unacked"], 0) << output();
  EXPECT_EQ(rows(), "2");
}

TEST_P(ClientTest, commit_cut_after_its_request_took_place) {
  const json result = cut("after");
  ASSERT_EQ(result["faults"][0]["fired_count"], 1) << output();
  const json& where = result["faults"][0]["cut"];
  EXPECT_EQ(where["offset_in_message"], where["message_bytes"]);
  EXPECT_EQ(where["late_by"], 0);
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 2) << output();
  EXPECT_EQ(result["belief_vs_truth"]["aborted_unacked"], 0) << output();
  EXPECT_EQ(rows(), "3");
}

// Half of a COMMIT is none, wherever it was torn.
TEST_P(ClientTest, commit_cut_within_its_request_never_was) {
  const json result = cut("byte:5");
  ASSERT_EQ(result["faults"][0]["fired_count"], 1) << output();
  EXPECT_EQ(result["faults"][0]["cut"]["offset_in_message"], 5);
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 2) << output();
  EXPECT_EQ(rows(), "2");
}

INSTANTIATE_TEST_SUITE_P(each, ClientTest,
                         testing::Values(psql(), python("psycopg2"), python("psycopg3"),
                                         python("psycopg3_pipeline"), python("libpq_errors"),
                                         python("asyncpg"), python("asyncpg_prepared"),
                                         pgbench("simple"), pgbench("extended"),
                                         pgbench("prepared")),
                         [](const auto& client) { return client.param.name; });

Client over(const std::string& tls, Client client) {
  client.tls = tls;
  return client;
}

// Bytes are those of the record that holds the COMMIT.
INSTANTIATE_TEST_SUITE_P(tls_1_3, ClientTest,
                         testing::Values(over("TLSv1.3", psql()),
                                         over("TLSv1.3", python("psycopg3_pipeline")),
                                         over("TLSv1.3", python("asyncpg_prepared")),
                                         over("TLSv1.3", pgbench("prepared"))),
                         [](const auto& client) { return client.param.name; });
INSTANTIATE_TEST_SUITE_P(tls_1_2, ClientTest,
                         testing::Values(over("TLSv1.2", python("psycopg2")),
                                         over("TLSv1.2", python("asyncpg"))),
                         [](const auto& client) { return client.param.name; });

class TwoConnections : public ClientTest {
 protected:
  json run_both(const std::string& heal) {
    return run("before", "scope: service, for: 3s, heal: " + heal, "nth: 1");
  }
};

// The second COMMIT met the silence that the first had brought about: it counts like that one.
TEST_P(TwoConnections, commit_into_anothers_cut_never_was) {
  const json result = run_both("reset");
  ASSERT_EQ(result["faults"][0]["fired_count"], 1) << output();
  EXPECT_EQ(result["belief_vs_truth"]["aborted_unacked"], 2) << output();
  EXPECT_EQ(result["belief_vs_truth"]["unknown"], 0) << output();
  EXPECT_EQ(rows(), "0");
}

TEST_P(TwoConnections, commit_into_anothers_cut_is_a_ghost_after_it) {
  const json result = run_both("release");
  ASSERT_EQ(result["faults"][0]["fired_count"], 1) << output();
  EXPECT_EQ(result["belief_vs_truth"]["committed_unacked"], 2) << output();
  EXPECT_EQ(result["belief_vs_truth"]["ghost"], 2) << output();
  EXPECT_EQ(result["belief_vs_truth"]["unknown"], 0) << output();
  EXPECT_EQ(rows(), "2");
}

// While one cut waits for its resets to be accepted, others fire.
class Crowd : public ClientTest {};

TEST_P(Crowd, is_reset_one_after_another) {
  const json result =
      run("before", "scope: flow, for: 10ms, heal: reset", "nth: 20, every: 4, times: 0");
  EXPECT_GT(result["faults"][0]["fired_count"], 10) << output();
  EXPECT_EQ(result["problems"], json::array());
  EXPECT_EQ(result["belief_vs_truth"]["aborted_acked"], 0) << output();
}

INSTANTIATE_TEST_SUITE_P(libpq, Crowd, testing::Values(python("crowd")),
                         [](const auto& client) { return client.param.name; });
INSTANTIATE_TEST_SUITE_P(libpq, TwoConnections, testing::Values(python("two_connections")),
                         [](const auto& client) { return client.param.name; });

}  // namespace
}  // namespace cutpoint
