// SPDX-License-Identifier: Apache-2.0
// One cutpoint at a time per target and per service: two would cut each other's flows and each
// report the other's cuts.
#pragma once

#include <string>
#include <vector>

#include "controller/run/state_directory.h"
#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// flock(2) on a file that holds our pid. The kernel releases it with our last descriptor, so that
// a killed run never blocks the next one.
class RunLock {
 public:
  // `key` names the file, e.g. "cgroup-4711" or "service-127.0.0.1:5432"; `what` is for people,
  // e.g. "service db at 127.0.0.1:5432". Error (3), naming the holder's pid, where it is taken.
  static Result<RunLock> acquire(const StateDirectory& directory, const std::string& key,
                                 const std::string& what);

  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  RunLock(RunLock&&) noexcept = default;
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

 private:
  RunLock(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;
};

// Removes the files of locks that nobody holds; their names.
std::vector<std::string> remove_unheld_locks(const StateDirectory& directory);

}  // namespace cutpoint
