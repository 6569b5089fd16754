// SPDX-License-Identifier: Apache-2.0
// corrupt: some bytes of a message are others when it arrives, and nothing else is.
#include <algorithm>

#include "generated/faults.h"
#include "tests/socket/datapath/harness/commit_test.h"
#include "tests/socket/datapath/harness/offload.h"

namespace cutpoint::datapath {
namespace {

constexpr std::size_t header = 5;  // of a typed message

cut_rule corrupt(cut_postgres_moment moment, cut_change change, std::uint32_t offset,
                 std::uint32_t changed) {
  cut_rule rule = blackhole(moment, CUT_BEFORE);
  rule.fault = CUT_FAULT_CORRUPT;
  rule.duration_ns = 0;
  rule.change = static_cast<__u8>(change);
  rule.offset = offset;
  rule.changed = changed;
  return rule;
}

cut_rule_bytes bytes_of(const std::string& pattern, const std::string& with) {
  cut_rule_bytes bytes{};
  bytes.pattern_length = static_cast<__u32>(pattern.size());
  std::copy(pattern.begin(), pattern.end(), bytes.pattern);
  std::copy(with.begin(), with.end(), bytes.with);
  return bytes;
}

std::string flipped(std::string text, std::size_t at, std::size_t count) {
  for (std::size_t i = at; i < at + count; ++i) text[i] = static_cast<char>(~text[i]);
  return text;
}

// What TCP has sent again, on a busy host, had arrived before: the other end said so (RFC 2883).
bool lost_nothing(const Stream& stream) {
  return stream.await_facts(
      [](const TcpFacts& facts) { return facts.retransmits == facts.needless_retransmits; });
}

class Corrupt : public RoutedTest {
 protected:
  // Over veth the checksums are computed and looked at in software.
  void arm(const cut_rule& rule, const cut_rule_bytes& bytes = {}) {
    RoutedTest::arm({rule}, GetParam(), false, {bytes});
    if (!server_netns_) return;
    compute_checksums_in_software(playground_->netns(), "near");
    compute_checksums_in_software(*server_netns_, "far9");
  }
  void expect_request(Session& session, const std::string& sent, const std::string& arrives) {
    session.client.send(sent, &session.server);
    ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
    EXPECT_EQ(session.server.received().substr(session.sent_up), arrives);
    EXPECT_TRUE(await_acknowledged(session.client));
    EXPECT_TRUE(lost_nothing(session.client)) << "no checksum was wrong";
    session.sent_up += sent.size();
  }
};

TEST_P(Corrupt, FlipsBytesOfARequest) {
  arm(corrupt(CUT_PG_COMMIT_REQUEST, CUT_CHANGE_FLIP, 1, 2));
  Session session = open();
  const std::string around = pgwire::query("SELECT 1");
  expect_request(session, around + pgwire::commit() + around,
                 around + flipped(pgwire::commit(), header + 1, 2) + around);
  const auto altered = cutter_->await(CUT_EVENT_ALTERED);
  ASSERT_TRUE(altered);
  EXPECT_EQ(altered->attr[0], 2U);
  // Once: the next one is as it was sent.
  expect_request(session, pgwire::commit(), pgwire::commit());
  EXPECT_EQ(cutter_->injector().rule_state(0).segments_altered, 1U);
  EXPECT_EQ(cutter_->damage(), "");
}

// At every alignment: checksums count words of two bytes.
TEST_P(Corrupt, ZeroesBytesAtEveryAlignment) {
  for (const std::uint32_t offset : {0U, 1U, 2U, 3U}) {
    for (const std::uint32_t count : {1U, 2U, 3U}) {
      SCOPED_TRACE(testing::Message() << count << " bytes at " << offset);
      cutter_.reset();
      listener_ = Listener();
      arm(corrupt(CUT_PG_COMMIT_REQUEST, CUT_CHANGE_ZERO, offset, count));
      Session session = open();
      std::string arrives = pgwire::commit();
      arrives.replace(header + offset, count, std::string(count, '\0'));
      expect_request(session, pgwire::commit(), arrives);
      EXPECT_EQ(cutter_->damage(), "");
    }
  }
}

TEST_P(Corrupt, ReplacesWhatItFinds) {
  const std::string with = "DELETE FROM";
  cut_rule rule = corrupt(CUT_PG_QUERY, CUT_CHANGE_REPLACE, 0, with.size());
  arm(rule, bytes_of("SELECT 1 AS", with));
  Session session = open();
  // Not every query has it; the first that has is the one.
  expect_request(session, pgwire::query("SELECT 2 AS x"), pgwire::query("SELECT 2 AS x"));
  expect_request(session, pgwire::query("/* */ SELECT 1 AS x"),
                 pgwire::query("/* */ DELETE FROM x"));
  EXPECT_EQ(cutter_->injector().rule_state(0).unreachable, 2U) << "BEGIN, and SELECT 2";
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 1U);
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Corrupt, FlipsBytesOfAnAnswer) {
  arm(corrupt(CUT_PG_COMMIT_ACK, CUT_CHANGE_FLIP, 0, 6));
  Session session = open();
  session.exchange(pgwire::commit(), "");
  const std::string sent = pgwire::complete("COMMIT") + pgwire::ready('I');
  session.server.send(sent);
  ASSERT_TRUE(session.client.await(session.sent_down + sent.size()));
  EXPECT_EQ(session.client.received().substr(session.sent_down), flipped(sent, header, 6));
  EXPECT_TRUE(await_acknowledged(session.server));
  EXPECT_TRUE(lost_nothing(session.server));
  EXPECT_EQ(cutter_->damage(), "");
}

// TCP's own copy is as it was: sent again, its bytes are changed again.
TEST_P(Corrupt, HoldsWhenTcpSendsAgain) {
  cut_rule rule = corrupt(CUT_PG_COMMIT_REQUEST, CUT_CHANGE_FLIP, 0, 6);
  cut_rule silence = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  RoutedTest::arm({rule, silence}, GetParam());
  Session session = open();
  session.client.send(pgwire::commit());
  ASSERT_TRUE(await_backoff(session.client));
  EXPECT_EQ(session.server_received(), 0U);
  cutter_->injector().heal(1);
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up),
            flipped(pgwire::commit(), header, 6));
  EXPECT_GE(cutter_->injector().rule_state(0).segments_altered, 2U);
  EXPECT_EQ(cutter_->damage(), "");
}

