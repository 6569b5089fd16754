// SPDX-License-Identifier: Apache-2.0
// A COMMIT in two segments or in many: it is known for one when its last byte leaves, or arrives.
// What passed before cannot be taken back; the event says so, and where the cut is.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

using Parts = std::vector<std::string>;

// All the ways to send it in two parts.
std::vector<Parts> halves(const std::string& bytes) {
  std::vector<Parts> all;
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    all.push_back({bytes.substr(0, at), bytes.substr(at)});
  }
  return all;
}

Parts single_bytes(const std::string& bytes) {
  Parts parts;
  for (const char byte : bytes) parts.emplace_back(1, byte);
  return parts;
}

class Split : public CommitTest, public testing::WithParamInterface<std::tuple<Crossing, Place>> {
 protected:
  // What the parts make of one message, bytes `begin` to `end` of the stream.
  struct Outcome {
    std::size_t begin = 0;
    std::size_t gone = 0;  // bytes of it that had passed before it was known
    std::size_t delivered = 0;
  };

  void SetUp() override {
    DatapathTest::SetUp();
    use(std::get<Crossing>(GetParam()));
    place_ = std::get<Place>(GetParam());
  }
  // The Sync of a COMMIT by Execute belongs to it where it comes in the segment of the Execute.
  [[nodiscard]] Outcome outcome_of_request(const Parts& parts) const {
    std::size_t gone = 0;
    std::size_t part = 0;
    while (gone + parts[part].size() < request().known) gone += parts[part++].size();
    const bool whole = gone + parts[part].size() == request().bytes.size();
    const std::size_t end = whole ? request().bytes.size() : request().known;
    return {0, gone, std::max(gone, place_.wanted(end))};
  }
  [[nodiscard]] Outcome outcome_of_answer(const Parts& parts) const {
    const std::size_t begin = request().ack;
    std::size_t passed = 0;
    std::size_t part = 0;
    while (passed + parts[part].size() < begin + commit_ack_bytes) passed += parts[part++].size();
    const std::size_t gone = passed > begin ? passed - begin : 0;
    return {begin, gone, begin + std::max(gone, place_.wanted(commit_ack_bytes))};
  }
  // Each part arrives before the next is sent, as far as the cut lets it.
  static void send(Stream& from, Stream& to, std::size_t before, const Parts& parts,
                   std::size_t delivered) {
    std::size_t sent = 0;
    for (const std::string& part : parts) {
      from.send(part);
      sent += part.size();
      ASSERT_TRUE(to.await(before + std::min(sent, delivered)));
    }
  }
  void expect_fired(const Session& session, const Outcome& outcome) {
    const auto fired = await_fired(session);
    ASSERT_TRUE(fired);
    EXPECT_EQ(outcome.begin + (fired->cut - fired->begin), outcome.delivered);
    const bool late = outcome.delivered > outcome.begin + place_.wanted(fired->end - fired->begin);
    EXPECT_EQ((fired->flags & CUT_FACT_LATE) != 0, late);
  }
  void expect_counted(cut_postgres_moment moment, std::size_t times) {
    EXPECT_EQ(require(cutter_->injector().moment_counts(0))[moment], times);
    EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), times);
    EXPECT_EQ(cutter_->damage(), "");
  }

  // Each way on a session of its own, all of them at the same time.
  void expect_requests_cut(const std::vector<Parts>& ways) {
    cut(CUT_PG_COMMIT_REQUEST, place_);
    std::vector<Session> sessions = open_many(ways.size());
    for (std::size_t i = 0; i < ways.size(); ++i) {
      SCOPED_TRACE(ways[i].front().size());
      Session& session = sessions[i];
      const Outcome outcome = outcome_of_request(ways[i]);
      send(session.client, session.server, session.sent_up, ways[i], outcome.delivered);
      expect_fired(session, outcome);
    }
    for (std::size_t i = 0; i < ways.size(); ++i) {
      SCOPED_TRACE(ways[i].front().size());
      const std::size_t delivered = outcome_of_request(ways[i]).delivered;
      if (delivered < request().bytes.size()) {
        ASSERT_TRUE(await_backoff(sessions[i].client));
      }
      EXPECT_EQ(sessions[i].server_received(), delivered);
    }
    cutter_->injector().heal(0);
    for (Session& session : sessions) {
      ASSERT_TRUE(session.server.await(session.sent_up + request().bytes.size()));
    }
    expect_counted(CUT_PG_COMMIT_REQUEST, ways.size());
  }
  void expect_answers_cut(const std::vector<Parts>& ways) {
    cut(CUT_PG_COMMIT_ACK, place_);
    std::vector<Session> sessions = open_many(ways.size());
    for (std::size_t i = 0; i < ways.size(); ++i) {
      SCOPED_TRACE(ways[i].front().size());
      Session& session = sessions[i];
      session.exchange(request().bytes, "");
      session.mark();
      const Outcome outcome = outcome_of_answer(ways[i]);
      send(session.server, session.client, session.sent_down, ways[i], outcome.delivered);
      expect_fired(session, outcome);
    }
    for (std::size_t i = 0; i < ways.size(); ++i) {
      SCOPED_TRACE(ways[i].front().size());
      ASSERT_TRUE(await_backoff(sessions[i].server));
      EXPECT_EQ(sessions[i].client_received(), outcome_of_answer(ways[i]).delivered);
    }
    cutter_->injector().heal(0);
    for (Session& session : sessions) {
      ASSERT_TRUE(session.client.await(session.sent_down + request().answer.size()));
    }
    expect_counted(CUT_PG_COMMIT_ACK, ways.size());
  }

 private:
  Place place_{};
};

TEST_P(Split, OfTheRequestAtEveryByte) {
  expect_requests_cut(halves(request().bytes));
}

TEST_P(Split, OfTheRequestIntoSingleBytes) {
  expect_requests_cut({single_bytes(request().bytes)});
}

TEST_P(Split, OfTheAnswerAtEveryByte) {
  expect_answers_cut(halves(request().answer));
}

TEST_P(Split, OfTheAnswerIntoSingleBytes) {
  expect_answers_cut({single_bytes(request().answer)});
}

INSTANTIATE_TEST_SUITE_P(Requests, Split,
                         testing::ValuesIn(placed_crossings({cut_at_byte5, cut_before, cut_after})),
                         placed_crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
