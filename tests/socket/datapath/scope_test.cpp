// SPDX-License-Identifier: Apache-2.0
// Whom a cut touches: the flow, every flow of the target with the service, nobody else.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class CutScope : public RoutedTest {
 protected:
  void cut(cut_scope scope) {
    cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_AFTER);
    rule.scope = static_cast<__u8>(scope);
    arm({rule}, GetParam());
  }
  void fire(Session& session, const std::string& behind = "") {
    session.client.send(pgwire::commit() + behind);
    const auto fired = cutter_->await(CUT_EVENT_FIRED);
    ASSERT_TRUE(fired);
    fired_ns_ = fired->ns;
  }
  // The cut that has fired ends; the rule stays armed, and counts what it sees.
  void end_the_cut() {
    const cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_AFTER);
    cutter_->injector().heal(0, fired_ns_ + rule.duration_ns);
  }
  [[nodiscard]] Address service() const { return address_of(GetParam().connected, service_port); }
  // One request and its answer.
  static void talk(Session& session) {
    session.exchange(pgwire::query("SELECT 1"), pgwire::complete("SELECT 1") + pgwire::ready('T'));
  }

 private:
  std::uint64_t fired_ns_ = 0;
};

TEST_P(CutScope, FlowLeavesASecondFlowAlone) {
  cut(CUT_SCOPE_FLOW);
  Session first = open();
  Session second = open();
  fire(first);
  ASSERT_TRUE(await_backoff(first.client));
  EXPECT_NO_THROW(talk(second));
  EXPECT_NO_THROW(open()) << "a new connection";
}

// What follows the request in its segment is told of at once: it may not be sent again in the cut.
TEST_P(CutScope, FlowHoldsTheCommitBehindTheOneThatFired) {
  cut(CUT_SCOPE_FLOW);
  Session session = open();
  fire(session, pgwire::query("BEGIN") + pgwire::commit());
  const auto held = cutter_->await(CUT_EVENT_HELD);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->end - held->begin, pgwire::commit().size());
  for (const cut_event& event : cutter_->events()) {
    if (event.kind == CUT_EVENT_SWALLOWED || event.kind == CUT_EVENT_TRUNCATED) {
      EXPECT_GE(event.ns, held->ns) << "before the segment's own verdict";
    }
  }
  ASSERT_TRUE(await_backoff(session.client));
  end_the_cut();
  const auto arrived = cutter_->await([&](const cut_event& event) {
    return event.kind == CUT_EVENT_MOMENT && event.begin == held->begin;
  });
  ASSERT_TRUE(arrived) << "delivered, it is a message like any other";
  EXPECT_EQ(cutter_->count(CUT_EVENT_HELD), 1U);
  EXPECT_EQ(cutter_->injector().rule_state(0).moments, 2U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(CutScope, ServiceSilencesEveryFlow) {
  cut(CUT_SCOPE_SERVICE);
  Session first = open();
  Session second = open();
  fire(first);
  second.client.send(pgwire::query("SELECT 1"));
  second.server.send(pgwire::ready('T'));
  ASSERT_TRUE(await_backoff(second.client));
  ASSERT_TRUE(await_backoff(second.server));
  EXPECT_EQ(second.server_received(), 0U);
  EXPECT_EQ(second.client_received(), 0U);
  cutter_->injector().heal(0);
  EXPECT_TRUE(second.server.await(second.sent_up + pgwire::query("SELECT 1").size()));
  EXPECT_TRUE(second.client.await(second.sent_down + pgwire::ready('T').size()));
  EXPECT_TRUE(first.server.await(first.sent_up + pgwire::commit().size()));
  EXPECT_EQ(cutter_->damage(), "");
}

// A COMMIT that leaves while another flow's cut is on is told of, though no rule sees it yet: split
// anywhere and sent again, it is one.
TEST_P(CutScope, ServiceHoldsTheCommitOfAnotherFlow) {
  cut(CUT_SCOPE_SERVICE);
  Session first = open();
  Session second = open();
  fire(first);
  const std::string request = pgwire::query("INSERT INTO lines VALUES (1)") + pgwire::commit();
  for (const char byte : request) second.client.send(std::string(1, byte));
  const auto held = cutter_->await(CUT_EVENT_HELD);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->tuple.local_port, second.client.local_port());
  EXPECT_TRUE(held->moments & 1ULL << CUT_PG_COMMIT_REQUEST);
  EXPECT_EQ(held->end - held->begin, pgwire::commit().size());
  ASSERT_TRUE(await_backoff(second.client));
  EXPECT_EQ(second.server_received(), 0U);
  EXPECT_EQ(cutter_->injector().rule_state(0).moments, 1U);

  end_the_cut();
  ASSERT_TRUE(second.server.await(second.sent_up + request.size()));
  const auto arrived = cutter_->await([&](const cut_event& event) {
    return event.kind == CUT_EVENT_MOMENT && event.flow == held->flow &&
           (event.moments & 1ULL << CUT_PG_COMMIT_REQUEST) != 0;
  });
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->begin, held->begin);
  EXPECT_EQ(arrived->end, held->end);
  EXPECT_EQ(cutter_->count(CUT_EVENT_HELD), 1U);
  EXPECT_EQ(cutter_->injector().rule_state(0).moments, 2U);
  EXPECT_EQ(cutter_->damage(), "");
}

