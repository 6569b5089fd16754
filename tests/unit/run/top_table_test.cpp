// SPDX-License-Identifier: Apache-2.0
// The table of `trace top`, as lines of text.
#include "controller/run/top_table.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cutpoint {
namespace {

constexpr std::int64_t us = 1000;
constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1'000'000'000;

TopRow waiting_row() {
  TopRow row;
  row.process = "pgbench";
  row.pid = 4711;
  row.service = "db";
  row.client = "127.0.0.1:40112";
  row.in_flight = 1;
  row.oldest_ns = 3400 * ms;
  row.answers_per_second = 1234;
  row.p50_ns = 850 * us;
  row.p99_ns = 12 * ms;
  row.retransmits = 3;
  row.rtt_us = 45;
  row.rto_us = 400'000;
  row.service_window_zero = true;
  row.error = "40001";
  return row;
}

TopRow resting_row(const std::string& client = "127.0.0.1:40113") {
  TopRow row;
  row.process = "psql";
  row.pid = 4712;
  row.service = "db";
  row.client = client;
  return row;
}

std::vector<TopRow> many_rows(std::size_t count) {
  std::vector<TopRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    TopRow row = waiting_row();
    row.oldest_ns = static_cast<std::int64_t>(i) * ms;
    row.client = "10.200.100.1:" + std::to_string(40000 + i);
    rows.push_back(row);
  }
  return rows;
}

TopStatus status_of(std::size_t flows) {
  TopStatus status;
  status.elapsed_ns = 12'300 * ms;
  status.flows = flows;
  status.not_synchronised = 1;
  status.moments_per_second = 7020;
  return status;
}

TEST(TopTable, shows_what_a_flow_waits_for) {
  const std::vector<TopRow> rows{waiting_row(), resting_row()};
  const TopScreen screen = top_screen(rows, status_of(2), TopOrder::oldest, 100, 7);
  const std::vector<std::string> expected{
      "12.3 s | 2 flows | not synchronised: 1 | moments/s: 7.0k | events lost: 0",
      "[o:oldest] w:wait r:req/s 5:p50 9:p99 t:retr e:errors p:by process q:quit",
      "PROCESS       SVC CLIENT          WAIT OLDEST REQ/S   P50  P99 RETR  RTT   RTO ZWIN ERROR",
      "pgbench[4711] db  127.0.0.1:40112    1   3.4s  1.2k 850us 12ms    3 45us 400ms  svc 40001",
      "psql[4712]    db  127.0.0.1:40113    0      -     0     -    -    0    -     -    -     -",
      "",
      ""};
  EXPECT_EQ(screen.lines, expected);
  EXPECT_EQ(screen.header, 2U);
}

TEST(TopTable, has_as_many_lines_as_the_screen_and_none_is_wider) {
  const std::vector<TopRow> rows = many_rows(500);
  for (const std::size_t width : {1U, 20U, 40U, 80U, 200U}) {
    for (const std::size_t height : {1U, 2U, 4U, 24U, 50U, 600U}) {
      const TopScreen screen = top_screen(rows, status_of(500), TopOrder::oldest, width, height);
      EXPECT_EQ(screen.lines.size(), height);
      for (const std::string& line : screen.lines) EXPECT_LE(line.size(), width) << line;
    }
  }
}

TEST(TopTable, says_how_many_rows_and_which_columns_have_no_room) {
  const TopScreen small = top_screen(many_rows(500), status_of(500), TopOrder::oldest, 80, 24);
  EXPECT_EQ(small.lines.back(), "480 more not shown; no room for RTT RTO");
  EXPECT_NE(small.lines[2].find("ERROR"), std::string::npos);
  EXPECT_EQ(small.lines[2].find("RTT"), std::string::npos);
  const TopScreen large = top_screen(many_rows(500), status_of(500), TopOrder::oldest, 200, 50);
  EXPECT_EQ(large.lines.back(), "454 more not shown");
  EXPECT_NE(large.lines[2].find("RTT"), std::string::npos);
}

