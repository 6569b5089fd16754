// SPDX-License-Identifier: Apache-2.0
// Which COMMITs are still to be waited for.
#include "controller/run/flow_book.h"

#include <gtest/gtest.h>

#include "bpf/abi/postgres.h"

namespace cutpoint {
namespace {

constexpr std::uint64_t flow = 7;

cut_event moment(cut_direction direction, unsigned bit, std::uint32_t exchange) {
  cut_event event{};
  event.kind = CUT_EVENT_MOMENT;
  event.flow = flow;
  event.direction = direction;
  event.moments = 1ULL << bit;
  event.exchange = exchange;
  return event;
}

class OpenCommits : public testing::Test {
 protected:
  void asks(std::uint32_t exchange) {
    book_.see(moment(CUT_UPSTREAM, CUT_PG_COMMIT_REQUEST, exchange));
  }
  void answers(unsigned bit, std::uint32_t exchange) {
    book_.see(moment(CUT_DOWNSTREAM, bit, exchange));
  }
  [[nodiscard]] bool any() const { return book_.has_open_commits(); }

  FlowBook book_;
};

TEST_F(OpenCommits, are_closed_by_their_acknowledgements) {
  asks(1);
  asks(1);
  answers(CUT_PG_COMMIT_ACK, 1);
  EXPECT_TRUE(any());
  answers(CUT_PG_COMMIT_ACK, 1);
  EXPECT_FALSE(any());
}

// An answer that is held closes none before it arrives.
TEST_F(OpenCommits, are_closed_when_a_held_acknowledgement_arrives) {
  asks(1);
  cut_event held = moment(CUT_DOWNSTREAM, CUT_PG_COMMIT_ACK, 1);
  held.kind = CUT_EVENT_HELD;
  held.begin = 100;
  held.end = 112;
  book_.see(held);
  EXPECT_TRUE(any());
  cut_event released = held;
  released.kind = CUT_EVENT_RELEASED;
  released.moments = 0;
  released.end = 111;
  book_.see(released);
  EXPECT_TRUE(any()) << "its last byte has not";
  released.end = 112;
  book_.see(released);
  EXPECT_FALSE(any());
}

TEST_F(OpenCommits, are_not_closed_by_an_error_before_them) {
  asks(2);
  answers(CUT_PG_ERROR, 1);
  EXPECT_TRUE(any());
}

TEST_F(OpenCommits, are_all_closed_by_an_error_of_their_exchange) {
  asks(2);
  asks(2);
  asks(3);
  answers(CUT_PG_ERROR, 2);
  EXPECT_TRUE(any());
  answers(CUT_PG_COMMIT_ACK, 3);
  EXPECT_FALSE(any());
}

TEST_F(OpenCommits, are_closed_by_a_rollback_in_their_place) {
  asks(1);
  answers(CUT_PG_ROLLBACK_ACK, 1);
  EXPECT_FALSE(any());
}

TEST_F(OpenCommits, are_closed_by_what_answers_a_later_exchange) {
  asks(1);
  answers(CUT_PG_ERROR, 2);
  EXPECT_FALSE(any());
}

TEST_F(OpenCommits, of_a_client_that_has_gone_are_not_waited_for) {
  asks(1);
  cut_event closed{};
  closed.kind = CUT_EVENT_FLOW_CLOSED;
  closed.flow = flow;
  book_.see(closed);
  EXPECT_FALSE(any());
}

}  // namespace
}  // namespace cutpoint
