// SPDX-License-Identifier: Apache-2.0
// Moments that every flow has: they need no protocol, and are as exact.
#include <algorithm>

#include "generated/faults.h"
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class EveryFlow : public RoutedTest {
 protected:
  void cut(cut_transport_moment moment, cut_position position, std::uint32_t number = 0) {
    cut_rule rule = at_transport(moment, position);
    rule.byte_number = number;
    arm({rule}, GetParam());
  }
  Session connect() {
    return Session::connect(playground_->target_socket(GetParam().client_family),
                            address_of(GetParam().connected, service_port), listener_);
  }
};

TEST_P(EveryFlow, HangsInConnectWhereTheSynIsLost) {
  cut(CUT_TRANSPORT_CONNECT, CUT_BEFORE);
  Stream client(playground_->target_socket(GetParam().client_family));
  client.connect(address_of(GetParam().connected, service_port));
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  // TCP has sent it again, in vain.
  ASSERT_TRUE(client.await_facts([](const TcpFacts& facts) { return facts.retransmits >= 1; }));
  EXPECT_FALSE(listener_.pending(std::chrono::milliseconds(0)));
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 1U) << "a SYN sent again is the same moment";
  cutter_->heal();
  EXPECT_TRUE(client.connected());
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(EveryFlow, HangsInConnectWhereItsAnswerIsLost) {
  cut(CUT_TRANSPORT_ACCEPT, CUT_BEFORE);
  Stream client(playground_->target_socket(GetParam().client_family));
  client.connect(address_of(GetParam().connected, service_port));
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(client.await_facts([](const TcpFacts& facts) { return facts.retransmits >= 1; }));
  EXPECT_FALSE(client.connected(std::chrono::milliseconds(0)));
  cutter_->heal();
  EXPECT_TRUE(client.connected());
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(EveryFlow, IsCutBeforeItsFirstByte) {
  cut(CUT_TRANSPORT_FIRST_BYTE_UP, CUT_BEFORE);
  Session session = connect();
  session.client.send(pgwire::startup());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), 0U);
  cutter_->heal();
  session.sent_up = pgwire::startup().size();
  ASSERT_TRUE(session.server.await(session.sent_up));
  // What was held is read when it passes: the messages after it are in step.
  session.exchange("", pgwire::welcome(1));
  session.begin();
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(EveryFlow, IsCutBehindItsFirstByteDown) {
  cut(CUT_TRANSPORT_FIRST_BYTE_DOWN, CUT_AFTER);
  Session session = connect();
  session.client.send(pgwire::startup());
  ASSERT_TRUE(session.server.await(pgwire::startup().size()));
  session.server.send(pgwire::welcome(1));
  ASSERT_TRUE(session.client.await(1));
  ASSERT_TRUE(await_backoff(session.server));
  EXPECT_EQ(session.client_received(), 1U);
  cutter_->heal();
  EXPECT_TRUE(session.client.await(pgwire::welcome(1).size()));
  EXPECT_EQ(cutter_->damage(), "");
}

// In the middle of a segment: messages before the byte are delivered and counted as such, those
// behind it come after the heal, and are in step.
TEST_P(EveryFlow, IsCutBehindAByteOfItsStream) {
  const std::string before = pgwire::query("SELECT 1");
  const std::string across = pgwire::query("SELECT 2");
  const auto number = static_cast<std::uint32_t>(pgwire::startup().size() + before.size() + 7);
  cut(CUT_TRANSPORT_BYTES_UP, CUT_AFTER, number);
  Session session = connect();
  session.start_up();
  session.client.send(before + across + pgwire::query("BEGIN"));
  ASSERT_TRUE(session.server.await(number));
  const auto fired = cutter_->await(CUT_EVENT_FIRED);
  ASSERT_TRUE(fired);
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server.received().size(), number);
  cutter_->heal();
  session.sent_up += before.size() + across.size() + pgwire::query("BEGIN").size();
  ASSERT_TRUE(session.server.await(session.sent_up));
  session.exchange("", pgwire::complete("SELECT") + pgwire::ready('I') +
                           pgwire::complete("SELECT") + pgwire::ready('I') +
                           pgwire::complete("BEGIN") + pgwire::ready('T'));
  session.exchange(pgwire::commit(), pgwire::complete("COMMIT") + pgwire::ready('I'));
  EXPECT_TRUE(cutter_->await([](const cut_event& event) {
    return event.kind == CUT_EVENT_MOMENT && (event.moments >> CUT_PG_COMMIT_ACK & 1) != 0;
  })) << "the COMMIT was understood";
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(EveryFlow, KeepsItsEndBack) {
  cut(CUT_TRANSPORT_CLOSE_UP, CUT_BEFORE);
  Session session = connect();
  session.start_up();
  session.client.cork();
  session.client.send(pgwire::query("SELECT 1"));
  session.client.shutdown();
  session.sent_up += pgwire::query("SELECT 1").size();
  ASSERT_TRUE(session.server.await(session.sent_up));
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_FALSE(session.server.await_end(std::chrono::milliseconds(0)));
  cutter_->heal();
  EXPECT_TRUE(session.server.await_end());
  EXPECT_EQ(cutter_->damage(), "");
}

