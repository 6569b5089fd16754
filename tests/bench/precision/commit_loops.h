// SPDX-License-Identifier: Apache-2.0
// Several clients at once, in the target's cgroup: programs that write one line per COMMIT of which
// they were told.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "controller/util/cgroup.h"
#include "controller/util/child.h"
#include "controller/util/netns.h"
#include "tests/bench/transcript.h"

namespace cutpoint::bench {

class CommitLoops {
 public:
  CommitLoops(const std::vector<std::string>& command, const std::string& dsn, const Cgroup& cgroup,
              const NetworkNamespace& netns, std::size_t count);

  // Lines so far, of all of them.
  [[nodiscard]] std::size_t told() const;
  // With what it said; they are to go on until they are killed.
  void throw_if_ended();

 private:
  Transcript out_;  // of all of them
  Transcript err_;
  std::vector<Child> children_;
};

}  // namespace cutpoint::bench
