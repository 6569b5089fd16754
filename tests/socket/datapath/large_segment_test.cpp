// SPDX-License-Identifier: Apache-2.0
// COMMIT at the end of more bytes than a segment holds: loopback sends up to 128 KB in one skb, a
// veth pair with MTU 1500 the same to be segmented later (GSO). Exact; late is fine.
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class LargeSegment : public CommitTest,
                     public testing::WithParamInterface<std::tuple<Crossing, Place>> {
 protected:
  void SetUp() override {
    DatapathTest::SetUp();
    use(std::get<Crossing>(GetParam()));
  }
  // A session for each of these, all at the same time; a large segment may be swallowed whole: its
  // prefix comes in smaller ones, later.
  void expect_exact(const std::vector<std::string>& before) {
    const Place place = std::get<Place>(GetParam());
    cut(CUT_PG_COMMIT_REQUEST, place);
    std::vector<Session> sessions = open_for(before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      sessions[i].client.send(before[i] + request().bytes + behind_, &sessions[i].server);
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
      SCOPED_TRACE(before[i].size());
      expect_held(sessions[i], before[i].size() + place.wanted(request().bytes.size()));
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
      SCOPED_TRACE(before[i].size());
      expect_released(sessions[i], before[i] + request().bytes + behind_);
    }
  }
  virtual std::vector<Session> open_for(std::size_t count) { return open_many(count); }
  // Payload bytes of the largest segment that a cut has shortened or swallowed.
  std::uint32_t largest() {
    std::uint32_t length = 0;
    for (const cut_event& event : cutter_->events()) {
      if (event.kind == CUT_EVENT_SWALLOWED || event.kind == CUT_EVENT_TRUNCATED) {
        length = std::max(length, event.length);
      }
    }
    return length;
  }

 private:
  const std::string behind_ = pgwire::query("BEGIN");
};

// One Query of so many bytes in all.
std::string query_of(std::size_t bytes) {
  const std::size_t frame = pgwire::query("SELECT ''").size();
  return pgwire::query("SELECT '" + std::string(bytes - frame, 'x') + "'");
}

std::string pipeline(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += pgwire::query("INSERT INTO products VALUES (1)");
  return text;
}

TEST_P(LargeSegment, BehindAPipelineOfSmallQueries) {
  expect_exact({pipeline(70'000)});
}

TEST_P(LargeSegment, BehindOneQueryOf200Kilobytes) {
  expect_exact({query_of(200'000)});
}

TEST_P(LargeSegment, BehindOneQueryThatFillsAlmostAWholeSegment) {
  expect_exact({query_of(65'415)});
}

TEST_P(LargeSegment, BehindMoreThanChangeTailCanKeep) {
  expect_exact({query_of(30'000)});
}

INSTANTIATE_TEST_SUITE_P(Loopback, LargeSegment,
                         testing::Combine(testing::ValuesIn(crossings({over_v4, over_v6,
                                                                       over_mapped})),
                                          testing::Values(cut_at_byte5)),
                         placed_crossing_name);
INSTANTIATE_TEST_SUITE_P(
    Veth, LargeSegment,
    testing::Values(std::tuple{Crossing{simple_commit(), over_veth_v4}, cut_before},
                    std::tuple{Crossing{simple_commit(), over_veth_v6}, cut_after}),
    placed_crossing_name);

class Boundary : public LargeSegment {
 protected:
  void SetUp() override {
    LargeSegment::SetUp();
    if (!IsSkipped()) make_segments_big(200'000);
  }
  std::vector<Session> open_for(std::size_t count) override {
    std::vector<Session> sessions;
    for (std::size_t i = 0; i < count; ++i) sessions.push_back(open_big());
    return sessions;
  }
};

// The message begins on either side of the 65,536th byte of one segment, and across it.
TEST_P(Boundary, OfSixteenBitsIsNone) {
  std::vector<std::string> before;
  for (std::size_t begin = 65'530; begin <= 65'545; ++begin) before.push_back(query_of(begin));
  expect_exact(before);
  EXPECT_GT(largest(), 0xffffU) << "otherwise nothing was tried";
}

INSTANTIATE_TEST_SUITE_P(Loopback, Boundary,
                         testing::Combine(testing::ValuesIn(crossings({over_v6})),
                                          testing::Values(cut_before)),
                         placed_crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
