// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/publish_plan.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace cutpoint::probes {
namespace {

using namespace std::chrono_literals;

std::vector<std::chrono::nanoseconds> times(const PublishPlan& plan, bool poison) {
  std::vector<std::chrono::nanoseconds> result;
  for (const PlannedMessage& message : plan.messages) {
    if (message.poison == poison) result.push_back(message.due);
  }
  return result;
}

TEST(PublishPlan, ValidMessagesKeepTheirRateAndPoisonComesInBetween) {
  const PublishPlan plan = plan_messages({{"pill", 4, 2, 1, std::nullopt}});
  EXPECT_EQ(times(plan, false),
            (std::vector<std::chrono::nanoseconds>{0ms, 500ms, 1000ms, 1500ms}));
  EXPECT_EQ(times(plan, true), (std::vector<std::chrono::nanoseconds>{1000ms}));
  EXPECT_TRUE(std::is_sorted(plan.messages.begin(), plan.messages.end(),
                             [](const auto& a, const auto& b) { return a.due < b.due; }));
}

TEST(PublishPlan, PhasesFollowEachOther) {
  const PublishPlan plan =
      plan_messages({{"baseline", 100, 100, 0, std::nullopt}, {"storm", 30, 10, 0, 1s}});
  ASSERT_EQ(plan.phases.size(), 2u);
  EXPECT_EQ(plan.phases[0].end, 1s);
  EXPECT_EQ(plan.phases[0].messages_end, 100u);
  EXPECT_EQ(plan.phases[1].begin, 1s);
  EXPECT_EQ(plan.phases[1].end, 4s);
  EXPECT_EQ(plan.phases[1].messages_end, 133u);
  EXPECT_EQ(times(plan, true), (std::vector<std::chrono::nanoseconds>{1500ms, 2500ms, 3500ms}));
  EXPECT_EQ(plan.messages[100].phase, 1u);
  EXPECT_EQ(plan.messages[100].due, 1s);
}

}  // namespace
}  // namespace cutpoint::probes
