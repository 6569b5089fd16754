// SPDX-License-Identifier: Apache-2.0
// stall: nothing is lost: what an end sends is held in order, and arrives when the fault is over.
#include <thread>

#include "controller/util/clock.h"
#include "generated/faults.h"
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class Stall : public RoutedTest {
 protected:
  Session stall(cut_postgres_moment moment, cut_position position, std::uint8_t directions,
                std::uint32_t byte = 0) {
    cut_rule rule = blackhole(moment, position, byte);
    rule.fault = CUT_FAULT_STALL;
    rule.directions = directions;
    arm({rule}, GetParam());
    return open();
  }
  // All that was held went on, and all is well.
  void expect_all_sent_on() {
    HolderCounts counts = cutter_->held();
    EXPECT_GT(counts.held, 0U);
    // A segment arrives a moment before it is counted as sent.
    const Deadline deadline(patience);
    while (counts.waiting != 0 && !deadline.passed()) {
      std::this_thread::yield();
      counts = cutter_->held();
    }
    EXPECT_EQ(counts.sent, counts.held);
    EXPECT_EQ(counts.dropped, 0U);
    EXPECT_EQ(cutter_->damage(), "");
  }
};

TEST_P(Stall, OfARequestHoldsItAndWhatFollows) {
  Session session = stall(CUT_PG_COMMIT_REQUEST, CUT_BEFORE, CUT_UP);
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  session.client.send(pgwire::query("SELECT 1"));
  const std::string late = pgwire::commit() + pgwire::query("SELECT 1");
  // TCP repeats what it takes to be lost: these copies are swallowed.
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), 0U);
  EXPECT_GE(cutter_->injector().rule_state(0).copies, 1U);
  EXPECT_GE(cutter_->injector().rule_state(0).segments_held, 2U);

  cutter_->heal();
  ASSERT_TRUE(session.server.await(session.sent_up + late.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), late);
  EXPECT_TRUE(await_acknowledged(session.client));
  expect_all_sent_on();
  session.exchange("", pgwire::complete("COMMIT") + pgwire::ready('I'));
}

// In the middle of a segment: what is before the cut arrives at once.
TEST_P(Stall, InsideARequestLetsItsBeginPass) {
  Session session = stall(CUT_PG_COMMIT_REQUEST, CUT_BYTE, CUT_UP, 5);
  const std::string sent = pgwire::query("SELECT 1") + pgwire::commit() + pgwire::query("BEGIN");
  session.client.send(sent);
  const std::size_t early = pgwire::query("SELECT 1").size() + 5;
  ASSERT_TRUE(session.server.await(session.sent_up + early));
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), early);
  cutter_->heal();
  ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), sent);
  expect_all_sent_on();
}

TEST_P(Stall, OfAnAnswer) {
  Session session = stall(CUT_PG_COMMIT_ACK, CUT_BEFORE, CUT_DOWN);
  session.exchange(pgwire::commit(), "");
  session.mark();
  const std::string answer = pgwire::complete("COMMIT") + pgwire::ready('I');
  session.server.send(answer);
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(await_backoff(session.server));
  EXPECT_EQ(session.client_received(), 0U);
  cutter_->heal();
  ASSERT_TRUE(session.client.await(session.sent_down + answer.size()));
  EXPECT_EQ(session.client.received().substr(session.sent_down), answer);
  expect_all_sent_on();
}

// Both ways, and the end of the stream waits, too.
TEST_P(Stall, OfBothDirections) {
  Session session = stall(CUT_PG_COMMIT_REQUEST, CUT_AFTER, CUT_BOTH);
  session.client.send(pgwire::commit());
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  session.mark();
  const std::string answer = pgwire::complete("COMMIT") + pgwire::ready('I');
  session.server.send(answer);
  session.client.send(pgwire::query("SELECT 1"));
  session.client.shutdown();
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), 0U);
  EXPECT_EQ(session.client_received(), 0U);
  cutter_->heal();
  ASSERT_TRUE(session.client.await(session.sent_down + answer.size()));
  ASSERT_TRUE(session.server.await_end());
  EXPECT_EQ(session.server.received().substr(session.sent_up),
            pgwire::commit() + pgwire::query("SELECT 1"));
  expect_all_sent_on();
}

// More than one segment, and more than a segment may be: in order, every byte.
TEST_P(Stall, OfManyBytes) {
  Session session = stall(CUT_PG_COMMIT_REQUEST, CUT_AFTER, CUT_UP);
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  std::string many;
  for (int i = 0; i < 40; ++i) {
    many += pgwire::query("SELECT " + std::to_string(i) + std::string(3000, 'x'));
  }
  session.client.send_buffer(1 << 20);
  session.client.send(many);
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), pgwire::commit().size());
  cutter_->heal();
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size() + many.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up + pgwire::commit().size()), many);
  EXPECT_EQ(cutter_->damage(), "");
}

// It ends by itself, without the controller.
TEST_P(Stall, EndsInTime) {
  cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  rule.fault = CUT_FAULT_STALL;
  rule.directions = CUT_UP;
  rule.duration_ns = 50'000'000;
  arm({rule}, GetParam());
  Session session = open();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  const auto fired = cutter_->await(CUT_EVENT_FIRED);
  const auto released = cutter_->await(CUT_EVENT_RELEASED);
  ASSERT_TRUE(fired && released);
  EXPECT_GE(released->ns - fired->ns, rule.duration_ns);
  // After it the flow is as before.
  session.exchange("", pgwire::complete("COMMIT") + pgwire::ready('I'));
  const std::uint64_t held = cutter_->held().held;
  session.client.send(pgwire::query("SELECT 1"));
  EXPECT_TRUE(await_acknowledged(session.client));
  EXPECT_EQ(cutter_->held().held, held);
  expect_all_sent_on();
}

class BigStall : public CommitTest {};

// Of more than an IP header can say (BIG TCP): the holder gets it in parts, and loses none.
TEST_F(BigStall, OfASegmentOfMoreThan64Kilobytes) {
  use({simple_commit(), over_v6});
  make_segments_big(200'000);
  cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_AFTER);
  rule.fault = CUT_FAULT_STALL;
  rule.directions = CUT_UP;
  arm({rule});
  Session session = open_big();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  const std::string big = pgwire::query("SELECT '" + std::string(150'000, 'x') + "'");
  session.client.send(big, &session.server);
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server.received().size(), session.sent_up + pgwire::commit().size());
  EXPECT_LE(cutter_->injector().rule_state(0).segments_held, 2U) << "or none was as big";
  cutter_->heal();
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size() + big.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), pgwire::commit() + big);
  const HolderCounts counts = cutter_->held();
  EXPECT_EQ(counts.lost, 0U);
  EXPECT_EQ(counts.dropped, 0U);
  EXPECT_EQ(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Routes, Stall,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
