// SPDX-License-Identifier: Apache-2.0
// Which of many equal moments a rule takes; `observe` takes the same ones and touches nothing.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class Occurrence : public DatapathTest {
 protected:
  void SetUp() override {
    DatapathTest::SetUp();
    rule_ = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
    rule_.mode = CUT_OBSERVE;
  }
  // As many transactions, one after the other, on a session that has one open; which were taken?
  std::vector<int> taken(Session& session, int transactions) {
    std::vector<int> result;
    for (int i = 1; i <= transactions; ++i) {
      const std::size_t before = cutter_->count(CUT_EVENT_WOULD_FIRE);
      session.exchange(pgwire::commit(), pgwire::complete("COMMIT") + pgwire::ready('I'));
      if (cutter_->count(CUT_EVENT_WOULD_FIRE) > before) result.push_back(i);
      session.begin();
    }
    return result;
  }

  cut_rule rule_{};
};

TEST_F(Occurrence, FirstByDefaultAndOnlyOnce) {
  arm({rule_});
  Session session = open();
  EXPECT_EQ(taken(session, 4), (std::vector{1}));
}

TEST_F(Occurrence, Nth) {
  rule_.nth = 3;
  arm({rule_});
  Session session = open();
  EXPECT_EQ(taken(session, 6), (std::vector{3}));
}

TEST_F(Occurrence, EveryOfManyAtMostSoOften) {
  rule_.nth = 2;
  rule_.every = 2;
  rule_.times = 2;
  arm({rule_});
  Session session = open();
  EXPECT_EQ(taken(session, 8), (std::vector{2, 4}));
}

TEST_F(Occurrence, WithoutALimit) {
  rule_.times = 0;
  arm({rule_});
  Session session = open();
  EXPECT_EQ(taken(session, 5), (std::vector{1, 2, 3, 4, 5}));
}

TEST_F(Occurrence, CountsOverAllFlowsOfTheTarget) {
  rule_.nth = 3;
  arm({rule_});
  Session first = open();
  Session second = open();
  EXPECT_TRUE(taken(first, 2).empty());
  EXPECT_EQ(taken(second, 2), (std::vector{1}));
}

TEST_F(Occurrence, OncePerFlow) {
  rule_.once_per_flow = 1;
  rule_.times = 0;
  arm({rule_});
  Session first = open();
  Session second = open();
  EXPECT_EQ(taken(first, 3), (std::vector{1}));
  EXPECT_EQ(taken(second, 3), (std::vector{1}));
}

TEST_F(Occurrence, NeverByChanceOfNothing) {
  rule_.times = 0;
  rule_.probability = 0;
  arm({rule_});
  Session session = open();
  EXPECT_TRUE(taken(session, 5).empty());
  EXPECT_EQ(cutter_->injector().rule_state(0).matches, 5U);
}

TEST_F(Occurrence, ObservedTouchesNothing) {
  arm({rule_});
  Session session = open();
  EXPECT_EQ(taken(session, 2), (std::vector{1}));
  const cut_rule_state state = cutter_->injector().rule_state(0);
  EXPECT_EQ(state.would_fire, 1U);
  EXPECT_EQ(state.fired, 0U);
  EXPECT_EQ(state.segments_swallowed + state.segments_truncated, 0U);
  EXPECT_EQ(session.client.facts().retransmits, 0U);
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_F(Occurrence, EnforcedTwiceOnTheSameFlow) {
  rule_.mode = CUT_ENFORCE;
  rule_.times = 2;
  rule_.duration_ns = 150'000'000;
  arm({rule_});
  Session session = open();
  for (std::uint64_t cut = 1; cut <= 3; ++cut) {
    session.exchange(pgwire::commit(), pgwire::complete("COMMIT") + pgwire::ready('I'));
    EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), std::min<std::uint64_t>(cut, 2));
    session.begin();
  }
  EXPECT_GE(session.client.facts().retransmits, 2U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_F(Occurrence, RefusedByAFilterSaysWhat) {
  rule_ = blackhole(CUT_PG_ERROR, CUT_BEFORE);
  rule_.filters[0] = {.value = 1,
                      .attribute = CUT_PG_ATTR_SQLSTATE,
                      .kind = CUT_ATTR_SQLSTATE,
                      .used = 1,
                      .reserved = 0};
  arm({rule_});
  Session session = open();
  const std::string body = std::string("SERROR") + '\0' + "C00002" + '\0' + '\0';
  session.exchange(pgwire::query("nonsense"), pgwire::message('E', body) + pgwire::ready('E'));
  const cut_rule_state state = cutter_->injector().rule_state(0);
  EXPECT_EQ(state.moments, 1U);
  EXPECT_EQ(state.matches, 0U);
  EXPECT_EQ(state.missed[0], 1U);
  EXPECT_EQ(state.missed_value[0], 2U);
}

}  // namespace
}  // namespace cutpoint::datapath
