// SPDX-License-Identifier: Apache-2.0
// Many connections, one after the other and at the same time: each is seen, none stays.
#include <algorithm>
#include <map>
#include <set>

#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

constexpr int connections = 1000;
constexpr int at_once = 50;

class Churn : public RoutedTest {
 protected:
  // The server closes first, so that no port of the client waits in TIME-WAIT.
  static void close(Session& session) {
    session.server.close();
    ASSERT_TRUE(session.client.await_end());
    session.client.close();
  }
  std::size_t flows_seen(cut_event_kind kind) {
    std::set<std::uint64_t> cookies;
    for (const cut_event& event : cutter_->events()) {
      if (event.kind == kind) cookies.insert(event.flow);
    }
    return cookies.size();
  }
};

TEST_P(Churn, OfAThousandConnectionsLeavesNothing) {
  cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  rule.mode = CUT_OBSERVE;
  rule.times = 0;
  arm({rule}, GetParam());
  for (int i = 0; i < connections; i += at_once) {
    std::vector<Session> sessions = open_many(at_once);
    for (Session& session : sessions) {
      session.exchange(pgwire::commit(), pgwire::complete("COMMIT") + pgwire::ready('I'));
    }
    for (Session& session : sessions) close(session);
    cutter_->events();
  }
  ASSERT_TRUE(cutter_->await([&](const cut_event&) {
    return cutter_->injector().flows()->empty();
  })) << "flows are removed as their sockets end, without a sweep";
  EXPECT_LE(cutter_->injector().most_flows_at_once(), 2U * at_once) << "their room is used again";
  EXPECT_EQ(flows_seen(CUT_EVENT_FLOW_OPENED), static_cast<std::size_t>(connections));
  EXPECT_EQ(flows_seen(CUT_EVENT_FLOW_CLOSED), static_cast<std::size_t>(connections));
  EXPECT_EQ(cutter_->injector().rule_state(0).would_fire, static_cast<std::uint64_t>(connections));
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Churn, DuringACutIsSweptAfterIt) {
  arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_AFTER)}, GetParam());
  std::vector<Session> sessions = open_many(at_once);
  sessions[0].client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  for (Session& session : sessions) {
    session.client.reset_on_close();
    session.client.close();
  }
  EXPECT_EQ(cutter_->injector().flows()->size(), 1U) << "that of the cut";
  cutter_->injector().heal(0);
  EXPECT_EQ(*cutter_->injector().sweep(), 1U);
  EXPECT_TRUE(cutter_->injector().flows()->empty());
  EXPECT_EQ(cutter_->damage(), "");
}

class LongChurn : public Churn {
 protected:
  static constexpr int all = 10'000;
  static constexpr int cut_every = 10;
  static constexpr int first_port = 10'000;

  // The client gives up on what does not come, the server on what it cannot say.
  static void abort(Session& session) {
    session.client.reset_on_close();
    session.client.close();
    session.server.reset_on_close();
    session.server.close();
  }
  // A connection that takes the port of one before it takes its place, too.
  std::size_t fired_and_not_replaced() {
    std::map<std::uint16_t, std::uint64_t> newest;  // by the client's port
    std::set<std::uint64_t> fired;
    for (const cut_event& event : cutter_->events()) {
      if (event.kind == CUT_EVENT_FLOW_OPENED) newest[event.tuple.local_port] = event.flow;
      if (event.kind == CUT_EVENT_FIRED) fired.insert(event.flow);
    }
    return static_cast<std::size_t>(
        std::count_if(newest.begin(), newest.end(),
                      [&](const auto& last) { return fired.contains(last.second); }));
  }
  void batch() {
    std::vector<Session> sessions = open_many(at_once);
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      Session& session = sessions[i];
      if (i % cut_every == 0) {
        session.client.send(pgwire::commit());
      } else {
        session.exchange(pgwire::commit(), pgwire::complete("COMMIT") + pgwire::ready('I'));
      }
    }
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      if (i % cut_every == 0) {
        abort(sessions[i]);
      } else {
        close(sessions[i]);
      }
    }
    cutter_->events();
  }
};

