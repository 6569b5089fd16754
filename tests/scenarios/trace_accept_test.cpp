// SPDX-License-Identifier: Apache-2.0
// `cutpoint trace` where the service runs: of a connection the end that connects is shown if it is
// on this host, else the one that accepts. The host is a network namespace with a PostgreSQL of its
// own, the other host a second one; a veth pair is the wire between them.
#include <fmt/format.h>
#include <optional>
#include <set>
#include <unistd.h>

#include "controller/util/clock.h"
#include "tests/scenarios/lab_script.h"
#include "tests/scenarios/trace_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr const char* client_address = "10.9.0.1";
constexpr const char* server_address = "10.9.0.2";
// In a namespace of its own any port is free. That of another run is another: whoever connects to
// the same address, in whichever namespace, counts as not seen.
const std::string port = std::to_string(10000 + ::getpid() % 50000);

// A client that stays: a line for each transaction, until it is killed.
constexpr const char* steady_client = R"(
import os, psycopg2, time
connection = psycopg2.connect(os.environ['DSN'])
print('backend', connection.info.backend_pid, flush=True)
cursor = connection.cursor()
while True:
    cursor.execute('SELECT 1')
    connection.commit()
    print('ok', time.monotonic_ns(), flush=True)
    time.sleep(0.02)
)";

class TraceAccept : public Traces<ScenarioTest> {
 protected:
  void SetUp() override {
    ScenarioTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    host_.emplace(NetworkNamespace::create().value());
    elsewhere_.emplace(NetworkNamespace::create().value());
    ip(*host_, {"link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns",
                fmt::format("/proc/{}/fd/{}", ::getpid(), elsewhere_->fd())});
    connect(*host_, server_address);
    connect(*elsewhere_, client_address);
    lab_ = {path("lab"), port, &*host_, server_address};
    const auto up = lab_->run("up");
    ASSERT_EQ(up.code, 0) << up.err;
    const std::string loopback = "@127.0.0.1:";
    server_dsn_ = exported(lab_->run("env").out, "CUTPOINT_PG_DSN") + "?sslmode=disable";
    server_dsn_.replace(server_dsn_.find(loopback), loopback.size(),
                        fmt::format("@{}:", server_address));
  }
  void TearDown() override {
    if (lab_) {
      EXPECT_EQ(lab_->run("down").code, 0);
    }
    ScenarioTest::TearDown();
  }

  static Program::Options in(const NetworkNamespace& netns) {
    Program::Options options;
    options.netns = &netns;
    return options;
  }
  static void ip(const NetworkNamespace& netns, const Words& words) {
    const auto ended = Program::run(Words{"ip"} + words, in(netns));
    ASSERT_EQ(ended.code, 0) << ended.err;
  }
  static void connect(const NetworkNamespace& netns, const std::string& address) {
    ip(netns, {"link", "set", "lo", "up"});
    ip(netns, {"address", "add", address + "/24", "dev", "wire"});
    ip(netns, {"link", "set", "wire", "up"});
  }

  Program start_trace(const Words& options = {}) {
    return start(Words{"trace", "--summary", "--service",
                       fmt::format("db=postgres@{}:{}", server_address, port)} +
                     to_file() + options,
                 in(*host_));
  }

  // One transaction from there; the pid of the backend that served it.
  [[nodiscard]] int ask_from(const NetworkNamespace& netns) const {
    const auto psql =
        Program::run({"psql", "-XqAt", server_dsn_, "-c", "SELECT pg_backend_pid()"}, in(netns));
    EXPECT_EQ(psql.code, 0) << psql.err;
    return std::stoi(psql.out);
  }
  [[nodiscard]] Program start_steady(const NetworkNamespace& netns) const {
    Program::Options options = in(netns);
    options.environment = {{"DSN", server_dsn_}};
    return Program({"/usr/bin/python3", "-c", steady_client}, options);
  }

  // That many transactions of a steady client from now on: it may have told of others before.
  static void await_more(Program& client, int transactions) {
    const std::uint64_t now = monotonic_ns();
    while (transactions > 0) {
      const std::string line = client.out_line("ok ");
      ASSERT_NE(line, "");
      if (std::stoull(line.substr(line.find(' '))) > now) --transactions;
    }
  }

  std::optional<NetworkNamespace> host_;
  std::optional<NetworkNamespace> elsewhere_;
  std::optional<LabScript> lab_;
  std::string server_dsn_;
};

const std::vector<std::string> of_one_query{"startup",         "auth.ok", "backend.key",
                                            "ready",           "query",   "statement",
                                            "commit.implicit", "ready",   "terminate"};

