// SPDX-License-Identifier: Apache-2.0
// The programs on a target while it works, and the events that they send, taken as they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "controller/kernel/injector.h"
#include "controller/util/cgroup.h"
#include "controller/util/netns.h"
#include "tests/bench/overhead/program_runs.h"

namespace cutpoint::bench {

enum class Attached {
  nothing,  // not even the programs
  unarmed,  // no rule
  armed,    // a rule that waits for an occurrence that does not come
  observe,  // a rule that matches every statement and only counts; every moment is reported
};

class Attachment {
 public:
  // Nothing is attached where `how` says so. Throws where the kernel refuses.
  Attachment(Attached how, const Cgroup& cgroup, const NetworkNamespace& netns,
             const cut_endpoint& service);

  // -1: nothing is attached.
  [[nodiscard]] int events_fd() const { return injector_ ? injector_->events_fd() : -1; }
  void drain();

  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t events_lost() const;
  // The other counters that make a run inconclusive; empty: none.
  [[nodiscard]] std::string damage() const;
  // Of our programs, by name.
  [[nodiscard]] std::map<std::string, Runs> runs() const;

 private:
  std::set<int> before_;  // ids of the host's programs
  std::optional<Injector> injector_;
  std::uint64_t events_ = 0;
};

}  // namespace cutpoint::bench
