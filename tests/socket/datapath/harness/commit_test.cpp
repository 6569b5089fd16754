// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/commit_test.h"

#include <algorithm>

namespace cutpoint::datapath {

std::vector<Crossing> crossings(const std::vector<Route>& routes) {
  std::vector<Crossing> all;
  for (const CommitRequest& request :
       {simple_commit(), extended_commit(), one_query_transaction()}) {
    all.push_back({request, routes.front()});
  }
  for (std::size_t i = 1; i < routes.size(); ++i) all.push_back({simple_commit(), routes[i]});
  return all;
}

std::vector<std::tuple<Crossing, Place>> placed_crossings(const std::vector<Place>& places) {
  std::vector<std::tuple<Crossing, Place>> all;
  for (const Crossing& crossing : crossings()) all.emplace_back(crossing, places.front());
  for (std::size_t i = 1; i < places.size(); ++i) {
    all.emplace_back(Crossing{simple_commit(), over_v4}, places[i]);
  }
  return all;
}

std::string crossing_name(const testing::TestParamInfo<Crossing>& info) {
  return std::string(info.param.request.row) + info.param.route.name;
}

std::string placed_crossing_name(const testing::TestParamInfo<std::tuple<Crossing, Place>>& info) {
  const auto& [crossing, place] = info.param;
  return std::string(crossing.request.row) + crossing.route.name + place.name;
}

void PrintTo(const Crossing& crossing, std::ostream* out) {
  *out << crossing.request.row << " over " << crossing.route.name;
}

void CommitTest::arm(const std::vector<cut_rule>& rules) {
  DatapathTest::arm(rules, route());
}

void CommitTest::cut(cut_postgres_moment moment, const Place& place) {
  cut_rule rule = blackhole(moment, place.position, place.byte);
  rule.times = 0;
  arm({rule});
}

void CommitTest::watch() {
  cut_rule request = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  request.mode = CUT_OBSERVE;
  request.times = 0;
  cut_rule acknowledgement = blackhole(CUT_PG_COMMIT_ACK, CUT_BEFORE);
  acknowledgement.mode = CUT_OBSERVE;
  acknowledgement.times = 0;
  arm({request, acknowledgement});
}

Session CommitTest::open() {
  return request().begins ? Session::log_in(*playground_, route_, listener_) : DatapathTest::open();
}

std::vector<Session> CommitTest::open_many(std::size_t count) {
  std::vector<Session> sessions;
  sessions.reserve(count);
  for (std::size_t i = 0; i < count; ++i) sessions.push_back(open());
  return sessions;
}

void CommitTest::make_segments_big(std::size_t segment) {
  run_in(playground_->netns(), "ip link set lo gso_max_size " + std::to_string(segment));
}

// TCP makes no segment larger than half of the largest window that it was offered, and windows grow
// as they are used.
Session CommitTest::open_big() {
  constexpr int buffer = 16 << 20;
  constexpr std::size_t bytes = 100'000;  // SQL of fewer steps than a walk may take
  listener_.receive_buffer(buffer);
  Session session = open();
  session.client.send_buffer(buffer);
  const std::string query = pgwire::query("SELECT '" + std::string(bytes, 'x') + "'");
  for (int i = 0; i < 16; ++i) {
    session.exchange(query,
                     pgwire::complete("SELECT 1") + pgwire::ready(request().begins ? 'I' : 'T'));
  }
  session.mark();
  return session;
}

std::optional<cut_event> CommitTest::await_fired(const Session& session) {
  return cutter_->await([port = session.client.local_port()](const cut_event& event) {
    return event.kind == CUT_EVENT_FIRED && event.tuple.local_port == port;
  });
}

std::size_t CommitTest::fired(const Session& session) {
  const std::uint16_t port = session.client.local_port();
  const auto& events = cutter_->events();
  return static_cast<std::size_t>(
      std::count_if(events.begin(), events.end(), [port](const cut_event& event) {
        return event.kind == CUT_EVENT_FIRED && event.tuple.local_port == port;
      }));
}

void CommitTest::expect_held(Session& session, std::uint64_t delivered) {
  ASSERT_TRUE(await_fired(session));
  EXPECT_TRUE(session.server.await(session.sent_up + delivered));
  ASSERT_TRUE(await_backoff(session.client)) << "TCP must believe that the bytes were lost";
  EXPECT_EQ(session.server_received(), delivered);
}

void CommitTest::expect_released(Session& session, const std::string& sent) {
  cutter_->injector().heal(0);
  ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), sent);
  EXPECT_TRUE(await_acknowledged(session.client));
  EXPECT_EQ(fired(session), 1U);
  EXPECT_EQ(cutter_->damage(), "");
}

void CommitTest::expect_seen(std::uint64_t times) {
  EXPECT_EQ(cutter_->injector().rule_state(0).would_fire, times) << "requests";
  EXPECT_EQ(cutter_->injector().rule_state(1).would_fire, times) << "acknowledgements";
  EXPECT_EQ(cutter_->count(CUT_EVENT_FLOW_DESYNC), 0U);
  EXPECT_EQ(cutter_->damage(), "");
}

}  // namespace cutpoint::datapath
