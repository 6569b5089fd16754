// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "probes/celery/events.h"

namespace cutpoint::probes {
namespace {

// As Celery 5.2 sends them.
constexpr std::string_view received = R"json({
  "hostname": "celery@box", "utcoffset": 0, "pid": 4711, "clock": 7, "uuid": "a-1",
  "name": "app.ask", "args": "('secret',)", "kwargs": "{}", "root_id": "a-1", "parent_id": null,
  "retries": 0, "eta": null, "expires": null, "timestamp": 1700000000.25, "type": "task-received"
})json";

TEST(CeleryEvents, AreReadOneByOne) {
  std::size_t malformed = 0;
  const auto events = parse_celery_events(received, malformed);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].type, "task-received");
  EXPECT_EQ(events[0].id, "a-1");
  EXPECT_EQ(events[0].task, "app.ask");
  EXPECT_EQ(events[0].worker, "celery@box");
  EXPECT_EQ(events[0].timestamp, 1700000000.25);
  EXPECT_EQ(malformed, 0U);
}

TEST(CeleryEvents, AreReadInBatches) {
  std::size_t malformed = 0;
  const auto events = parse_celery_events(
      R"([{"type": "task-started", "uuid": "a"}, {"type": "task-succeeded", "uuid": "b"}])",
      malformed);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].type, "task-started");
  EXPECT_EQ(events[1].id, "b");
  EXPECT_EQ(malformed, 0U);
}

TEST(CeleryEvents, KeepOfAnExceptionItsClassAlone) {
  std::size_t malformed = 0;
  const auto events = parse_celery_events(
      R"json({"type": "task-failed", "uuid": "a", "exception": "httpx.ReadTimeout('secret')",
              "traceback": "secret"})json",
      malformed);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].error, "httpx.ReadTimeout");
}

TEST(CeleryEvents, OfAWorkerHaveNoTask) {
  std::size_t malformed = 0;
  const auto events = parse_celery_events(
      R"({"type": "worker-heartbeat", "hostname": "celery@box", "active": 1})", malformed);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].id, "");
}

TEST(CeleryEvents, ThatAreNoneAreCounted) {
  const std::vector<std::string_view> bodies{"",
                                             "\x80\x02",
                                             "7",
                                             "null",
                                             R"({"uuid": "a"})",
                                             R"({"type": 7})",
                                             R"({"type": "task-started"})",
                                             R"({"type": "task-started", "uuid": 7})",
                                             "[7]"};
  for (const std::string_view body : bodies) {
    std::size_t malformed = 0;
    EXPECT_TRUE(parse_celery_events(body, malformed).empty()) << body;
    EXPECT_EQ(malformed, 1U) << body;
  }
}

}  // namespace
}  // namespace cutpoint::probes