// In a segment that the device will split, far from its beginning.
TEST_P(Corrupt, ReachesIntoALargeSegment) {
  arm(corrupt(CUT_PG_COMMIT_REQUEST, CUT_CHANGE_FLIP, 0, 6));
  Session session = open();
  session.client.send_buffer(1 << 20);
  const std::string rows = pgwire::query("SELECT '" + std::string(40'000, 'x') + "'");
  session.client.send(rows + pgwire::commit() + rows, &session.server);
  ASSERT_TRUE(session.server.await(session.sent_up + 2 * rows.size() + pgwire::commit().size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up),
            rows + flipped(pgwire::commit(), header, 6) + rows);
  EXPECT_EQ(cutter_->damage(), "");
}

// Bytes that left in an earlier segment cannot be changed: the rule does not fire, and says so.
TEST_P(Corrupt, DoesNotFireWhereItsBytesHaveLeft) {
  arm(corrupt(CUT_PG_COMMIT_REQUEST, CUT_CHANGE_FLIP, 0, 1));
  Session session = open();
  session.client.send(pgwire::commit().substr(0, header + 2));
  ASSERT_TRUE(session.server.await(session.sent_up + header + 2));
  session.client.send(pgwire::commit().substr(header + 2));
  ASSERT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  EXPECT_EQ(session.server.received().substr(session.sent_up), pgwire::commit());
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
  EXPECT_EQ(cutter_->injector().rule_state(0).unreachable, 1U);
}

INSTANTIATE_TEST_SUITE_P(Routes, Corrupt,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
