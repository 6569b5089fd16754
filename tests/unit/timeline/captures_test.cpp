// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/captures.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

cut_capture before(std::uint64_t flow, std::uint64_t ns) {
  cut_capture capture{};
  capture.ns = ns;
  capture.flow = flow;
  capture.size = 1;
  capture.before = 1;
  return capture;
}

cut_capture fired(std::uint64_t flow, std::uint64_t ns) {
  cut_capture capture{};
  capture.ns = ns;
  capture.flow = flow;
  capture.fired = 1;
  return capture;
}

std::vector<std::uint64_t> times(const Captures& captures) {
  std::vector<std::uint64_t> all;
  for (const CapturedSegment& segment : captures.segments()) all.push_back(segment.head.ns);
  return all;
}

TEST(Captures, KeepWhatCameBeforeACutOnceThereIsOne) {
  Captures captures;
  captures.see(before(1, 10), "a");
  captures.see(before(2, 11), "b");
  EXPECT_EQ(captures.size(), 0U);
  captures.see(fired(1, 20), "");
  EXPECT_EQ(times(captures), (std::vector<std::uint64_t>{10, 20}));
  EXPECT_EQ(captures.segments()[0].bytes, "a");
}

TEST(Captures, KeepTheLastFewOfAFlow) {
  Captures captures;
  for (std::uint64_t ns = 1; ns <= 100; ++ns) captures.see(before(1, ns), "a");
  captures.see(fired(1, 101), "");
  EXPECT_EQ(times(captures), (std::vector<std::uint64_t>{93, 94, 95, 96, 97, 98, 99, 100, 101}));
}

TEST(Captures, AreInTheOrderOfTheirTimesWhicheverCpuToldOfThem) {
  Captures captures;
  captures.see(fired(1, 30), "");
  captures.see(fired(2, 20), "");
  EXPECT_EQ(times(captures), (std::vector<std::uint64_t>{20, 30}));
}

TEST(Captures, ForgetTheOldestFlowsThatNothingHappenedTo) {
  Captures captures;
  for (std::uint64_t flow = 1; flow <= 5000; ++flow) captures.see(before(flow, flow), "a");
  captures.see(fired(1, 6000), "");
  captures.see(fired(5000, 6001), "");
  EXPECT_EQ(times(captures), (std::vector<std::uint64_t>{5000, 6000, 6001}));
}

}  // namespace
}  // namespace cutpoint
