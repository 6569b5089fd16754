// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/trace_line.h"

#include <arpa/inet.h>
#include <cstdlib>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "generated/protocols.h"

namespace cutpoint {
namespace {

using nlohmann::json;

TracedFlow psql() {
  return {"db",
          CUT_PROTOCOL_POSTGRES,
          "127.0.0.1:40712 -> 127.0.0.1:5432",
          4711,
          "psql",
          "/user.slice/session-1.scope",
          "session-1.scope",
          ""};
}

cut_event commit() {
  cut_event event{};
  event.ns = 1'500'000'000;
  event.kind = CUT_EVENT_MOMENT;
  event.direction = CUT_UPSTREAM;
  event.attr[CUT_PG_ATTR_COMMAND] = 1U << CUT_SQL_COMMIT;
  event.exchange = 3;
  return event;
}

constexpr TracedMoment request{17, CUT_PG_COMMIT_REQUEST};

TEST(TraceLine, is_one_object_with_all_that_is_known) {
  EXPECT_EQ(trace_json(request, commit(), psql()),
            R"({"seq":17,"ns":1500000000,"service":"db","flow":"127.0.0.1:40712 -> )"
            R"(127.0.0.1:5432","pid":4711,"comm":"psql","cgroup":"/user.slice/session-1.scope",)"
            R"("unit":"session-1.scope","container":null,"direction":"upstream",)"
            R"("moment":"commit.request","attributes":{"command":"COMMIT"},"exchange":3})");
}

TEST(TraceLine, process_that_is_not_known_is_null) {
  TracedFlow flow = psql();
  flow.pid = 0;
  flow.comm.clear();
  flow.cgroup.clear();
  cut_event plain{};
  const json line = json::parse(trace_json({1, CUT_PG_TERMINATE}, plain, flow));
  EXPECT_TRUE(line["pid"].is_null());
  EXPECT_TRUE(line["comm"].is_null());
  EXPECT_TRUE(line["cgroup"].is_null());
  EXPECT_FALSE(line.contains("attributes"));
  EXPECT_FALSE(line.contains("exchange"));
}

// prctl(PR_SET_NAME) takes any bytes.
TEST(TraceLine, name_of_a_process_cannot_break_out) {
  TracedFlow flow = psql();
  flow.comm = "a\"\\\n\xff";
  EXPECT_EQ(json::parse(trace_json(request, commit(), flow))["comm"], "a\"\\\n\uFFFD");
  flow.comm = "\x1b[2J\n";
  const std::string text = trace_text(request, commit(), flow, 0);
  EXPECT_NE(text.find("?[2J?[4711]"), std::string::npos) << text;
}

class TraceLineInUtc : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::setenv("TZ", "UTC", 1), 0);
    ::tzset();
  }
};

TEST_F(TraceLineInUtc, text_has_time_flow_process_direction_and_moment) {
  constexpr std::int64_t ns = 51'787'000'000'000;  // 14:23:07
  EXPECT_EQ(trace_text(request, commit(), psql(), ns + 12'345'678),
            "14:23:07.012345 db 127.0.0.1:40712 -> 127.0.0.1:5432 psql[4711] > commit.request "
            "command=COMMIT");
}

TEST_F(TraceLineInUtc, text_has_the_container_or_the_service) {
  TracedFlow flow = psql();
  const auto process = [&] {
    const std::string text = trace_text(request, commit(), flow, 0);
    const std::size_t begin = text.find("psql");
    return text.substr(begin, text.find(' ', begin) - begin);
  };
  flow.unit = "shop.service";
  EXPECT_EQ(process(), "psql[4711]@shop.service");
  flow.container = std::string(64, 'a');
  EXPECT_EQ(process(), "psql[4711]@aaaaaaaaaaaa");
  flow.pid = 0;
  EXPECT_EQ(process(), "psql@aaaaaaaaaaaa") << "in a PID namespace beside ours";
}

TEST_F(TraceLineInUtc, slow_answer_says_how_slow_and_what_tcp_did) {
  cut_event answer = commit();
  answer.direction = CUT_DOWNSTREAM;
  const TracedMoment ack{2, CUT_PG_COMMIT_ACK};
  const SlowAnswer slow{CUT_PG_COMMIT_REQUEST, 312'400'000, 2, 1};
  EXPECT_EQ(slow_text(ack, answer, psql(), slow, 0),
            "00:00:00.000000 db 127.0.0.1:40712 -> 127.0.0.1:5432 psql[4711] < commit.ack "
            "command=COMMIT, 312.4 ms after commit.request, retransmissions: 2, timeouts: 1");
  const json line = json::parse(slow_json(ack, answer, psql(), slow));
  EXPECT_EQ(line["after"], "commit.request");
  EXPECT_EQ(line["took_ns"], 312'400'000);
  EXPECT_EQ(line["retransmissions"], 2);
  EXPECT_EQ(line["timeouts"], 1);
}

}  // namespace
}  // namespace cutpoint
