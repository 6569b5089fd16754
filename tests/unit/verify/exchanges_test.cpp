// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/exchanges.h"

#include <gtest/gtest.h>

#include "bpf/abi/http.h"
#include "tests/unit/verify/run_builder.h"

namespace cutpoint {
namespace {

using testing::RunBuilder;

class Exchanges : public ::testing::Test {
 protected:
  Exchanges() {
    run_.scenario.services.front().name = "api";
    run_.scenario.services.front().protocol = "http";
    run_.scenario.expect.clear();
  }

  void message(std::uint64_t flow, cut_direction direction, std::uint64_t moments,
               std::uint32_t exchange, cut_event_kind kind = CUT_EVENT_MOMENT) {
    cut_event event{};
    event.number = number_++;
    event.ns = event.number;
    event.flow = flow;
    event.kind = static_cast<__u8>(kind);
    event.direction = static_cast<__u8>(direction);
    event.moments = moments;
    event.exchange = exchange;
    event.tuple.local_port = static_cast<__u16>(flow);
    run_.timeline.add(event);
  }
  void asks(std::uint64_t flow, std::uint32_t exchange, cut_event_kind kind = CUT_EVENT_MOMENT) {
    message(flow, CUT_UPSTREAM, 1U << CUT_HTTP_REQUEST_HEAD | 1U << CUT_HTTP_REQUEST_END, exchange,
            kind);
  }
  void answers(std::uint64_t flow, std::uint32_t exchange) {
    message(flow, CUT_DOWNSTREAM, 1U << CUT_HTTP_RESPONSE_HEAD, exchange);
    message(flow, CUT_DOWNSTREAM, 1U << CUT_HTTP_RESPONSE_BODY | 1U << CUT_HTTP_RESPONSE_END,
            exchange);
  }

  RunBuilder run_;
  std::uint64_t number_ = 0;
};

TEST_F(Exchanges, are_counted_by_flow) {
  asks(1, 1);
  answers(1, 1);
  asks(2, 1);
  asks(1, 2);
  message(1, CUT_DOWNSTREAM, 1U << CUT_HTTP_RESPONSE_HEAD, 2);
  const auto flows = exchanges_of(run_.facts);
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].requests, 2);
  EXPECT_EQ(flows[0].begun, 2);
  EXPECT_EQ(flows[0].answered, 1);
  EXPECT_EQ(flows[1].requests, 1);
  EXPECT_EQ(flows[1].begun, 0);
  EXPECT_EQ(run_.verify().summary,
            (std::vector<std::string>{"api: 3 requests on 2 connections; 2 were answered, 1 was "
                                      "not."}));
}

TEST_F(Exchanges, of_what_a_cut_holds_are_none) {
  asks(1, 1, CUT_EVENT_HELD);
  EXPECT_TRUE(exchanges_of(run_.facts).empty());
  EXPECT_EQ(run_.verify().summary,
            (std::vector<std::string>{"The target sent no request to api."}));
}

TEST_F(Exchanges, are_not_those_of_other_protocols) {
  run_.scenario.services.front().protocol = "postgres";
  asks(1, 1);
  EXPECT_TRUE(exchanges_of(run_.facts).empty());
  EXPECT_EQ(run_.verify().summary, (std::vector<std::string>{"The target sent no COMMIT."}));
}

}  // namespace
}  // namespace cutpoint
