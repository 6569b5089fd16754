// SPDX-License-Identifier: Apache-2.0
// up, down, both: which of the two ways falls silent.
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

struct Direction {
  const char* name;
  std::uint8_t mask;
};

void PrintTo(const Direction& direction, std::ostream* out) {
  *out << direction.name;
}

constexpr Direction directions[] = {{"Up", CUT_UP}, {"Down", CUT_DOWN}, {"Both", CUT_BOTH}};

class CutDirection : public DatapathTest, public testing::WithParamInterface<Direction> {
 protected:
  [[nodiscard]] bool up_is_cut() const { return (GetParam().mask & CUT_UP) != 0; }
  [[nodiscard]] bool down_is_cut() const { return (GetParam().mask & CUT_DOWN) != 0; }

  Session cut_at(cut_postgres_moment moment, cut_position position) {
    cut_rule rule = blackhole(moment, position);
    rule.directions = GetParam().mask;
    arm({rule});
    return open();
  }
  // Each end talks; who hears?
  void expect_silence(Session& session, std::size_t up, std::size_t down) {
    const std::string question = pgwire::query("SELECT 1");
    const std::string answer = pgwire::complete("SELECT 1");
    session.client.send(question);
    session.server.send(answer);
    if (up_is_cut()) {
      ASSERT_TRUE(await_backoff(session.client));
    } else {
      up += question.size();
    }
    if (down_is_cut()) {
      ASSERT_TRUE(await_backoff(session.server));
    } else {
      down += answer.size();
    }
    EXPECT_TRUE(session.server.await(session.sent_up + up));
    EXPECT_TRUE(session.client.await(session.sent_down + down));
    EXPECT_EQ(session.server_received(), up);
    EXPECT_EQ(session.client_received(), down);
  }
  void expect_recovery(Session& session, std::size_t up, std::size_t down) {
    cutter_->injector().heal(0);
    EXPECT_TRUE(session.server.await(session.sent_up + up));
    EXPECT_TRUE(session.client.await(session.sent_down + down));
    EXPECT_EQ(cutter_->damage(), "");
  }
};

TEST_P(CutDirection, OfARequest) {
  Session session = cut_at(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  session.client.send(pgwire::commit());
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  const std::size_t passed = up_is_cut() ? 0 : pgwire::commit().size();
  expect_silence(session, passed, 0);
  expect_recovery(session, pgwire::commit().size() + pgwire::query("SELECT 1").size(),
                  pgwire::complete("SELECT 1").size());
}

TEST_P(CutDirection, OfAnAnswer) {
  Session session = cut_at(CUT_PG_COMMIT_ACK, CUT_AFTER);
  session.exchange(pgwire::commit(), "");
  session.mark();
  const std::string commits = pgwire::complete("COMMIT");
  session.server.send(commits);
  ASSERT_TRUE(cutter_->await(CUT_EVENT_FIRED));
  expect_silence(session, 0, commits.size());
  expect_recovery(session, pgwire::query("SELECT 1").size(),
                  commits.size() + pgwire::complete("SELECT 1").size());
}

INSTANTIATE_TEST_SUITE_P(Directions, CutDirection, testing::ValuesIn(directions),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace cutpoint::datapath
