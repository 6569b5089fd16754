// SPDX-License-Identifier: Apache-2.0
// What the events have said of each flow so far: enough to know what is still unsettled.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "bpf/abi/event.h"

namespace cutpoint {

struct FlowNote {
  std::uint64_t cookie = 0;
  std::uint8_t service = 0;
  int backend_pid = 0;  // from BackendKeyData; 0: not seen
  bool cut = false;     // a rule fired on it, or a cut swallowed something of it
  bool established = false;
  bool client_gone = false;     // the target closed its end, or its kernel gave up
  bool closed = false;          // the socket is gone
  bool holds_bytes = false;     // the target's kernel still has to deliver what a cut swallowed
  std::int64_t settled_ns = 0;  // when `holds_bytes` or `closed` last changed
  // Asked for and not answered yet, in their order: the number of the exchange of each.
  std::vector<std::uint32_t> open_commits;
  // Read as they left, and not arrived yet.
  std::vector<cut_event> held;
  bool reset_here = false;   // the target's end accepted an RST
  bool reset_there = false;  // the service's end, on this host, did
};

class FlowBook {
 public:
  void see(const cut_event& event);

  static bool asks_for_commit(const cut_event& event);
  // Of a COMMIT that was not seen, or not counted.
  [[nodiscard]] bool answers_no_commit(const cut_event& event) const;
  // One that brought about a cut, or met it.
  static bool cuts_commit(const cut_event& event);

  [[nodiscard]] const std::map<std::uint64_t, FlowNote>& flows() const { return flows_; }
  [[nodiscard]] const FlowNote* find(std::uint64_t cookie) const;
  // Those that a cut touched.
  [[nodiscard]] std::vector<const FlowNote*> cut_flows() const;
  // Of clients that are still there.
  [[nodiscard]] bool has_open_commits() const;
  // Commits acknowledged after `ns`.
  [[nodiscard]] bool committed_since(std::int64_t ns) const { return last_commit_ns_ > ns; }

 private:
  void see_released(FlowNote& note, const cut_event& event);
  void see_moment(FlowNote& note, const cut_event& event);
  static void see_state(FlowNote& note, const cut_event& event);

  std::map<std::uint64_t, FlowNote> flows_;
  std::int64_t last_commit_ns_ = 0;
};

}  // namespace cutpoint
