// SPDX-License-Identifier: Apache-2.0
#include "controller/run/rules.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

TEST(Rules, WantSegmentsRecordedOnlyWhereOneMayFire) {
  Scenario scenario;
  EXPECT_EQ(captures_of(scenario, true), CUT_CAPTURES_NOTHING);
  scenario.faults.emplace_back().mode = CUT_OBSERVE;
  EXPECT_EQ(captures_of(scenario, true), CUT_CAPTURES_NOTHING);
  scenario.faults.emplace_back().mode = CUT_ENFORCE;
  EXPECT_EQ(captures_of(scenario, false), CUT_CAPTURES_HEADERS);
  EXPECT_EQ(captures_of(scenario, true), CUT_CAPTURES_PAYLOADS);
}

}  // namespace
}  // namespace cutpoint
