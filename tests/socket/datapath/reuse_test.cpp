// SPDX-License-Identifier: Apache-2.0
// A cut outlives its socket; a tuple that is used again inherits nothing.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

constexpr std::uint16_t client_port = 40'000;
constexpr auto short_time = std::chrono::milliseconds(300);  // many of the server's time-outs

class Reuse : public CrossedTest {
 protected:
  Session connect_from_same_port() { return connect_from(client_port); }
  // Up to where the request is due.
  void log_in(Session& session) {
    session.start_up();
    if (!request().begins) session.begin();
    session.mark();
  }
  Session cut_session() {
    cut(CUT_PG_COMMIT_REQUEST, cut_before);
    Session session = open();
    session.client.send(request().bytes);
    EXPECT_TRUE(await_fired(session));
    return session;
  }
};

TEST_P(Reuse, OfATupleInheritsNothing) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
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
  log_in(last);
  EXPECT_EQ(cutter_->injector().flows()->size(), 1U);
  last.client.send(request().bytes);
  expect_held(last, 5);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Reuse, OfATupleAfterItsCutInheritsNothing) {
  cut(CUT_PG_COMMIT_REQUEST, cut_before);
  Session first = connect_from_same_port();
  log_in(first);
  first.client.send(request().bytes);
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  first.client.reset_on_close();
  first.client.close();
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FLOW_CLOSED));
  first.server.reset_on_close();
  first.server.close();
  cutter_->injector().heal(0);
  Session second = connect_from_same_port();
  EXPECT_NO_THROW(log_in(second));
  EXPECT_NO_THROW(second.exchange(request().bytes, request().answer));
  EXPECT_EQ(cutter_->count(CUT_EVENT_RELEASED), 0U);
}

TEST_P(Reuse, TheResetOfAClosedSocketDoesNotLeak) {
  Session session = cut_session();
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
  Session session = cut_session();
  session.client.close();
  EXPECT_FALSE(session.server.await_end(short_time));
  EXPECT_EQ(session.server_received(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Requests, Reuse, testing::ValuesIn(crossings({over_v4, over_v6})),
                         crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
