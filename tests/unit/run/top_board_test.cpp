// SPDX-License-Identifier: Apache-2.0
#include "controller/run/top_board.h"

#include <gtest/gtest.h>

#include "controller/timeline/error_code.h"
#include "generated/protocols.h"

namespace cutpoint {
namespace {

constexpr std::size_t commits = 0;  // of moment_pairs()
constexpr std::size_t queries = 4;
constexpr std::int64_t second = 1'000'000'000;

cut_event event_of(std::uint64_t flow, cut_event_kind kind, std::uint64_t ns = 0) {
  cut_event event{};
  event.flow = flow;
  event.kind = static_cast<std::uint8_t>(kind);
  event.ns = ns;
  return event;
}

cut_event error_of(std::uint64_t flow, std::uint64_t ns, std::uint32_t sqlstate) {
  cut_event event = event_of(flow, CUT_EVENT_MOMENT, ns);
  event.moments = 1ULL << CUT_PG_ERROR;
  event.attr[CUT_PG_ATTR_SQLSTATE] = sqlstate;
  return event;
}

class TopBoardTest : public testing::Test {
 protected:
  void open(std::uint64_t flow, pid_t pid, const std::string& service = "db") {
    board_.flow_known(
        event_of(flow, CUT_EVENT_FLOW_OPENED),
        {service, CUT_PROTOCOL_POSTGRES,
         "127.0.0.1:" + std::to_string(40000 + flow) + " -> 127.0.0.1:5432", pid, "shop"});
  }
  std::vector<TopRow> rows(bool by_process, const std::vector<Waiting>& waiting = {}) {
    return board_.take_rows(by_process, waiting, sockets_, 10 * second, 2 * second);
  }

  TopBoard board_;
  std::unordered_map<std::uint64_t, TcpState> sockets_;
};

TEST_F(TopBoardTest, row_of_a_flow_has_its_waits_and_what_tcp_says) {
  open(1, 4711);
  open(2, 4711);
  sockets_[2] = {45, 200'000, true, false};
  board_.see(event_of(2, CUT_EVENT_RETRANSMIT), {});
  board_.see(event_of(2, CUT_EVENT_RETRANSMIT_PEER), {});
  const auto all = rows(false, {{2, queries, 1, 7 * second}});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].client, "127.0.0.1:40001");
  EXPECT_EQ(all[0].in_flight, 0U);
  EXPECT_EQ(all[0].oldest_ns, 0);
  EXPECT_EQ(all[1].client, "127.0.0.1:40002");
  EXPECT_EQ(all[1].in_flight, 1U);
  EXPECT_EQ(all[1].oldest_ns, 3 * second);
  EXPECT_EQ(all[1].retransmits, 2U);
  EXPECT_EQ(all[1].rtt_us, 45U);
  EXPECT_TRUE(all[1].service_window_zero);
  EXPECT_FALSE(all[1].client_window_zero);
}

TEST_F(TopBoardTest, answers_are_those_of_one_interval_and_a_commit_is_not_counted_twice) {
  open(1, 4711);
  board_.see(event_of(1, CUT_EVENT_MOMENT), {{commits, 0, 900}});
  board_.see(event_of(1, CUT_EVENT_MOMENT), {{queries, 0, 1000}});
  board_.see(event_of(1, CUT_EVENT_MOMENT), {{queries, 0, 1000}});
  const auto first = rows(false);
  EXPECT_DOUBLE_EQ(first[0].answers_per_second, 1);
  EXPECT_EQ(first[0].p50_ns, 1000);
  const auto second_time = rows(false);
  EXPECT_DOUBLE_EQ(second_time[0].answers_per_second, 0);
  EXPECT_EQ(second_time[0].p99_ns, 0);
}

TEST_F(TopBoardTest, processes_are_added_up_by_service_and_those_not_known_stay_apart) {
  open(1, 4711);
  open(2, 4711);
  open(3, 4711, "orders");
  open(4, 0);
  open(5, 0);
  board_.see(event_of(1, CUT_EVENT_MOMENT), {{queries, 0, 1000}});
  board_.see(event_of(2, CUT_EVENT_MOMENT), {{queries, 0, 3000}});
  const auto all = rows(true, {{1, queries, 2, 4 * second}, {2, queries, 1, 3 * second}});
  ASSERT_EQ(all.size(), 4U);
  const TopRow& shop = all[2];
  EXPECT_EQ(shop.pid, 4711);
  EXPECT_EQ(shop.service, "db");
  EXPECT_EQ(shop.flows, 2U);
  EXPECT_EQ(shop.in_flight, 3U);
  EXPECT_EQ(shop.oldest_ns, 7 * second);
  EXPECT_EQ(shop.p99_ns, 3000);
  EXPECT_EQ(all[3].service, "orders");
}

TEST_F(TopBoardTest, last_error_counts_and_of_several_flows_the_newest) {
  open(1, 4711);
  open(2, 4711);
  const cut_event one = error_of(1, 200, 1);
  const cut_event two = error_of(2, 100, 2);
  board_.see(one, {});
  board_.see(two, {});
  EXPECT_EQ(rows(false)[1].error, error_code(two, CUT_PROTOCOL_POSTGRES));
  EXPECT_EQ(rows(true)[0].error, error_code(one, CUT_PROTOCOL_POSTGRES));
}

TEST_F(TopBoardTest, flow_from_before_is_not_synchronised_until_it_is_and_a_lost_one_is_not) {
  board_.flow_known(event_of(1, CUT_EVENT_FLOW_JOINED),
                    {"db", CUT_PROTOCOL_POSTGRES, "a -> b", 0, {}});
  EXPECT_EQ(board_.not_synchronised(), 1U);
  EXPECT_EQ(rows(false)[0].not_readable, 1U);
  cut_event joined = event_of(1, CUT_EVENT_FLOW_JOINED);
  joined.attr[0] = 1;
  board_.see(joined, {});
  EXPECT_EQ(board_.not_synchronised(), 0U);
  board_.see(event_of(1, CUT_EVENT_FLOW_DESYNC), {});
  EXPECT_EQ(board_.not_synchronised(), 1U);
  board_.flow_gone(1);
  EXPECT_EQ(board_.flows(), 0U);
}

}  // namespace
}  // namespace cutpoint
