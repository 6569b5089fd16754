// SPDX-License-Identifier: Apache-2.0
// What Prometheus is told during a trace is what its summary says; what --rate leaves out is told.
#include <fmt/format.h>
#include <sstream>
#include <thread>

#include "controller/util/clock.h"
#include "tests/scenarios/trace_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class TraceNumbers : public Traces<ScenarioTest> {
 protected:
  [[nodiscard]] Words traced(const Words& options) const {
    return Words{"trace", "--summary"} + to_file() + by_address + options;
  }
};

// Where the trace says that its page is; "": nowhere.
std::string metrics_url(Program& trace) {
  const std::string told = trace.err_line("metrics: http://127.0.0.1:");
  return told.empty() ? "" : told.substr(told.find("http://"));
}

std::string scrape(const std::string& url) {
  auto ended = Program::run({"curl", "--silent", "--show-error", "--fail", url});
  EXPECT_EQ(ended.code, 0) << ended.err;
  return ended.out;
}

// Of a sample as it stands there, labels and all; -1: there is none.
double sample(const std::string& page, const std::string& name) {
  std::istringstream text(page);
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  return -1;
}

// The page is a second old at most.
std::string await_sample(const std::string& url, const std::string& name, double value) {
  constexpr auto between_looks = std::chrono::milliseconds(100);
  std::string page;
  for (const Deadline deadline(Program::longest); !deadline.passed();) {
    page = scrape(url);
    if (sample(page, name) == value) return page;
    std::this_thread::sleep_for(between_looks);
  }
  return page;
}

std::string moment(const std::string& name) {
  return fmt::format(R"(cutpoint_moments_total{{service="db",moment="{}"}})", name);
}

TEST_F(TraceNumbers, prometheus_is_told_what_the_summary_says) {
  ASSERT_EQ(Program::run({"pgbench", "--initialize", "--quiet", "--no-vacuum", dsn_}).code, 0);
  Program trace = start(traced({"--moment", "error", "--metrics", "127.0.0.1:0"}));
  const std::string url = metrics_url(trace);
  ASSERT_NE(url, "");
  ASSERT_NE(trace.err_line("tracing"), "");
  Program load({"pgbench", "--no-vacuum", "--client=4", "--transactions=250", dsn_});
  EXPECT_EQ(
      sample(await_sample(url, "cutpoint_events_lost_total", 0), "cutpoint_events_lost_total"), 0)
      << "while it works";
  ASSERT_EQ(load.wait().code, 0);
  ASSERT_NE(Program::run({"psql", "-Xq", dsn_, "-c", "SELECT * FROM nowhere"}).code, 0);
  const std::string errors = R"(cutpoint_errors_total{service="db",code="42P01"})";
  await_sample(url, errors, 1);
  const std::string page = await_sample(url, R"(cutpoint_flows_open{service="db"})", 0);

  const json summary = end(trace).back();
  EXPECT_EQ(summary["lost"], 0);
  EXPECT_EQ(summary["moments"]["db"]["commit.ack"], 1000);
  for (const auto& [name, count] : summary["moments"]["db"].items()) {
    EXPECT_EQ(sample(page, moment(name)), count.get<double>()) << name;
  }
  for (const auto& [request, answer] :
       {std::pair("commit.request", "commit.ack"), std::pair("query", "ready")}) {
    const json& latency = summary["latencies"][fmt::format("{} -> {}", request, answer)];
    const auto of_histogram = [&, of = request, by = answer](const char* what, const char* more) {
      return sample(page, fmt::format(R"(cutpoint_answer_duration_seconds_{}{{service="db",)"
                                      R"(request="{}",answer="{}"{}}})",
                                      what, of, by, more));
    };
    const auto count = latency["count"].get<double>();
    EXPECT_EQ(of_histogram("count", ""), count);
    EXPECT_EQ(of_histogram("bucket", R"(,le="+Inf")"), count);
    EXPECT_GT(of_histogram("sum", ""), count * 0.9e-9 * latency["p50_ns"].get<double>() / 2);
  }
  EXPECT_EQ(sample(page, errors), 1);
  EXPECT_EQ(sample(page, "cutpoint_events_lost_total"), 0);
  const std::string query = R"({service="db",request="query",answer="ready"})";
  EXPECT_EQ(sample(page, "cutpoint_requests_in_flight" + query), 0);
  EXPECT_EQ(sample(page, R"(cutpoint_flows_not_synchronised{service="db"})"), 0);
  EXPECT_EQ(page.find("pgbench"), std::string::npos) << "labels are bounded";
}

TEST_F(TraceNumbers, request_that_waits_is_in_flight) {
  Program trace = start(traced({"--metrics", "127.0.0.1:0"}));
  const std::string url = metrics_url(trace);
  ASSERT_NE(url, "");
  ASSERT_NE(trace.err_line("tracing"), "");
  const Program psql({"psql", "-Xq", dsn_, "-c", "SELECT pg_sleep(600)"});
  const std::string query = R"({service="db",request="query",answer="ready"})";
  const std::string page = await_sample(url, "cutpoint_requests_in_flight" + query, 1);
  EXPECT_EQ(sample(page, "cutpoint_requests_in_flight" + query), 1);
  EXPECT_GT(sample(page, "cutpoint_oldest_request_in_flight_seconds" + query), 0);
  EXPECT_EQ(sample(page, R"(cutpoint_flows_open{service="db"})"), 1);
  EXPECT_EQ(trace.interrupt().code, 0);
}

TEST_F(TraceNumbers, address_that_is_taken_or_vague_is_refused) {
  Program trace = start(traced({"--metrics", "127.0.0.1:0"}));
  const std::string url = metrics_url(trace);
  ASSERT_NE(url, "");
  ASSERT_NE(trace.err_line("tracing"), "");
  std::string address = url.substr(url.find("127.0.0.1"));
  address = address.substr(0, address.find('/'));
  const auto with = [&](const std::string& metrics) {
    return cutpoint(Words{"trace", "--for", "1s", "--metrics", metrics} + by_address);
  };
  const auto taken = with(address);
  EXPECT_EQ(taken.code, 3);
  EXPECT_NE(taken.err.find(address + ": Address already in use"), std::string::npos) << taken.err;
  for (const char* vague : {":9464", "9464", "localhost:9464"}) {
    const auto refused = with(vague);
    EXPECT_EQ(refused.code, 2) << vague;
    EXPECT_NE(refused.err.find("--metrics 127.0.0.1:9464"), std::string::npos) << refused.err;
  }
  EXPECT_EQ(trace.interrupt().code, 0);
}

TEST_F(TraceNumbers, lines_past_the_rate_are_counted) {
  Words queries;
  for (int i = 0; i < 50; ++i) queries = queries + Words{"-c", "SELECT 1"};
  const auto ended = cutpoint(
      traced({"--moment", "query", "--rate", "5/s", "--", "psql", "-Xqo", "/dev/null", dsn_}) +
      queries);
  ASSERT_EQ(ended.code, 0) << ended.err;
  int shown = 0;
  int told = 0;
  for (const json& line : lines()) {
    shown += line.contains("moment") ? 1 : 0;
    if (line.value("what", "") == "not_shown") told += line["lines"].get<int>();
  }
  EXPECT_GE(shown, 5);
  EXPECT_LT(shown, 50);
  EXPECT_EQ(shown + told, 50);
  EXPECT_EQ(lines().back()["not_shown"], told);
  EXPECT_EQ(lines().back()["moments"]["db"]["query"], 50) << "counted, though not shown";
}

}  // namespace
}  // namespace cutpoint
