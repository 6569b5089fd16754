// SPDX-License-Identifier: Apache-2.0
// Connections that the target had open before arming: enrolled at once, synchronised where the
// service itself says that they rest between two messages.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

#include "bpf/abi/event.h"
#include "controller/kernel/injector.h"
#include "controller/run/services.h"

namespace cutpoint {

class OpenConnections {
 public:
  OpenConnections(Injector& injector, std::vector<ServiceHandle>& services)
      : injector_(injector), services_(services) {}

  // Looks at the sockets of these processes; of a connection between two of them at the one that
  // has connected. A connection rests, and can be synchronised, if it was
  // quiet before and after its service said that it waits for a request, with not a byte between.
  Status look(const std::vector<pid_t>& pids);

  // A busy connection may also be synchronised by the programs themselves, as they read it.
  void see(const cut_event& event);

  // The process that had it when it was looked at, the first of several; 0: it was not open then.
  [[nodiscard]] pid_t holder_of(std::uint64_t cookie) const;

  // Of a trace: the socket that was looked at is the service's.
  [[nodiscard]] bool was_accepted(std::uint64_t cookie) const { return accepted_.contains(cookie); }

  [[nodiscard]] std::size_t found() const { return connections_.size(); }
  [[nodiscard]] std::size_t synchronised() const;
  // "3 flows were open before, 2 synchronised"
  [[nodiscard]] std::string describe() const;

 private:
  Result<std::map<std::uint64_t, cut_join_wish>> ask_services(
      const std::vector<cut_join_sight>& sights);
  // Those of `seen` that joined, or do so now: what was accepted has to wait, for its other end may
  // be seen after it.
  Result<std::vector<cut_join_sight>> join_accepted(const std::vector<cut_join_sight>& seen);
  void take(const std::vector<cut_join_sight>& sights);

  Injector& injector_;
  std::vector<ServiceHandle>& services_;
  std::map<std::uint64_t, bool> connections_;  // socket cookie -> synchronised
  std::map<std::uint64_t, pid_t> pids_;        // inode -> process, of the last look
  std::map<std::uint64_t, pid_t> holders_;     // socket cookie -> process
  std::set<std::uint64_t> accepted_;           // socket cookies
};

}  // namespace cutpoint
