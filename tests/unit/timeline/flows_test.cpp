// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/flows.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

cut_event event_of(std::uint64_t flow, std::uint64_t ns, std::uint16_t port) {
  cut_event event{};
  event.flow = flow;
  event.ns = ns;
  event.tuple.local_port = port;
  return event;
}

std::vector<std::int64_t> times(const Flow& flow) {
  std::vector<std::int64_t> ns;
  for (const Entry* entry : flow.entries) ns.push_back(entry->ns);
  return ns;
}

TEST(Flows, are_told_apart_by_cookie_and_sorted_by_time) {
  Timeline timeline;
  timeline.add(event_of(1, 10, 4000));
  timeline.add(event_of(2, 11, 4001));
  timeline.add(5, {"controller", "armed", {}});
  timeline.add(event_of(1, 30, 4000));
  timeline.add(event_of(1, 20, 4000));  // of another CPU
  const auto flows = flows_of(timeline);
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(flows[0].cookie, 1U);
  EXPECT_EQ(times(flows[0]), (std::vector<std::int64_t>{10, 20, 30}));
  EXPECT_EQ(times(flows[1]), std::vector<std::int64_t>{11});
}

TEST(Flows, adopt_events_without_a_socket) {
  Timeline timeline;
  timeline.add(event_of(1, 10, 4000));
  timeline.add(event_of(0, 20, 4000));  // the first one's orphan
  timeline.add(event_of(2, 30, 4000));  // the port again
  timeline.add(event_of(0, 40, 4000));
  timeline.add(event_of(0, 50, 4999));  // of nobody
  timeline.add(event_of(0, 5, 4000));   // before any
  const auto flows = flows_of(timeline);
  ASSERT_EQ(flows.size(), 2U);
  EXPECT_EQ(times(flows[0]), (std::vector<std::int64_t>{10, 20}));
  EXPECT_EQ(times(flows[1]), (std::vector<std::int64_t>{30, 40}));
}

}  // namespace
}  // namespace cutpoint
