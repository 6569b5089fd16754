// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/names.h"

#include <gtest/gtest.h>

#include "bpf/abi/amqp.h"
#include "bpf/abi/event.h"
#include "bpf/abi/postgres.h"
#include "bpf/abi/reasons.h"

namespace cutpoint {
namespace {

constexpr unsigned postgres = 0;

TEST(Names, of_events_states_and_directions) {
  EXPECT_EQ(event_name(CUT_EVENT_FLOW_OPENED), "flow.opened");
  EXPECT_EQ(event_name(CUT_EVENT_RESET_RECEIVED_PEER), "reset.received.peer");
  EXPECT_EQ(event_name(CUT_EVENT_KINDS), "?");
  EXPECT_EQ(tcp_state_name(1), "ESTABLISHED");
  EXPECT_EQ(tcp_state_name(4), "FIN_WAIT1");
  EXPECT_EQ(tcp_state_name(9), "LAST_ACK");
  EXPECT_EQ(tcp_state_name(99), "?");
  EXPECT_EQ(direction_name(CUT_UPSTREAM), "upstream");
  EXPECT_EQ(direction_name(CUT_DOWNSTREAM), "downstream");
  EXPECT_EQ(reason_name(CUT_REASON_STRADDLES_CUT), "straddles_cut");
}

TEST(Names, as_a_scenario_writes_them) {
  EXPECT_EQ(mask_name(CUT_UP), "up");
  EXPECT_EQ(mask_name(CUT_BOTH), "both");
  EXPECT_EQ(scope_name(CUT_SCOPE_SERVICE), "service");
  EXPECT_EQ(heal_name(CUT_HEAL_RESET), "reset");
  EXPECT_EQ(mode_name(CUT_OBSERVE), "observe");
  EXPECT_EQ(position_name(CUT_BEFORE, 0), "before");
  EXPECT_EQ(position_name(CUT_BYTE, 5), "byte:5");
  EXPECT_EQ(position_name(CUT_AFTER, 0), "after");
}

TEST(Names, of_protocols_come_from_the_abi) {
  EXPECT_EQ(protocol_number("postgres"), postgres);
  EXPECT_FALSE(protocol_number("smtp"));
  EXPECT_EQ(moment_name(postgres, CUT_PG_COMMIT_REQUEST), "commit.request");
  EXPECT_EQ(moment_name(postgres, 55), "?");
  EXPECT_EQ(moment_name(postgres, CUT_TRANSPORT_CONNECT), "connect");
  EXPECT_EQ(moment_name(99, 0), "?");
  const std::uint64_t two = (1ULL << CUT_PG_QUERY) | (1ULL << CUT_PG_COMMIT_REQUEST);
  EXPECT_EQ(moment_names(postgres, two), (std::vector<std::string>{"query", "commit.request"}));
}

TEST(Names, of_attribute_values_are_as_a_filter_writes_them) {
  EXPECT_EQ(attribute_name(postgres, CUT_PG_ATTR_SQLSTATE), "sqlstate");
  EXPECT_EQ(attribute_text(postgres, CUT_PG_ATTR_PID, 4711), "4711");
  EXPECT_EQ(attribute_text(postgres, CUT_PG_ATTR_STATUS, 'T'), "T");
  EXPECT_EQ(attribute_text(postgres, CUT_PG_ATTR_STATUS, 0), "none");
  EXPECT_EQ(attribute_text(postgres, CUT_PG_ATTR_COMMAND, 1U << CUT_SQL_INSERT), "INSERT");
  EXPECT_EQ(attribute_text(postgres, CUT_PG_ATTR_COMMAND, 0), "none");
  const std::uint32_t sqlstate_57P01 = ((((5 * 36 + 7) * 36 + 25) * 36) + 0) * 36 + 1;
  EXPECT_EQ(attribute_text(postgres, CUT_PG_ATTR_SQLSTATE, sqlstate_57P01), "57P01");
}

// Of a text of which its hash alone is known.
TEST(Names, of_hashes_have_eight_digits) {
  const unsigned amqp = protocol_number("amqp").value();
  EXPECT_EQ(attribute_name(amqp, CUT_AMQP_ATTR_MESSAGE_ID), "message_id");
  EXPECT_EQ(attribute_text(amqp, CUT_AMQP_ATTR_MESSAGE_ID, 0x1a2b3c4d), "#1a2b3c4d");
  EXPECT_EQ(attribute_text(amqp, CUT_AMQP_ATTR_MESSAGE_ID, 0xff), "#000000ff");
  EXPECT_EQ(attribute_text(amqp, CUT_AMQP_ATTR_MESSAGE_ID, 0xffffffff), "#ffffffff");
  EXPECT_EQ(attribute_text(amqp, CUT_AMQP_ATTR_MESSAGE_ID, 0), "none");
}

TEST(Names, of_an_AMQP_method_s_flags) {
  const unsigned amqp = protocol_number("amqp").value();
  EXPECT_EQ(moment_name(amqp, CUT_AMQP_CONFIRM_ACK), "confirm.ack");
  EXPECT_EQ(attribute_text(amqp, CUT_AMQP_ATTR_FLAG, 1U << CUT_AMQP_FLAG_REQUEUE), "REQUEUE");
  EXPECT_EQ(attribute_text(amqp, CUT_AMQP_ATTR_FLAG, 0), "none");
  EXPECT_EQ(attribute_text(amqp, CUT_AMQP_ATTR_REDELIVERED, 1), "1");
}

}  // namespace
}  // namespace cutpoint
