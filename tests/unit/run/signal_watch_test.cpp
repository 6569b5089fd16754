// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <gtest/gtest.h>

#include "controller/run/event_loop.h"

namespace cutpoint {
namespace {

TEST(SignalWatch, takes_what_has_come) {
  auto watch = SignalWatch::start();
  ASSERT_TRUE(watch);
  EXPECT_EQ(watch->take(), 0);
  ASSERT_EQ(::raise(SIGTERM), 0);
  EXPECT_EQ(watch->take(), SIGTERM);
  EXPECT_EQ(watch->take(), 0);
}

// Ctrl-C while everything is taken down already: the process is not killed in the middle of it.
TEST(SignalWatch, does_not_leave_what_nobody_has_taken) {
  {
    auto watch = SignalWatch::start();
    ASSERT_TRUE(watch);
    ASSERT_EQ(::raise(SIGINT), 0);
    ASSERT_EQ(::raise(SIGTERM), 0);
  }
  sigset_t pending;
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_EQ(::sigismember(&pending, SIGINT), 0);
  EXPECT_EQ(::sigismember(&pending, SIGTERM), 0);
}

}  // namespace
}  // namespace cutpoint
