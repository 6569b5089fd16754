// SPDX-License-Identifier: Apache-2.0
// A segment whose headers lie in page fragments, as some drivers receive them and packet sockets
// send them: read, and cut, like any other.
#include "tests/socket/datapath/harness/commit_test.h"
#include "tests/socket/datapath/harness/forged_segment.h"

namespace cutpoint::datapath {
namespace {

class Fragments : public CrossedTest {
 protected:
  // Sends it in place of the client.
  void forge(const Session& session, const std::string& bytes) {
    const auto flow = cutter_->flow(session.client.local_port());
    ASSERT_TRUE(flow);
    send_forged_in_fragments(playground_->netns(), segment_of_client(*flow), bytes);
  }
  const std::string before_ = pgwire::query("SELECT '" + std::string(5000, 'x') + "'");
};

TEST_P(Fragments, AreRead) {
  watch();
  Session session = open();
  forge(session, before_ + request().bytes);
  ASSERT_TRUE(session.server.await(session.sent_up + before_.size() + request().bytes.size()));
  EXPECT_EQ(cutter_->injector().rule_state(0).would_fire, 1U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Fragments, AreCutAtTheByte) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  Session session = open();
  session.mark();
  forge(session, before_ + request().bytes);
  ASSERT_TRUE(await_fired(session));
  EXPECT_TRUE(session.server.await(session.sent_up + before_.size() + 5));
  EXPECT_EQ(session.server_received(), before_.size() + 5);
  EXPECT_EQ(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Requests, Fragments, testing::ValuesIn(crossings()), crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
