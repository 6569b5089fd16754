// SPDX-License-Identifier: Apache-2.0
// What a test about transactions says and asks again and again.
#pragma once

#include <gtest/gtest.h>
#include <string>

#include "tests/proto/session.h"

namespace cutpoint::test {

inline std::string begun() {
  return server::command_complete("BEGIN") + server::ready('T');
}
inline std::string refused(char status) {
  return server::error_response("42601") + server::ready(status);
}

// The only fact with one of the two answers.
inline Fact only_answer(const Facts& facts) {
  Facts answers;
  for (const Fact& fact : facts) {
    if (fact.is(CUT_PG_COMMIT_ACK) || fact.is(CUT_PG_ROLLBACK_ACK)) answers.push_back(fact);
  }
  EXPECT_EQ(answers.size(), 1U);
  return answers.empty() ? Fact() : answers.front();
}

inline bool mismatch_in(const Facts& facts) {
  for (const Fact& fact : facts) {
    if (fact.mismatch) return true;
  }
  return false;
}

inline bool asks_for_commit(const Facts& facts) {
  return (moments_of(facts) & bit(CUT_PG_COMMIT_REQUEST)) != 0;
}
inline bool asks_for_rollback(const Facts& facts) {
  return (moments_of(facts) & bit(CUT_PG_ROLLBACK_REQUEST)) != 0;
}

}  // namespace cutpoint::test
