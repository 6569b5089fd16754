// SPDX-License-Identifier: Apache-2.0
// delay: each matched message arrives that much later; what follows waits behind it, others do not.
#include "bpf/abi/reasons.h"
#include "generated/faults.h"
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t delay_ns = 60 * ms;

class Delay : public RoutedTest {
 protected:
  void delay(cut_postgres_moment moment, std::uint64_t jitter_ns = 0) {
    cut_rule rule = blackhole(moment, CUT_BEFORE);
    rule.fault = CUT_FAULT_DELAY;
    rule.duration_ns = delay_ns;
    rule.jitter_ns = jitter_ns;
    rule.times = 0;
    arm({rule}, GetParam());
  }
  // When the n-th event of that kind came, counted from 0.
  std::optional<std::uint64_t> time_of(cut_event_kind kind, std::size_t nth) {
    std::size_t seen = 0;
    const auto event =
        cutter_->await([&](const cut_event& each) { return each.kind == kind && seen++ == nth; });
    if (!event) return std::nullopt;
    return event->ns;
  }
};

TEST_P(Delay, OfEachRequest) {
  delay(CUT_PG_COMMIT_REQUEST);
  Session session = open();
  for (int i = 0; i < 5; ++i) {
    session.exchange(pgwire::commit(), pgwire::complete("COMMIT") + pgwire::ready('I'));
    const auto fired = time_of(CUT_EVENT_FIRED, 0);
    const auto released = time_of(CUT_EVENT_RELEASED, 0);
    ASSERT_TRUE(fired && released);
    EXPECT_GE(*released - *fired, delay_ns);
    cutter_->forget();
    session.exchange(pgwire::query("BEGIN"), pgwire::complete("BEGIN") + pgwire::ready('T'));
    cutter_->forget();
  }
  EXPECT_EQ(cutter_->injector().rule_state(0).fired, 5U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Delay, OfAnAnswer) {
  delay(CUT_PG_COMMIT_ACK);
  Session session = open();
  session.exchange(pgwire::commit(), pgwire::complete("COMMIT") + pgwire::ready('I'));
  const auto fired = time_of(CUT_EVENT_FIRED, 0);
  const auto released = time_of(CUT_EVENT_RELEASED, 0);
  ASSERT_TRUE(fired && released);
  EXPECT_GE(*released - *fired, delay_ns);
  EXPECT_EQ(cutter_->damage(), "");
}

// Later bytes wait behind it; another flow does not.
TEST_P(Delay, HoldsItsFlowAlone) {
  delay(CUT_PG_COMMIT_REQUEST);
  Session first = open();
  Session second = open();
  first.client.send(pgwire::query("SELECT 1") + pgwire::commit());
  first.client.send(pgwire::query("BEGIN"));
  ASSERT_TRUE(first.server.await(first.sent_up + pgwire::query("SELECT 1").size()));
  EXPECT_EQ(first.server.received().size(), first.sent_up + pgwire::query("SELECT 1").size());
  second.exchange(pgwire::query("SELECT 2"), pgwire::complete("SELECT 1") + pgwire::ready('T'));
  EXPECT_EQ(cutter_->count(CUT_EVENT_RELEASED), 0U) << "the second was not faster than the first";
  const std::string all = pgwire::query("SELECT 1") + pgwire::commit() + pgwire::query("BEGIN");
  ASSERT_TRUE(first.server.await(first.sent_up + all.size()));
  EXPECT_EQ(first.server.received().substr(first.sent_up), all);
  EXPECT_EQ(cutter_->damage(), "");
}

// Each is matched when it is sent: the second waits for its own delay, not for both.
TEST_P(Delay, OfTwoRequestsAtATime) {
  delay(CUT_PG_COMMIT_REQUEST);
  Session session = open();
  session.client.send(pgwire::commit() + pgwire::query("BEGIN"));
  session.client.send(pgwire::commit());
  const std::string all = pgwire::commit() + pgwire::query("BEGIN") + pgwire::commit();
  ASSERT_TRUE(session.server.await(session.sent_up + all.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), all);
  EXPECT_EQ(cutter_->injector().rule_state(0).fired, 2U);
  const auto second = time_of(CUT_EVENT_FIRED, 1);
  ASSERT_TRUE(second);
  EXPECT_EQ(cutter_->damage(), "");
}

// A silence that begins while something is held takes that with it: nothing is sent on into it.
TEST_P(Delay, IsSilencedByABlackholeOfTheService) {
  cut_rule late = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  late.fault = CUT_FAULT_DELAY;
  late.duration_ns = delay_ns;
  cut_rule silence = blackhole(CUT_PG_QUERY, CUT_AFTER);
  silence.scope = CUT_SCOPE_SERVICE;
  silence.nth = 4;  // BEGIN of both, the COMMIT, then what the second asks
  arm({late, silence}, GetParam());
  Session first = open();
  Session second = open();
  first.client.send(pgwire::commit());
  ASSERT_TRUE(time_of(CUT_EVENT_FIRED, 0));
  second.client.send(pgwire::query("SELECT 1"));
  const auto swallowed = cutter_->await([&](const cut_event& event) {
    return event.kind == CUT_EVENT_SWALLOWED && event.reason == CUT_REASON_SEVERED &&
           event.tuple.local_port == first.client.local_port();
  });
  ASSERT_TRUE(swallowed);
  ASSERT_TRUE(await_backoff(first.client));
  EXPECT_EQ(first.server_received(), 0U);
  cutter_->heal(1);
  EXPECT_TRUE(first.server.await(first.sent_up + pgwire::commit().size()));
}

// The same on one flow, by a rule of the same segment.
TEST_P(Delay, IsSilencedByALaterCutOfItsFlow) {
  cut_rule late = blackhole(CUT_PG_COMMIT_ACK, CUT_BEFORE);
  late.fault = CUT_FAULT_DELAY;
  late.duration_ns = delay_ns;
  cut_rule silence = blackhole(CUT_PG_READY, CUT_AFTER);
  silence.nth = 3;  // of the start-up, of BEGIN, of COMMIT
  arm({late, silence}, GetParam());
  Session session = open();
  session.exchange(pgwire::commit(), "");
  session.mark();
  const std::string answer = pgwire::complete("COMMIT") + pgwire::ready('I');
  session.server.send(answer);
  ASSERT_TRUE(time_of(CUT_EVENT_FIRED, 1));
  ASSERT_TRUE(await_backoff(session.server));
  EXPECT_EQ(session.client_received(), 0U) << "the first was held, and nothing passes the second";
  cutter_->heal(1);
  EXPECT_TRUE(session.client.await(session.sent_down + answer.size()));
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Delay, VariesByTheSeed) {
  constexpr std::uint64_t jitter_ns = 20 * ms;
  delay(CUT_PG_COMMIT_REQUEST, jitter_ns);
  Session session = open();
  std::set<std::uint64_t> delays;
  for (int i = 0; i < 6; ++i) {
    session.client.send(pgwire::commit());
    const auto fired = cutter_->await(CUT_EVENT_FIRED);
    const auto flow = cutter_->flow(session.client.local_port());
    ASSERT_TRUE(fired && flow);
    const std::uint64_t until = flow->head.line[CUT_UPSTREAM].until_ns;
    EXPECT_GE(until, fired->ns + delay_ns - jitter_ns - ms);
    EXPECT_LE(until, fired->ns + delay_ns + jitter_ns);
    delays.insert((until - fired->ns) / ms);
    session.exchange("", pgwire::complete("COMMIT") + pgwire::ready('I'));
    ASSERT_TRUE(session.server.await(session.sent_up += pgwire::commit().size()));
    session.exchange(pgwire::query("BEGIN"), pgwire::complete("BEGIN") + pgwire::ready('T'));
    ASSERT_TRUE(await_acknowledged(session.client));
    cutter_->events();
    cutter_->forget();
  }
  EXPECT_GT(delays.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Routes, Delay,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
