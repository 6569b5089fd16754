// SPDX-License-Identifier: Apache-2.0
// More is to be held than the holder has room for: that is counted, and TCP delivers it.
#include "generated/faults.h"
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

// Of each connection: what its TCP sends before the first acknowledgement (RFC 6928: ten segments,
// which loopback makes as large as can be). The holder has room for 64 MiB.
constexpr std::size_t connections = 120;
constexpr std::size_t bytes_each = 600'000;
constexpr int socket_buffer = 4 << 20;

TEST_F(CommitTest, MoreThanTheHolderHasRoomForIsSentAgainByTcp) {
  use({simple_commit(), over_v4});
  cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_AFTER);
  rule.fault = CUT_FAULT_STALL;
  rule.directions = CUT_UP;
  rule.times = 0;
  arm({rule});
  listener_.receive_buffer(socket_buffer);
  std::vector<Session> sessions = open_many(connections);
  const std::string large = pgwire::query("SELECT '" + std::string(bytes_each, 'x') + "'");
  for (Session& session : sessions) {
    session.client.send_buffer(socket_buffer);
    session.client.send(pgwire::commit() + large);
  }
  ASSERT_TRUE(cutter_->eventually([this] { return cutter_->held().lost > 0; }));
  for (Session& session : sessions) {
    EXPECT_LE(session.server_received(), pgwire::commit().size());
  }

  cutter_->heal();
  for (Session& session : sessions) {
    const std::size_t sent = session.sent_up + pgwire::commit().size() + large.size();
    ASSERT_TRUE(session.server.await(sent));
    EXPECT_EQ(session.server.received().substr(session.sent_up), pgwire::commit() + large);
  }
  EXPECT_EQ(cutter_->damage(), "");
}

}  // namespace
}  // namespace cutpoint::datapath