// What it sends after that is read as a new transaction, neither twice nor out of step.
TEST_P(CutScope, ServiceHoldsNoMoreOfAFlowThanItSent) {
  cut(CUT_SCOPE_SERVICE);
  Session first = open();
  Session second = open();
  fire(first);
  second.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_HELD));
  end_the_cut();
  ASSERT_TRUE(second.server.await(second.sent_up + pgwire::commit().size()));
  second.server.send(pgwire::complete("COMMIT") + pgwire::ready('I'));
  second.begin();
  second.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(
      [&](const cut_event&) { return cutter_->injector().rule_state(0).moments == 3; }));
  EXPECT_EQ(cutter_->count(CUT_EVENT_HELD), 1U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(CutScope, ServiceSilencesNewConnections) {
  cut(CUT_SCOPE_SERVICE);
  Session first = open();
  fire(first);
  Stream late(playground_->target_socket(GetParam().client_family));
  late.connect(service());
  const auto syn = cutter_->await([&](const cut_event& event) {
    return event.kind == CUT_EVENT_SWALLOWED && event.tuple.local_port == late.local_port();
  });
  ASSERT_TRUE(syn);
  ASSERT_TRUE(cutter_->await([&](const cut_event& event) {
    return event.kind == CUT_EVENT_SWALLOWED && event.number > syn->number &&
           event.tuple.local_port == late.local_port();
  })) << "the SYN, sent again";
  EXPECT_FALSE(listener_.pending(std::chrono::milliseconds(0)));
  cutter_->injector().heal(0);
  EXPECT_TRUE(late.connected());
  EXPECT_EQ(cutter_->damage(), "");
}

// Two faults silence one service: what ends first does not end the other.
TEST_P(CutScope, ServiceStaysSilentForItsMostLastingCut) {
  constexpr std::uint64_t soon_ns = 200'000'000;
  cut_rule lasting = blackhole(CUT_PG_COMMIT_REQUEST, CUT_AFTER);
  lasting.directions = CUT_UP;
  cut_rule passing = blackhole(CUT_PG_COMMIT_ACK, CUT_AFTER);
  passing.duration_ns = soon_ns;
  for (cut_rule* rule : {&lasting, &passing}) rule->scope = CUT_SCOPE_SERVICE;
  arm({lasting, passing}, GetParam());
  Session first = open();
  Session second = open();
  first.client.send(pgwire::commit());
  ASSERT_TRUE(first.server.await(first.sent_up + pgwire::commit().size()));
  first.server.send(pgwire::complete("COMMIT") + pgwire::ready('I'));
  ASSERT_TRUE(cutter_->await(
      [](const cut_event& event) { return event.kind == CUT_EVENT_FIRED && event.rule == 1; }));
  for (Session* session : {&first, &second}) session->client.send(pgwire::query("SELECT 1"));
  // Downstream speaks again, upstream does not.
  second.server.send(pgwire::ready('T'));
  ASSERT_TRUE(second.client.await(second.sent_down + pgwire::ready('T').size()));
  ASSERT_TRUE(await_backoff(first.client));
  ASSERT_TRUE(await_backoff(second.client));
  EXPECT_EQ(first.server_received(), pgwire::commit().size());
  EXPECT_EQ(second.server_received(), 0U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(CutScope, ServiceLeavesOtherProcessesAlone) {
  cut(CUT_SCOPE_SERVICE);
  Session before = Session::connect(outside_socket(GetParam().client_family, playground_->netns()),
                                    service(), listener_);
  before.start_up();
  Session target = open();
  fire(target);
  EXPECT_NO_THROW(talk(before));
  Session during = Session::connect(outside_socket(GetParam().client_family, playground_->netns()),
                                    service(), listener_);
  EXPECT_NO_THROW(during.start_up());
  // Their own COMMIT is not a moment of the target.
  during.begin();
  EXPECT_NO_THROW(during.exchange(pgwire::commit(), pgwire::complete("COMMIT")));
  EXPECT_EQ(during.server.facts().retransmits + during.client.facts().retransmits, 0U);
  EXPECT_EQ(cutter_->injector().flows()->size(), 1U);
  EXPECT_EQ(cutter_->injector().rule_state(0).moments, 1U);
}

INSTANTIATE_TEST_SUITE_P(Routes, CutScope, testing::Values(over_v4, over_v6), route_name);

}  // namespace
}  // namespace cutpoint::datapath
