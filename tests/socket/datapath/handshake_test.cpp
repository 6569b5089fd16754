// SPDX-License-Identifier: Apache-2.0
// How a connection begins and ends: bytes in its SYN are not parsed, and whatever ends it in the
// middle of a message leaves nothing behind.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class Handshake : public CrossedTest {};

// TCP Fast Open: bytes in the SYN are not parsed, so what follows them has no boundaries.
TEST_P(Handshake, WithDataIsNotParsedAndItsFlowNeverFires) {
  if (IsSkipped()) return;
  run_in(playground_->netns(), "echo 0x607 > /proc/sys/net/ipv4/tcp_fastopen");
  cut(CUT_PG_COMMIT_REQUEST, cut_before);
  Session session;
  session.client = Stream(playground_->target_socket(route().client_family));
  const Address to = address_of(route().connected, service_port);
  const std::string first = pgwire::startup();
  ASSERT_EQ(
      ::sendto(session.client.fd(), first.data(), first.size(), MSG_FASTOPEN, to.get(), to.size),
      static_cast<ssize_t>(first.size()));
  session.server = listener_.accept();
  ASSERT_TRUE(session.server.await(first.size()));
  session.sent_up = first.size();
  session.exchange("", pgwire::welcome(1));
  session.begin();
  EXPECT_NO_THROW(session.exchange(request().bytes, request().answer)) << "not touched";
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_DESYNC_MALFORMED), 1U);
}

class EndInsideARequest : public CrossedTest {
 protected:
  // Sessions whose client has sent the request up to each of some bytes.
  std::vector<Session> begun() {
    std::vector<Session> sessions;
    for (const std::size_t part : {std::size_t{1}, std::size_t{5}, request().known - 3}) {
      Session& session = sessions.emplace_back(open());
      session.client.send(request().bytes.substr(0, part));
      EXPECT_TRUE(session.server.await(session.sent_up + part));
    }
    return sessions;
  }
  void expect_nothing_left() {
    EXPECT_TRUE(
        cutter_->await([&](const cut_event&) { return cutter_->injector().flows()->empty(); }));
    expect_seen(0);
  }
};

TEST_P(EndInsideARequest, ByAResetOfTheClient) {
  watch();
  for (Session& session : begun()) {
    session.client.reset_on_close();
    session.client.close();
    EXPECT_EQ(session.server.await_error(), ECONNRESET);
  }
  expect_nothing_left();
}

TEST_P(EndInsideARequest, ByAResetOfTheServer) {
  watch();
  for (Session& session : begun()) {
    session.server.reset_on_close();
    session.server.close();
    EXPECT_EQ(session.client.await_error(), ECONNRESET);
    session.client.close();
  }
  expect_nothing_left();
}

TEST_P(EndInsideARequest, ByTheEndOfTheStreamInTheSegmentOfItsNextByte) {
  watch();
  for (Session& session : begun()) {
    const std::size_t sent = session.server.received().size() - session.sent_up;
    session.client.cork();
    session.client.send(request().bytes.substr(sent, 1));
    session.client.shutdown();
    EXPECT_TRUE(session.server.await_end());
    session.server.close();
    session.client.close();
  }
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Requests, Handshake, testing::ValuesIn(crossings({over_v4, over_v6})),
                         crossing_name);
INSTANTIATE_TEST_SUITE_P(Requests, EndInsideARequest, testing::ValuesIn(crossings()),
                         crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
