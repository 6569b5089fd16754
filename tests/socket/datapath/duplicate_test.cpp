// SPDX-License-Identifier: Apache-2.0
// duplicate: a segment arrives twice. The application cannot tell; TCP can, and says so.
#include "generated/faults.h"
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class Duplicate : public RoutedTest {
 protected:
  Session duplicate(cut_postgres_moment moment) {
    cut_rule rule = blackhole(moment, CUT_BEFORE);
    rule.fault = CUT_FAULT_DUPLICATE;
    rule.duration_ns = 0;
    arm({rule}, GetParam());
    return open();
  }
  // The copy was sent, and discarded by the TCP that had its bytes already.
  void expect_discarded(cut_direction direction, std::size_t bytes) {
    const auto sent = cutter_->await(CUT_EVENT_DUPLICATED);
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->direction, direction);
    EXPECT_EQ(sent->length, bytes);
    const auto discarded = cutter_->await(CUT_EVENT_DSACK);
    ASSERT_TRUE(discarded);
    EXPECT_EQ(discarded->begin, sent->begin);
    EXPECT_EQ(discarded->end, sent->end);
    EXPECT_EQ(cutter_->injector().rule_state(0).segments_duplicated, 1U);
    EXPECT_EQ(cutter_->damage(), "");
  }
};

TEST_P(Duplicate, OfARequestIsDiscardedByTheService) {
  Session session = duplicate(CUT_PG_COMMIT_REQUEST);
  const std::string sent = pgwire::query("SELECT 1") + pgwire::commit();
  session.client.send(sent);
  ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
  expect_discarded(CUT_UPSTREAM, sent.size());
  session.client.send(pgwire::query("SELECT 2"));
  const std::string all = sent + pgwire::query("SELECT 2");
  ASSERT_TRUE(session.server.await(session.sent_up + all.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), all) << "each byte once";
  EXPECT_EQ(session.client.facts().retransmits, 0U);
}

TEST_P(Duplicate, OfAnAnswerIsDiscardedByTheTarget) {
  Session session = duplicate(CUT_PG_COMMIT_ACK);
  session.exchange(pgwire::commit(), "");
  const std::string sent = pgwire::complete("COMMIT") + pgwire::ready('I');
  session.server.send(sent);
  ASSERT_TRUE(session.client.await(session.sent_down + sent.size()));
  expect_discarded(CUT_DOWNSTREAM, sent.size());
  EXPECT_EQ(session.client.received().substr(session.sent_down), sent);
}

// Each of two rules at one message has its own copy, and the change of a third is in all of them.
TEST_P(Duplicate, OfSeveralRulesIsSentForEach) {
  cut_rule copy = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  copy.fault = CUT_FAULT_DUPLICATE;
  copy.duration_ns = 0;
  cut_rule change = copy;
  change.fault = CUT_FAULT_CORRUPT;
  change.change = CUT_CHANGE_ZERO;
  change.changed = 1;
  arm({copy, change, copy}, GetParam());
  Session session = open();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  EXPECT_EQ(session.server.received()[session.sent_up + 5], '\0') << "COMMIT is changed";
  EXPECT_TRUE(cutter_->eventually([&] { return cutter_->count(CUT_EVENT_DUPLICATED) == 2; }));
  EXPECT_EQ(cutter_->injector().rule_state(0).segments_duplicated, 1U);
  EXPECT_EQ(cutter_->injector().rule_state(1).segments_altered, 1U);
  EXPECT_EQ(cutter_->injector().rule_state(2).segments_duplicated, 1U);
  EXPECT_EQ(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Routes, Duplicate,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