TEST(TopTable, long_names_keep_their_pid_and_their_port) {
  TopRow row = waiting_row();
  row.process = "a-very-long-name";
  row.client = "[2001:db8:1234:5678:9abc:def0:1234:5678]:40112";
  const TopScreen screen = top_screen({row}, status_of(1), TopOrder::oldest, 80, 5);
  EXPECT_NE(screen.lines[3].find("~[4711] "), std::string::npos) << screen.lines[3];
  EXPECT_NE(screen.lines[3].find("]:40112 "), std::string::npos) << screen.lines[3];
}

TEST(TopTable, what_a_process_calls_itself_does_not_reach_the_terminal) {
  TopRow row = resting_row();
  row.process = "\x1b[2J\x9b\xc2\x9bx\t\xe6\xbc\xa2";
  for (const std::string& line : top_screen({row}, status_of(1), TopOrder::oldest, 200, 5).lines) {
    for (const char c : line) EXPECT_TRUE(c >= ' ' && c <= '~') << line;
  }
  row.process = "\xff\"";
  const auto json = nlohmann::json::parse("{" + top_json({row}, status_of(1)) + "}");
  EXPECT_EQ(json["rows"][0]["comm"], "\xef\xbf\xbd\"");
}

TEST(TopTable, losses_and_limits_are_told) {
  TopStatus status = status_of(1);
  status.events_lost = 12;
  status.not_covered = 3;
  status.passed_over = 4;
  const TopScreen screen = top_screen({waiting_row()}, status, TopOrder::oldest, 200, 24);
  EXPECT_NE(screen.lines[0].find("events lost: 12"), std::string::npos);
  EXPECT_EQ(screen.lines.back(), "not covered: 3, not counted: 4");
  const std::string text = top_text({waiting_row()}, status);
  EXPECT_NE(text.find("events lost: 12"), std::string::npos);
  EXPECT_NE(text.find("not covered: 3, not counted: 4"), std::string::npos);
}

TEST(TopTable, of_what_cannot_be_read_no_number_is_claimed) {
  TopRow row = resting_row();
  row.not_readable = 1;
  EXPECT_NE(top_text({row}, status_of(1)).find("40113    ? "), std::string::npos);
  TopStatus status = status_of(3);
  status.by_process = true;
  row.flows = 3;
  row.in_flight = 2;
  EXPECT_NE(top_text({row}, status).find("3  2+? "), std::string::npos) << top_text({row}, status);
}

TEST(TopTable, is_sorted_by_what_a_key_asks_for) {
  std::vector<TopRow> rows{resting_row("calm"), resting_row("old"), resting_row("slow"),
                           resting_row("failing")};
  rows[1].oldest_ns = second;
  rows[2].p99_ns = second;
  rows[3].error = "40001";
  const auto first = [&](TopOrder order) {
    sort_rows(rows, order);
    return rows[0].client;
  };
  EXPECT_EQ(first(TopOrder::p99), "slow");
  EXPECT_EQ(first(*top_order_of('e')), "failing");
  EXPECT_EQ(first(*top_order_of('o')), "old");
  EXPECT_EQ(top_order_of('x'), nullptr);
}

struct Shown {
  std::int64_t ns;
  const char* text;
};

class ShortDuration : public testing::TestWithParam<Shown> {};

TEST_P(ShortDuration, has_at_most_five_columns) {
  EXPECT_EQ(short_duration(GetParam().ns), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(Durations, ShortDuration,
                         testing::Values(Shown{0, "-"}, Shown{-5, "-"}, Shown{1, "0.0us"},
                                         Shown{1500, "1.5us"}, Shown{999 * us, "999us"},
                                         Shown{999'600, "1.0ms"}, Shown{12'345 * us, "12ms"},
                                         Shown{9'960 * ms, "10s"}, Shown{999 * second, "999s"},
                                         Shown{1200 * second, "20m"}, Shown{7200 * second, "2.0h"},
                                         Shown{86400 * 30 * second, "30d"}));

TEST(ShortNumber, has_at_most_five_columns) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(0.44), "0.4");
  EXPECT_EQ(short_number(47), "47");
  EXPECT_EQ(short_number(999.7), "1.0k");
  EXPECT_EQ(short_number(127'020), "127k");
  EXPECT_EQ(short_number(1.26e6), "1.3M");
}

}  // namespace
}  // namespace cutpoint
