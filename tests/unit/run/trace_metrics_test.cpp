// SPDX-License-Identifier: Apache-2.0
// The page for Prometheus, as text.
#include "controller/run/trace_metrics.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include "controller/run/metrics_server.h"
#include "generated/protocols.h"

namespace cutpoint {
namespace {

constexpr std::size_t queries = 4;  // of moment_pairs()
constexpr std::int64_t second = 1'000'000'000;

cut_event event_of(cut_event_kind kind, std::uint64_t flow = 1) {
  cut_event event{};
  event.flow = flow;
  event.kind = static_cast<std::uint8_t>(kind);
  return event;
}

class TraceMetricsTest : public testing::Test {
 protected:
  std::string page() {
    const TraceSight sight{10 * second, 0, latencies_, counters_, moments_, 5};
    EXPECT_TRUE(metrics_.look(sight).ok());
    return prometheus::TextSerializer().Serialize(metrics_.page()->Collect());
  }
  void expect_line(const std::string& line) {
    const std::string text = page();
    EXPECT_NE(("\n" + text).find("\n" + line + "\n"), std::string::npos) << line << "\n" << text;
  }

  TraceMetrics metrics_{{{"db", CUT_PROTOCOL_POSTGRES}}};
  Latencies latencies_{Exchanges::measured};
  std::array<std::uint64_t, CUT_COUNTERS_TOTAL> counters_{};
  std::vector<MomentCounts> moments_ = std::vector<MomentCounts>(1);
};

TEST_F(TraceMetricsTest, answers_are_a_histogram_by_service_and_pair) {
  metrics_.see(event_of(CUT_EVENT_MOMENT),
               {{queries, 0, 100'000}, {queries, 0, 200'000}, {queries, 0, 90 * second}});
  const std::string labels = R"(service="db",request="query",answer="ready")";
  expect_line("# TYPE cutpoint_answer_duration_seconds histogram");
  expect_line("cutpoint_answer_duration_seconds_bucket{" + labels + R"(,le="0.0001"} 1)");
  expect_line("cutpoint_answer_duration_seconds_bucket{" + labels + R"(,le="0.00025"} 2)");
  expect_line("cutpoint_answer_duration_seconds_bucket{" + labels + R"(,le="60"} 2)");
  expect_line("cutpoint_answer_duration_seconds_bucket{" + labels + R"(,le="+Inf"} 3)");
  expect_line("cutpoint_answer_duration_seconds_count{" + labels + "} 3");
}

TEST_F(TraceMetricsTest, requests_in_flight_are_told_also_where_there_are_none) {
  const std::string labels = R"({service="db",request="query",answer="ready"})";
  expect_line("cutpoint_requests_in_flight" + labels + " 0");
  metrics_.flow_known(event_of(CUT_EVENT_FLOW_OPENED), {});
  cut_event query = event_of(CUT_EVENT_MOMENT);
  query.moments = 1ULL << CUT_PG_QUERY;
  query.exchange = 1;
  query.ns = 7 * second;
  latencies_.see(query, CUT_PROTOCOL_POSTGRES);
  expect_line("cutpoint_requests_in_flight" + labels + " 1");
  expect_line("cutpoint_oldest_request_in_flight_seconds" + labels + " 3");
}

TEST_F(TraceMetricsTest, flows_moments_and_transport_are_counted) {
  metrics_.flow_known(event_of(CUT_EVENT_FLOW_OPENED, 1), {});
  metrics_.flow_known(event_of(CUT_EVENT_FLOW_JOINED, 2), {});
  metrics_.see(event_of(CUT_EVENT_RETRANSMIT), {});
  metrics_.see(event_of(CUT_EVENT_RTO), {});
  moments_[0][CUT_PG_COMMIT_ACK] = 42;
  counters_[CUT_COUNT_EVENTS_LOST] = 7;
  expect_line(R"(cutpoint_flows_open{service="db"} 2)");
  expect_line(R"(cutpoint_flows_not_synchronised{service="db"} 1)");
  expect_line(R"(cutpoint_moments_total{service="db",moment="commit.ack"} 42)");
  expect_line(R"(cutpoint_tcp_retransmits_total{service="db",end="client"} 1)");
  expect_line(R"(cutpoint_tcp_timeouts_total{service="db"} 1)");
  expect_line("cutpoint_events_lost_total 7");
  expect_line("cutpoint_lines_withheld_total 5");
}

TEST_F(TraceMetricsTest, codes_that_are_made_up_do_not_grow_without_bound) {
  cut_event error = event_of(CUT_EVENT_MOMENT);
  error.moments = 1ULL << CUT_PG_ERROR;
  for (std::uint32_t code = 1; code <= 1000; ++code) {
    error.attr[CUT_PG_ATTR_SQLSTATE] = code;
    metrics_.see(error, {});
  }
  const std::string text = page();
  std::size_t lines = 0;
  for (std::size_t at = text.find("\ncutpoint_errors_total{"); at != std::string::npos;
       at = text.find("\ncutpoint_errors_total{", at + 1)) {
    ++lines;
  }
  EXPECT_EQ(lines, 101U);
  expect_line(R"(cutpoint_errors_total{service="db",code="other"} 900)");
}

TEST(MetricsAddress, must_be_one_in_numbers_with_a_port) {
  for (const char* text : {"127.0.0.1:9464", "127.0.0.1:0", "0.0.0.0:9464", "[::1]:9464"}) {
    EXPECT_TRUE(parse_metrics_address(text).ok()) << text;
  }
  for (const char* text : {"", "9464", ":9464", "localhost:9464", "127.0.0.1", "127.0.0.1:",
                           "127.0.0.1:65536", "::1:9464", "127.0.0.1:94x", "[127.0.0.1]:9464"}) {
    const auto parsed = parse_metrics_address(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, ExitCode::usage) << text;
  }
}

}  // namespace
}  // namespace cutpoint
