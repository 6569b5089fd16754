// SPDX-License-Identifier: Apache-2.0
// /run/cutpoint: what a run must leave where others find it after its death.
//   <id>.run      a run that is going on, or whose controller and guardian both died: RunState
//   <id>.json     the record of a run that died, written by its guardian: RunRecord
//   <id>.history  what the target of a run says of itself: TargetHistory
//   locks/        who works on what: RunLock
#pragma once

#include <string>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint {

class StateDirectory {
 public:
  // $CUTPOINT_STATE_DIR, else /run/cutpoint; made with mode 0711: a target must be able to open its
  // history. Error (3) if others could write there, because what is read from it decides what
  // `clear` kills.
  static Result<StateDirectory> open();
  static Result<StateDirectory> open_at(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string run_file(const std::string& id) const {
    return path_ + "/" + id + ".run";
  }
  [[nodiscard]] std::string record_file(const std::string& id) const {
    return path_ + "/" + id + ".json";
  }
  [[nodiscard]] std::string history_file(const std::string& id) const {
    return path_ + "/" + id + ".history";
  }
  [[nodiscard]] std::string locks() const { return path_ + "/locks"; }

  // Absolute paths of the files whose names end so (".run", ".json"), sorted.
  [[nodiscard]] std::vector<std::string> files(const std::string& suffix) const;

 private:
  explicit StateDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace cutpoint
