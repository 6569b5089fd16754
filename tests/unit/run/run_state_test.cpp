// SPDX-License-Identifier: Apache-2.0
// What a run's record says of the bytes that its death let go, and that it can be read again.
#include "controller/run/run_state.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

RunState state_of(const std::vector<RunFault>& faults) {
  RunState state;
  state.id = "shop-1-2";
  state.phase = "workload";
  state.faults = faults;
  return state;
}

TEST(RunState, lets_nothing_go_where_no_fault_was_on) {
  EXPECT_EQ(describe_released(state_of({})), "");
  EXPECT_EQ(describe_released(state_of({{"cut", "", FaultState::armed, HeldBy::tcp},
                                        {"stall", "", FaultState::healed, HeldBy::cutpoint},
                                        {"pause", "", FaultState::fired, HeldBy::nobody}})),
            "");
}

TEST(RunState, says_that_tcp_delivers_what_a_cut_held_back) {
  EXPECT_EQ(describe_released(state_of({{"cut", "", FaultState::fired, HeldBy::tcp},
                                        {"other", "", FaultState::fired, HeldBy::tcp}})),
            "cut, other had fired and was not healed. The cut ended with the controller: bytes "
            "that it held back, also those of clients that had given up, are delivered by TCP as "
            "soon as nothing holds them. Compare what the clients believe with what the service "
            "holds before you trust either.");
}

TEST(RunState, says_that_tcp_sends_again_what_was_lost_with_the_holder) {
  EXPECT_EQ(describe_released(state_of({{"stall", "", FaultState::fired, HeldBy::cutpoint}})),
            "stall had fired and was not over. The segments that cutpoint held went with it: their "
            "sender's TCP sends them again, so that all of them arrive, at a time of TCP's own "
            "choice.");
}

TEST(RunState, says_both_where_both_were_on) {
  const std::string told =
      describe_released(state_of({{"stall", "", FaultState::fired, HeldBy::cutpoint},
                                  {"cut", "", FaultState::fired, HeldBy::tcp}}));
  EXPECT_NE(told.find("cut had fired and was not healed"), std::string::npos) << told;
  EXPECT_NE(told.find(" stall had fired and was not over"), std::string::npos) << told;
}

TEST(RunState, is_read_as_it_was_written) {
  const RunState state = state_of({{"cut", "blackhole both", FaultState::fired, HeldBy::tcp},
                                   {"stall", "stall both", FaultState::armed, HeldBy::cutpoint},
                                   {"kill", "kill SIGKILL", FaultState::healed, HeldBy::nobody}});
  const auto read = run_state_from_json(to_json(state));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), to_json(state));
}

}  // namespace
}  // namespace cutpoint
