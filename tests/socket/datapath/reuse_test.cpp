// SPDX-License-Identifier: Apache-2.0
// A cut outlives its socket; a tuple that is used again inherits nothing.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

constexpr std::uint16_t client_port = 40'000;
constexpr auto short_time = std::chrono::milliseconds(300);  // many of the server's time-outs

class Reuse : public RoutedTest {
 protected:
  Session connect_from_same_port() {
    Stream client(playground_->target_socket(GetParam().client_family));
    const bool v4 = GetParam().client_family == AF_INET;
    client.bind(address_of(v4 ? "0.0.0.0" : "::", client_port));
    client.connect(address_of(GetParam().connected, service_port));
    Session session;
    session.server = listener_.accept();
    session.client = std::move(client);
    require(session.client.connected(), "connect");
    return session;
  }
  Session cut() {
    arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE)}, GetParam());
    Session session = open();
    session.client.send(pgwire::commit());
    EXPECT_TRUE(cutter_->await(CUT_EVENT_FIRED));
    return session;
  }
};

TEST_P(Reuse, OfATupleInheritsNothing) {
  arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BYTE, 4)}, GetParam());
  // Each ends at another place in the stream: inside the start-up, a message, a transaction.
  for (int i = 0; i < 6; ++i) {
    Session session = connect_from_same_port();
    const std::string begun = i % 3 == 0 ? pgwire::startup().substr(0, 6) : pgwire::startup();
    session.client.send(begun);
    ASSERT_TRUE(session.server.await(begun.size()));
    if (i % 3 == 1) session.client.send(pgwire::query("BEGIN").substr(0, 7));
    session.client.reset_on_close();
    session.client.close();
    ASSERT_EQ(session.server.await_error(), ECONNRESET);
  }
  Session last = connect_from_same_port();
  last.start_up();
  last.begin();
  last.mark();
  EXPECT_EQ(cutter_->injector().flows()->size(), 1U);
  last.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(await_backoff(last.client));
  EXPECT_EQ(last.server_received(), 4U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Reuse, OfATupleAfterItsCutInheritsNothing) {
  arm({blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE)}, GetParam());
  Session first = connect_from_same_port();
  first.start_up();
  first.begin();
  first.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  first.client.reset_on_close();
  first.client.close();
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FLOW_CLOSED));
  first.server.reset_on_close();
  first.server.close();
  cutter_->injector().heal(0);
  Session second = connect_from_same_port();
  EXPECT_NO_THROW(second.start_up());
  EXPECT_NO_THROW(second.begin());
  EXPECT_NO_THROW(second.exchange(pgwire::commit(), pgwire::complete("COMMIT")));
  EXPECT_EQ(cutter_->count(CUT_EVENT_RELEASED), 0U);
}

TEST_P(Reuse, TheResetOfAClosedSocketDoesNotLeak) {
  Session session = cut();
  session.client.reset_on_close();
  session.client.close();
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FLOW_CLOSED));
  // The kernel answers for the socket that is gone: with an RST, which is cut as well.
  session.server.send(pgwire::ready('T'));
  ASSERT_TRUE(await_backoff(session.server));
  EXPECT_EQ(session.server.await_error(std::chrono::milliseconds(0)), 0);
  EXPECT_EQ(session.server_received(), 0U);
  EXPECT_EQ(cutter_->injector().flows()->size(), 1U) << "the cut is still on";
  cutter_->injector().heal(0);
  EXPECT_EQ(session.server.await_error(), ECONNRESET) << "what a network would have done";
  EXPECT_EQ(*cutter_->injector().sweep(), 1U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Reuse, TheEndOfAClosedSocketDoesNotLeak) {
  Session session = cut();
  session.client.close();
  EXPECT_FALSE(session.server.await_end(short_time));
  EXPECT_EQ(session.server_received(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Routes, Reuse, testing::Values(over_v4, over_v6), route_name);

}  // namespace
}  // namespace cutpoint::datapath
