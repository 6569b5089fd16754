// SPDX-License-Identifier: Apache-2.0
// Tables of runs: what happened, and what is concluded from it.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <ostream>
#include <string>

#include "tests/unit/verify/amqp_builder.h"

namespace cutpoint::testing {

struct Row {
  const char* name;
  std::function<void(AmqpBuilder&)> happens;
  Outcome outcome;
  std::string observed;  // the whole of it
};

inline void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

inline std::string row_name(const ::testing::TestParamInfo<Row>& info) {
  return info.param.name;
}

// The run must expect the invariant already. Every violation is cited.
inline void expect_row(AmqpBuilder& run, const Row& row, const std::string& invariant) {
  row.happens(run);
  const Verdict verdict = run.verify();
  ASSERT_EQ(verdict.invariants.size(), 1U);
  const InvariantResult& result = verdict.invariants[0];
  EXPECT_EQ(result.name, invariant);
  EXPECT_EQ(result.outcome, row.outcome) << result.observed;
  EXPECT_EQ(result.observed, row.observed);
}

}  // namespace cutpoint::testing
