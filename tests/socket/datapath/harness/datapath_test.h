// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder stand on.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/socket/datapath/harness/cutter.h"
#include "tests/socket/datapath/harness/pgwire.h"
#include "tests/socket/datapath/harness/require.h"
#include "tests/socket/datapath/harness/session.h"

namespace cutpoint::datapath {

class DatapathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto lack = playground_lacks()) GTEST_SKIP() << *lack;
    playground_.emplace();
  }

  // A server in a namespace of its own, behind a veth pair.
  void join_server() {
    server_netns_ = make_netns();
    join(playground_->netns(), *server_netns_);
  }
  // Rules on the server at `route`, armed; the server listens. `splits`: with a segmenter.
  void arm(const std::vector<cut_rule>& rules, const Route& route = over_v4, bool splits = false,
           const std::vector<cut_rule_bytes>& rule_bytes = {}) {
    if (std::string(route.name).starts_with("Veth") && !server_netns_) join_server();
    route_ = route;
    listener_ = listen(server_netns_ ? *server_netns_ : playground_->netns(), route);
    cutter_.emplace(*playground_, std::vector{endpoint_of(route.connected, service_port)}, rules,
                    splits, hooks_to_test(), rule_bytes);
  }
  // A session of the target, in an open transaction.
  Session open() { return Session::open(*playground_, route_, listener_); }

  // One that has said nothing yet, from the target's own `port`.
  Session connect_from(std::uint16_t port) {
    Session session;
    session.client = Stream(playground_->target_socket(route_.client_family));
    session.client.bind(address_of(route_.client_family == AF_INET ? "0.0.0.0" : "::", port));
    session.client.connect(address_of(route_.connected, service_port));
    session.server = listener_.accept();
    require(session.client.connected(), "connect");
    return session;
  }

  std::vector<Session> open_many(int count) {
    std::vector<Session> sessions;
    sessions.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) sessions.push_back(open());
    return sessions;
  }

  // Until the client's TCP has tried in vain for several time-outs: whatever can leak has leaked.
  static bool await_backoff(const Stream& stream, int steps = 2) {
    return stream.await_facts([=](const TcpFacts& facts) { return facts.backoff >= steps; });
  }
  static bool await_acknowledged(const Stream& stream) {
    return stream.await_facts([](const TcpFacts& facts) { return facts.unacked == 0; });
  }

  std::optional<Playground> playground_;
  std::optional<NetworkNamespace> server_netns_;  // nullopt: the target's own
  Route route_ = over_v4;
  Listener listener_;
  std::optional<Cutter> cutter_;
};

class RoutedTest : public DatapathTest, public testing::WithParamInterface<Route> {
 protected:
  // The rule, of byte 5 of an acknowledgement, is armed: it is cut there behind so many bytes of
  // rows, and arrives whole after the heal.
  void expect_answer_cut_at_byte5(std::size_t row_bytes) {
    Session session = open();
    session.exchange(pgwire::commit(), "");
    session.mark();
    const std::string rows = pgwire::data_row(row_bytes);
    const std::string sent = rows + pgwire::complete("COMMIT") + pgwire::ready('I');
    session.server.send(sent, &session.client);
    EXPECT_TRUE(session.client.await(session.sent_down + rows.size() + 5));
    ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
    ASSERT_TRUE(await_backoff(session.server));
    EXPECT_EQ(session.client_received(), rows.size() + 5);

    cutter_->injector().heal(0);
    ASSERT_TRUE(session.client.await(session.sent_down + sent.size()));
    EXPECT_EQ(session.client.received().substr(session.sent_down), sent);
    EXPECT_EQ(cutter_->damage(), "");
  }
};

inline std::string route_name(const testing::TestParamInfo<Route>& info) {
  return info.param.name;
}

// Without it GoogleTest prints a Route as raw bytes.
inline void PrintTo(const Route& route, std::ostream* out) {
  *out << route.name;
}

}  // namespace cutpoint::datapath