// Two rules in one segment, in whatever order they are written: what passes is read as far as it
// passes, so that the flow is in step after the heal.
struct Pair {
  const char* name;
  std::uint32_t first;   // bytes behind which the blackhole cuts
  std::uint32_t second;  // byte of the other rule
  cut_fault fault;       // of the other rule
};

void PrintTo(const Pair& pair, std::ostream* out) {
  *out << pair.name;
}

class TwoRules : public DatapathTest, public testing::WithParamInterface<Pair> {};

TEST_P(TwoRules, OfOneSegmentLeaveTheFlowInStep) {
  const std::string query = pgwire::query("SELECT 1 AS one, 2 AS two, 3 AS three, 4 AS four");
  const auto start = static_cast<std::uint32_t>(pgwire::startup().size());
  cut_rule cut = at_transport(CUT_TRANSPORT_BYTES_UP, CUT_AFTER);
  cut.byte_number = start + GetParam().first;
  cut.directions = CUT_UP;
  cut_rule other = at_transport(CUT_TRANSPORT_BYTES_UP, CUT_AFTER);
  other.byte_number = start + GetParam().second;
  other.fault = GetParam().fault;
  other.directions = CUT_UP;
  other.duration_ns = 1'000'000'000;
  if (other.fault == CUT_FAULT_CORRUPT) {
    other.position = CUT_BEFORE;
    other.change = CUT_CHANGE_FLIP;
    other.changed = 1;
  }
  arm({cut, other});
  Session session = Session::connect(playground_->target_socket(over_v4.client_family),
                                     address_of(over_v4.connected, service_port), listener_);
  session.start_up();
  session.mark();
  session.client.send(query);
  ASSERT_TRUE(cutter_->eventually([&] { return cutter_->count(CUT_EVENT_FIRED) == 2; }));
  ASSERT_TRUE(await_backoff(session.client));
  const std::uint32_t passes = cut_fault(other.fault) == CUT_FAULT_BLACKHOLE
                                   ? std::min(GetParam().first, GetParam().second)
                                   : GetParam().first;
  EXPECT_EQ(session.server_received(), passes);
  cutter_->heal(0);
  cutter_->heal(1);
  session.sent_up += query.size();
  ASSERT_TRUE(session.server.await(session.sent_up)) << "the flow goes on";
  session.exchange("", pgwire::complete("SELECT") + pgwire::ready('I'));
  session.begin();
  // A segment that is kept back is not sent twice, which is said.
  EXPECT_EQ(cutter_->damage(),
            GetParam().fault == CUT_FAULT_DUPLICATE ? "duplicate.failed 1; " : "");
}

INSTANTIATE_TEST_SUITE_P(Faults, TwoRules,
                         testing::Values(Pair{"CutThenCorrupt", 40, 20, CUT_FAULT_CORRUPT},
                                         Pair{"CutThenDuplicate", 40, 20, CUT_FAULT_DUPLICATE},
                                         Pair{"CutThenEarlierCut", 40, 20, CUT_FAULT_BLACKHOLE},
                                         Pair{"CutThenStall", 40, 20, CUT_FAULT_STALL}),
                         [](const testing::TestParamInfo<Pair>& pair) {
                           return std::string(pair.param.name);
                         });

INSTANTIATE_TEST_SUITE_P(Routes, EveryFlow,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
