// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder stand on: root, a place of their own in the cgroup hierarchy, a
// state directory of their own.
#pragma once

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <vector>

#include "controller/run/state_directory.h"
#include "controller/util/cgroup.h"
#include "controller/util/child.h"

namespace cutpoint {

class HostTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // A part of the hierarchy that only this test sees: others clean theirs at the same time.
  const CgroupMount& mount() const { return *mount_; }
  StateDirectory state() const { return *StateDirectory::open_at(directory_); }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  // `sleep` in a cgroup, as nobody.
  static Result<Child> start_sleeper(const Cgroup& cgroup, bool plain_fork = false);
  // Runs to the end; stdout. Fails the test where it does not succeed.
  std::string run(const std::vector<std::string>& command) const;

  std::optional<CgroupMount> mount_;
  std::optional<Cgroup> playground_;
  std::string directory_;
};

}  // namespace cutpoint
