// SPDX-License-Identifier: Apache-2.0
// `cutpoint trace`: what it shows of a command, of a running process, of a whole host; that it
// moves nobody and leaves nothing.
#include <fmt/format.h>

#include "controller/util/cgroup.h"
#include "tests/scenarios/shop.h"
#include "tests/scenarios/trace_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class Trace : public Traces<ShopTest> {
 protected:
  // Into lines().
  [[nodiscard]] Words traced(const Words& options) const {
    return Words{"trace"} + to_file() + by_address + options;
  }
};

TEST_F(Trace, command_is_shown_moment_by_moment) {
  const auto ended = cutpoint(
      traced({"--", "psql", "-Xq", dsn_, "-c", "BEGIN", "-c", "SELECT 1", "-c", "COMMIT"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::vector<json> all = lines();
  const std::vector<std::string> expected{
      "startup",   "auth.ok",        "backend.key", "ready",     "query",    "begin",
      "statement", "ready",          "query",       "statement", "ready",    "query",
      "statement", "commit.request", "commit.ack",  "ready",     "terminate"};
  EXPECT_EQ(moments_of(all), expected);
  std::uint64_t seq = 0;
  for (const json& line : all) {
    SCOPED_TRACE(line.dump());
    EXPECT_EQ(line["seq"], ++seq);
    EXPECT_GT(line["ns"], 0);
    EXPECT_EQ(line["service"], "db");
    EXPECT_TRUE(line["flow"].get<std::string>().ends_with(" -> " + lab_address));
    EXPECT_EQ(line["comm"], "psql") << "it has ended by now: the kernel alone can have told";
    EXPECT_GT(line["pid"], 0);
    EXPECT_TRUE(line["direction"] == "upstream" || line["direction"] == "downstream");
  }
  EXPECT_NE(ended.out.find("(1 row)"), std::string::npos) << "what the command printed";
}

TEST_F(Trace, moments_that_are_named_are_shown_alone) {
  const auto ended = cutpoint(traced({"--moment", "commit.implicit", "--summary", "--", "psql",
                                      "-Xq", dsn_, "-c", "SELECT 1", "-c", "SELECT 2"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::vector<json> all = lines();
  const json summary = all.back();
  EXPECT_EQ(moments_of(all), (std::vector<std::string>{"commit.implicit", "commit.implicit"}));
  EXPECT_EQ(summary["what"], "summary");
  EXPECT_EQ(summary["lost"], 0);
  EXPECT_EQ(summary["flows"]["opened"], 1);
  EXPECT_EQ(summary["moments"]["db"]["query"], 2) << "counted, though not shown";
  EXPECT_EQ(summary["not_seen"], json::object());
}

TEST_F(Trace, unknown_moment_is_refused_with_the_nearest) {
  const auto ended = cutpoint(traced({"--moment", "comit.ack", "--for", "1s"}));
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("did you mean `commit.ack`?"), std::string::npos) << ended.err;
}

TEST_F(Trace, running_process_is_joined_where_it_is) {
  Program shop = start_shop();
  const auto mount = find_cgroup_mount();
  const auto home = cgroup_of_pid(mount.value(), shop.pid()).value();
  open_shop();
  ASSERT_NE(shop.out_line("ok"), "");
  Program trace = start(Words{"trace", "--format", "jsonl", "--summary"} + by_address +
                        Words{"--pid", std::to_string(shop.pid())});
  ASSERT_NE(trace.err_line("joined: 1 flow was open before"), "");
  ASSERT_NE(trace.err_line("tracing"), "");
  EXPECT_EQ(cgroup_of_pid(mount.value(), shop.pid()).value(), home);
  ASSERT_NE(trace.out_line("commit.ack"), "") << "it has found where messages begin";
  const auto ended = trace.interrupt();
  ASSERT_EQ(ended.code, 0);
  ASSERT_NE(shop.out_line("ok"), "") << "it goes on";
  const std::vector<json> all = json_lines(ended.out);
  EXPECT_EQ(all.front()["pid"], shop.pid());
  EXPECT_EQ(all.front()["comm"], "python3");
  EXPECT_EQ(all.back()["flows"]["open_before"], 1);
  EXPECT_EQ(all.back()["flows"]["synchronised"], 1);
}

TEST_F(Trace, process_beside_the_one_that_is_named_is_not_shown) {
  Program shop = start_shop();
  Program trace = start(traced({"--pid", std::to_string(shop.pid()), "--summary"}));
  ASSERT_NE(trace.err_line("tracing"), "");
  ASSERT_EQ(Program::run({"psql", "-Xq", dsn_, "-c", "SELECT 1"}).code, 0);
  open_shop();
  ASSERT_NE(shop.out_line("ok"), "");
  ASSERT_NE(shop.out_line("ok"), "");
  ASSERT_EQ(trace.interrupt().code, 0);
  const std::vector<json> all = lines();
  ASSERT_FALSE(moments_of(all).empty());
  for (const json& line : all) {
    if (!line.contains("moment")) continue;
    EXPECT_EQ(line["pid"], shop.pid()) << line;
  }
  EXPECT_EQ(all.back()["flows"]["opened"], 1);
}

// Each in a process that lives for some milliseconds.
TEST_F(Trace, whole_host_is_shown_with_its_processes) {
  Program trace = start(traced({"--moment", "query"}));
  ASSERT_NE(trace.err_line("tracing"), "");
  std::vector<pid_t> pids;
  for (int i = 0; i < 3; ++i) {
    Program psql({"psql", "-Xq", dsn_, "-c", "SELECT 1"}, with_environment());
    pids.push_back(psql.pid());
    ASSERT_EQ(psql.wait().code, 0);
  }
  ASSERT_EQ(trace.interrupt().code, 0);
  std::vector<pid_t> seen;
  for (const json& line : lines()) seen.push_back(line["pid"]);
  EXPECT_EQ(seen, pids);
}

TEST_F(Trace, ends_by_itself_and_ends_its_command) {
  const auto ended = cutpoint(traced({"--for", "200ms", "--", "sleep", "1000"}));
  EXPECT_EQ(ended.code, 0) << ended.err;
}

TEST_F(Trace, slow_answers_alone_are_shown_with_what_they_answer) {
  // The COMMIT waits for a deferred constraint, which sleeps.
  Lab::psql(
      "CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$");
  Lab::psql("DROP TABLE IF EXISTS slow_commits");
  Lab::psql("CREATE TABLE slow_commits (id int)");
  Lab::psql(
      "CREATE CONSTRAINT TRIGGER be_slow AFTER INSERT ON slow_commits DEFERRABLE INITIALLY "
      "DEFERRED FOR EACH ROW EXECUTE FUNCTION be_slow()");
  const Words fast{"-c", "BEGIN", "-c", "SELECT 1", "-c", "COMMIT"};
  const Words slow{"-c", "BEGIN", "-c", "INSERT INTO slow_commits VALUES (1)", "-c", "COMMIT"};
  const auto ended = cutpoint(Words{"trace", "slow", "--over", "300ms"} + to_file() + by_address +
                              Words{"--", "psql", "-Xq", dsn_} + fast + slow + fast);
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::vector<json> all = lines();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["moment"], "commit.ack");
  EXPECT_EQ(all[0]["after"], "commit.request");
  EXPECT_GE(all[0]["took_ns"], 300'000'000);
  EXPECT_EQ(all[0]["comm"], "psql");
  EXPECT_EQ(all[0]["timeouts"], 0);
}

TEST_F(Trace, histogram_has_every_commit_and_needs_no_event) {
  Words commits;
  for (int i = 0; i < 7; ++i) commits = commits + Words{"-c", "BEGIN", "-c", "COMMIT"};
  const auto ended = cutpoint(Words{"trace", "hist", "--summary"} + to_file() + by_address +
                              Words{"--", "psql", "-Xq", dsn_} + commits);
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::vector<json> all = lines();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["what"], "histogram");
  EXPECT_EQ(all[0]["from"], "commit.request");
  EXPECT_EQ(all[0]["to"], "commit.ack");
  EXPECT_EQ(all[0]["measured"], 7);
  EXPECT_EQ(all[0]["passed_over"], 0);
  // Each answer is in the bucket that its latency, as the trace has it from events, belongs to.
  const json& latency = all[1]["latencies"]["commit.request -> commit.ack"];
  EXPECT_EQ(latency["count"], 7);
  EXPECT_GE(all[0]["buckets"].back()["below_ns"], latency["max_ns"]);
}

TEST_F(Trace, histogram_of_what_cannot_be_measured_is_refused) {
  const auto ended =
      cutpoint({"trace", "hist", "--service", "broker=amqp@127.0.0.1:5672", "--for", "1s"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("not measured in the kernel"), std::string::npos) << ended.err;
  const auto inside = cutpoint(
      {"trace", "hist", "--service", "db=postgres@127.0.0.1:5432,tls=true", "--for", "1s"});
  EXPECT_EQ(inside.code, 2);
  EXPECT_NE(inside.err.find("not measured in the kernel: inside of TLS"), std::string::npos)
      << inside.err;
}

}  // namespace
}  // namespace cutpoint
