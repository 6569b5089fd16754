// SPDX-License-Identifier: Apache-2.0
// The file behind $CUTPOINT_HISTORY, while its run lasts. It has a name that every process of the
// target can open, however many wrappers started it: a descriptor would not outlive those that
// close what they do not know.
#pragma once

#include <optional>
#include <string>

#include "controller/util/child.h"
#include "controller/util/result.h"

namespace cutpoint {

class TargetHistory {
 public:
  // A new file of `user`, mode 0600; nullopt: of ours. Error (3): it cannot be made, or `user` may
  // not enter its directory.
  static Result<TargetHistory> create(const std::string& path, const std::optional<Account>& user);

  TargetHistory(const TargetHistory&) = delete;
  TargetHistory& operator=(const TargetHistory&) = delete;
  TargetHistory(TargetHistory&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TargetHistory& operator=(TargetHistory&&) = delete;
  ~TargetHistory();  // removes it

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Result<std::string> read() const;

 private:
  explicit TargetHistory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace cutpoint
