// SPDX-License-Identifier: Apache-2.0
// truncate: so many bytes of a message arrive, and then nothing, the end of the stream or a reset.
#include "controller/kernel/reset.h"
#include "generated/faults.h"
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

class Truncate : public RoutedTest {
 protected:
  static constexpr std::uint32_t kept = 5;

  Session cut(cut_postgres_moment moment) {
    cut_rule rule = blackhole(moment, CUT_BYTE, kept);
    rule.fault = CUT_FAULT_TRUNCATE;
    arm({rule}, GetParam());
    return open();
  }
  // As the controller does it, while the flow is cut.
  void end(const Session& session, cut_direction direction, bool fin) {
    const auto flow = cutter_->flow(session.client.local_port());
    ASSERT_TRUE(flow);
    const auto sender = require(ResetSender::open(playground_->netns()));
    require(sender.send(end_for(*flow, direction, fin)));
  }
  void send_commit(Session& session) {
    session.client.send(pgwire::commit());
    ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
    ASSERT_TRUE(session.server.await(session.sent_up + kept));
  }
};

// The sender hears nothing: its TCP backs off, and what it writes waits.
TEST_P(Truncate, ThenSilence) {
  Session session = cut(CUT_PG_COMMIT_REQUEST);
  send_commit(session);
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), kept);
  EXPECT_EQ(session.client.await_error(std::chrono::milliseconds(0)), 0);
  cutter_->injector().heal(0);
  EXPECT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Truncate, ThenTheEndOfTheStream) {
  Session session = cut(CUT_PG_COMMIT_REQUEST);
  send_commit(session);
  end(session, CUT_UPSTREAM, true);
  EXPECT_TRUE(session.server.await_end());
  EXPECT_EQ(session.server.received().size(), session.sent_up + kept);
  ASSERT_TRUE(await_backoff(session.client)) << "the sender hears nothing of it";
  EXPECT_EQ(session.client.await_error(std::chrono::milliseconds(0)), 0);
}

TEST_P(Truncate, ThenAReset) {
  Session session = cut(CUT_PG_COMMIT_REQUEST);
  send_commit(session);
  end(session, CUT_UPSTREAM, false);
  EXPECT_EQ(session.server.await_error(), ECONNRESET);
  EXPECT_EQ(session.server.received().size(), session.sent_up + kept);
  ASSERT_TRUE(await_backoff(session.client));
  // Once the flow is whole again the client meets a socket that is gone.
  cutter_->injector().heal(0);
  EXPECT_EQ(session.client.await_error(), ECONNRESET);
}

TEST_P(Truncate, OfAnAnswerThenTheEndOfTheStream) {
  Session session = cut(CUT_PG_COMMIT_ACK);
  session.exchange(pgwire::commit(), "");
  session.server.send(pgwire::complete("COMMIT") + pgwire::ready('I'));
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  ASSERT_TRUE(session.client.await(session.sent_down + kept));
  end(session, CUT_DOWNSTREAM, true);
  EXPECT_TRUE(session.client.await_end());
  EXPECT_EQ(session.client.received().size(), session.sent_down + kept);
  ASSERT_TRUE(await_backoff(session.server));
}

INSTANTIATE_TEST_SUITE_P(Routes, Truncate,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