// Histograms name nobody, and so nothing looks at who reads and writes.
TEST_F(TraceAccept, commits_of_a_client_elsewhere_are_measured) {
  Program trace = start_trace({"hist"});
  ASSERT_NE(trace.err_line("tracing"), "");
  Words session{"psql", "-XqAt", server_dsn_};
  for (int i = 0; i < 5; ++i) session = session + Words{"-c", "BEGIN", "-c", "COMMIT"};
  const auto ended = Program::run(session, in(*elsewhere_));
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::vector<json> all = end(trace);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["what"], "histogram");
  EXPECT_EQ(all[0]["measured"], 5);
  EXPECT_EQ(all[0]["passed_over"], 0);
  EXPECT_EQ(all[1]["what"], "summary");
  EXPECT_EQ(all[1]["flows"]["opened"], 1);
  EXPECT_EQ(all[1]["moments"]["db"]["commit.request"], 5);
}

TEST_F(TraceAccept, client_elsewhere_is_seen_once_with_the_backend_that_serves_it) {
  Program trace = start_trace();
  ASSERT_NE(trace.err_line("tracing"), "");
  const int backend = ask_from(*elsewhere_);
  const std::vector<json> all = end(trace);
  EXPECT_EQ(moments_of(all), of_one_query);
  for (const json& line : all) {
    if (!line.contains("moment")) continue;
    SCOPED_TRACE(line.dump());
    EXPECT_TRUE(line["flow"].get<std::string>().starts_with(std::string(client_address) + ":"));
    EXPECT_TRUE(
        line["flow"].get<std::string>().ends_with(fmt::format(" -> {}:{}", server_address, port)));
    EXPECT_EQ(line["pid"], backend) << "of which the kernel told only after the first message";
    EXPECT_EQ(line["comm"], "postgres");
    EXPECT_EQ(line["direction"], line["moment"] == "query" || line["moment"] == "startup" ||
                                         line["moment"] == "statement" ||
                                         line["moment"] == "terminate"
                                     ? "upstream"
                                     : "downstream");
  }
  const json& flows = all.back()["flows"];
  EXPECT_EQ(flows["opened"], 1);
  EXPECT_EQ(flows["accepted"], 1);
  EXPECT_EQ(all.back()["moments"]["db"]["query"], 1);
  EXPECT_EQ(all.back()["not_seen"], json::object()) << "it was made elsewhere, and seen here";
}

TEST_F(TraceAccept, both_ends_here_are_one_flow_of_the_one_that_connects) {
  Program trace = start_trace();
  ASSERT_NE(trace.err_line("tracing"), "");
  EXPECT_GT(ask_from(*host_), 0);
  const std::vector<json> all = end(trace);
  EXPECT_EQ(moments_of(all), of_one_query);
  EXPECT_EQ(all.front()["comm"], "psql");
  EXPECT_EQ(all.back()["flows"]["opened"], 1);
  EXPECT_EQ(all.back()["flows"]["accepted"], 0);
  EXPECT_EQ(all.back()["not_seen"], json::object());
}

TEST_F(TraceAccept, connections_from_before_are_joined_at_one_of_their_ends) {
  Program far = start_steady(*elsewhere_);
  Program near = start_steady(*host_);
  const std::string backend_line = far.out_line("backend ");
  ASSERT_NE(backend_line, "");
  ASSERT_NE(near.out_line("ok"), "");
  ASSERT_NE(far.out_line("ok"), "");
  Program trace = start_trace({"--moment", "commit.ack"});
  ASSERT_NE(trace.err_line("joined: 2 flows were open before"), "");
  // Each has found where messages begin, and goes on.
  await_more(near, 20);
  await_more(far, 20);
  const std::vector<json> all = end(trace);
  EXPECT_EQ(all.back()["flows"]["open_before"], 2);
  EXPECT_EQ(all.back()["flows"]["synchronised"], 2);
  EXPECT_EQ(all.back()["not_seen"], json::object());
  std::set<std::string> who;
  for (const json& line : all) {
    if (line.contains("moment"))
      who.insert(fmt::format("{} {}", line["comm"].get<std::string>(), line["pid"].get<int>()));
  }
  EXPECT_EQ(who,
            (std::set<std::string>{fmt::format("python3 {}", near.pid()),
                                   "postgres " + backend_line.substr(backend_line.find(' ') + 1)}));
}

TEST_F(TraceAccept, peers_that_are_named_are_shown_alone_and_counted_alone) {
  Program trace = start_trace({"--peer", std::string(client_address) + "/32"});
  ASSERT_NE(trace.err_line("tracing"), "");
  EXPECT_GT(ask_from(*host_), 0);
  const int backend = ask_from(*elsewhere_);
  const std::vector<json> all = end(trace);
  ASSERT_FALSE(moments_of(all).empty());
  for (const json& line : all) {
    if (!line.contains("moment")) continue;
    EXPECT_EQ(line["pid"], backend) << line;
  }
  EXPECT_EQ(all.back()["flows"]["opened"], 1);
  EXPECT_EQ(all.back()["moments"]["db"]["query"], 1);
}

}  // namespace
}  // namespace cutpoint
