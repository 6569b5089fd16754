// SPDX-License-Identifier: Apache-2.0
#include "controller/util/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "controller/util/child.h"

namespace cutpoint {
namespace {

using std::chrono::milliseconds;

TEST(Process, IsRunningUntilItEnds) {
  SpawnOptions options;
  options.command = {"sleep", "1000"};
  auto child = Child::spawn(options);
  ASSERT_TRUE(child);
  const auto id = process_id(child->pid());
  ASSERT_TRUE(id);
  EXPECT_TRUE(is_running(*id));
  EXPECT_FALSE(await_end(*id, milliseconds(0)));
  ASSERT_TRUE(child->signal());
  EXPECT_TRUE(await_end(*id, std::chrono::seconds(10)));
  EXPECT_FALSE(is_running(*id)) << "not reaped yet, but ended";
  ASSERT_TRUE(child->wait());
  EXPECT_FALSE(is_running(*id));
  EXPECT_FALSE(process_id(id->pid));
}

TEST(Process, WithItsNumberButAnotherStartIsAnother) {
  auto id = process_id(::getpid());
  ASSERT_TRUE(id);
  EXPECT_TRUE(is_running(*id));
  id->start_ticks += 1;
  EXPECT_FALSE(is_running(*id));
  EXPECT_TRUE(await_end(*id, milliseconds(0)));
}

TEST(Process, ThatNeverWasDoesNotRun) {
  EXPECT_FALSE(is_running({}));
  EXPECT_TRUE(await_end({}, milliseconds(0)));
}

}  // namespace
}  // namespace cutpoint