TEST_P(LongChurn, OfWhichATenthIsCutLosesNothingAndLeavesNothing) {
  constexpr std::uint64_t cut = all / cut_every;
  cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  rule.every = cut_every;
  rule.times = static_cast<__u32>(cut);
  rule.duration_ns = 600'000'000'000;
  arm({rule}, GetParam());
  for (int i = 0; i < all; i += at_once) batch();
  ASSERT_TRUE(cutter_->await([&](const cut_event&) {
    return cutter_->injector().flows()->size() <= cut;
  })) << "flows that are not cut go with their sockets";
  const std::size_t left = fired_and_not_replaced();
  EXPECT_GT(left, cut / 2);
  EXPECT_EQ(cutter_->injector().flows()->size(), left)
      << "a cut outlives its socket until the heal";
  cutter_->injector().heal(0);
  EXPECT_EQ(*cutter_->injector().sweep(), left);
  EXPECT_TRUE(cutter_->injector().flows()->empty());
  const std::size_t most = cutter_->injector().most_flows_at_once();
  EXPECT_LE(most, 2 * cut + 2 * at_once) << "their room is used again";
  EXPECT_EQ(flows_seen(CUT_EVENT_FLOW_OPENED), static_cast<std::size_t>(all));
  EXPECT_EQ(flows_seen(CUT_EVENT_FLOW_CLOSED), static_cast<std::size_t>(all));
  EXPECT_EQ(flows_seen(CUT_EVENT_FIRED), cut);
  EXPECT_EQ(cutter_->injector().rule_state(0).fired, cut);
  EXPECT_EQ(cutter_->injector().rule_state(0).matches, static_cast<std::uint64_t>(all));
  EXPECT_EQ(cutter_->damage(), "") << "every event that was numbered has come";
  batch();
  EXPECT_EQ(cutter_->injector().most_flows_at_once(), most) << "that of swept ones, too";
}

// A flow that is cut outlives its socket.
TEST_P(LongChurn, BeyondTheRoomIsCountedAndThereIsRoomAfterTheHeal) {
  cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  rule.times = 0;
  rule.duration_ns = 600'000'000'000;
  arm({rule}, GetParam());
  Injector& injector = cutter_->injector();
  const auto full = [&] { return (*injector.counters())[CUT_COUNT_FLOWS_FULL]; };
  for (int i = 0; i < CUT_MAX_FLOWS + at_once; ++i) {
    Session session = connect_from(static_cast<std::uint16_t>(first_port + i));
    session.start_up();
    session.client.send(pgwire::commit());
    abort(session);
    if (i % at_once == 0) cutter_->events();
  }
  EXPECT_EQ(full(), std::uint64_t{at_once});
  EXPECT_EQ(injector.flows()->size(), std::size_t{CUT_MAX_FLOWS});
  EXPECT_EQ(injector.most_flows_at_once(), std::size_t{CUT_MAX_FLOWS});
  injector.heal(0);
  EXPECT_EQ(*injector.sweep(), std::size_t{CUT_MAX_FLOWS});
  const std::uint64_t before = full();
  const std::vector<Session> sessions = open_many(at_once);
  EXPECT_EQ(injector.flows()->size(), std::size_t{at_once});
  EXPECT_EQ(full(), before);
  EXPECT_EQ(injector.most_flows_at_once(), std::size_t{CUT_MAX_FLOWS}) << "of those that were free";
}

INSTANTIATE_TEST_SUITE_P(Routes, LongChurn, testing::Values(over_v4), route_name);
INSTANTIATE_TEST_SUITE_P(Routes, Churn, testing::Values(over_v4, over_mapped), route_name);

}  // namespace
}  // namespace cutpoint::datapath
