// SPDX-License-Identifier: Apache-2.0
// The kernel side of a run: loads the programs, attaches them to the target's cgroup and network
// namespace, arms and heals rules, reads what happened. Nothing is pinned: every link lives on a
// file descriptor of this object. Only clsact filters outlive a killed process, inert.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/abi/capture.h"
#include "bpf/abi/control.h"
#include "bpf/abi/counters.h"
#include "bpf/abi/event.h"
#include "bpf/abi/flow.h"
#include "bpf/abi/histogram.h"
#include "bpf/abi/join.h"
#include "bpf/abi/peer.h"
#include "controller/kernel/counted.h"
#include "controller/kernel/hooks.h"
#include "controller/util/links.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"

namespace cutpoint {

struct InstalledService {
  std::vector<cut_endpoint> endpoints;  // as the target connects to it
  cut_service config{};
};

// The two ends of the veth pair in which large segments are split (util/veth.h), by index.
struct Segmenter {
  int near = 0;
  int far = 0;
};

struct InjectorPlan {
  int cgroup_fd = -1;  // directory of the target's cgroup v2
  const NetworkNamespace* netns = nullptr;
  std::vector<Interface> interfaces;  // of that namespace; those without IP packets are passed over
  HookKind hooks = HookKind::tcx;     // clsact: the interfaces, and `far`, have such qdiscs
  std::vector<InstalledService> services;  // at most CUT_MAX_SERVICES
  std::vector<cut_rule> rules;             // at most CUT_MAX_RULES
  std::vector<cut_rule_bytes> rule_bytes;  // of the first rules, in the same order
  std::optional<cut_tuple> spared;         // never enrolled
  bool joins = false;                      // join() will be asked for
  std::optional<Segmenter> segmenter;      // without: large segments that hold a cut are late
  int holder = 0;                          // interface of a Holder; 0: nothing is held
  bool reads_tls = false;                  // what TLS connections to a service say, by uprobes
  bool tells_of_deaths = false;            // of the target's processes
  cut_capturing captures = CUT_CAPTURES_HEADERS;
  std::vector<pid_t> pids;  // processes that the target has already
  // A trace: the programs are loaded without what alters anything, whatever the rules say; and
  // flows are opened with the process that connects.
  bool only_looks = false;
  pid_t only_process = 0;  // of a trace: whose new connections alone count; 0: anybody's
  // Of a trace: connections that are accepted, too, where the end that connects is not looked at.
  bool accepts = false;
  // And who serves those is told: two programs run at every read and write of this host's sockets.
  bool names_servers = false;
  // How many messages there were will be asked. False of a trace alone.
  bool counts = true;
  std::vector<cut_peer> peers;  // of a trace, at most CUT_MAX_PEERS: who is an end; empty: anybody
};

// How a flow stands to one of its segments that a fault holds.
struct HeldFlow {
  cut_direction direction = CUT_UPSTREAM;
  std::uint64_t until_ns = 0;  // CLOCK_MONOTONIC; 0: it is due
  std::uint32_t device = 0;    // interface that its segments take
  std::uint64_t rate = 0;      // bytes per second; 0: no limit
};

// A flow as the kernel has it at the moment.
struct FlowView {
  cut_tuple tuple{};
  cut_flow_head head{};
};

// The skb mark of segments that cutpoint itself sends: the programs let them pass.
inline constexpr std::uint32_t own_mark = 0x63757470;  // "cutp"
// That of segments that a fault has held, and that go on.
inline constexpr std::uint32_t held_mark = 0x63757468;  // "cuth"

class Injector {
 public:
  // Loads and attaches; no rule is armed yet. Errors (3) say which program was refused and why.
  static Result<Injector> start(const InjectorPlan& plan);

  Injector(Injector&&) noexcept;
  Injector& operator=(Injector&&) noexcept;
  ~Injector();  // detaches everything

  // Enrols the sockets with these inodes that are connected to a service, and synchronises those
  // that rest where it is wished. What is enrolled already stays so. Returns what it saw of each;
  // of accepted ones also where they are not wished to be joined.
  Result<std::vector<cut_join_sight>> join(const std::map<std::uint64_t, cut_join_wish>& wishes);

  // From now on rules match, as long as the lease is renewed (a thread of this object does that).
  void arm();
  // This process was held up for so long that the programs stopped acting; they will not again.
  [[nodiscard]] bool lease_lapsed() const;

  // Ends the rule's cuts that were to last up to `until_ns`, in CLOCK_MONOTONIC; it may fire again.
  void heal(std::size_t rule, std::uint64_t until_ns);
  // The rule fires no more; what it has cut stays so until it is healed.
  void close(std::size_t rule);
  // What is held cannot be sent on: TCP's own repetitions pass once they are due. For any thread.
  void stop_holding();
  // The rule neither fires nor acts any more; held bytes are free to go.
  void heal(std::size_t rule);

  // POLLIN: there are events to drain.
  [[nodiscard]] int events_fd() const;
  // Hands over every event that is there, in order. Returns how many.
  Result<std::size_t> drain(const std::function<void(const cut_event&)>& sink);
  // Who is handed the segments around each cut, with their bytes, while events are drained.
  void on_capture(std::function<void(const cut_capture&, std::string_view)> sink);

  [[nodiscard]] cut_rule_state rule_state(std::size_t rule) const;
  [[nodiscard]] Result<Counters> counters() const;
  [[nodiscard]] Result<MomentCounts> moment_counts(std::size_t service) const;
  // Of a service with cut_service.asks and .answers, of a trace.
  [[nodiscard]] Result<std::array<std::uint64_t, CUT_HISTOGRAM_COUNTS>> histogram(
      std::size_t service) const;
  [[nodiscard]] Result<std::vector<FlowView>> flows() const;
  // How many there were at once, at most, with the copies of those that were cut.
  [[nodiscard]] std::size_t most_flows_at_once() const;
  // Some cut is on, in one direction at least.
  [[nodiscard]] bool is_silent(const FlowView& flow) const;
  // `segment`: from its sender's view. nullopt: of no flow. For any thread.
  [[nodiscard]] std::optional<HeldFlow> held(const cut_tuple& segment) const;
  // Forgets the flows whose socket is gone; only after the heal. Returns how many. Of a trace also
  // those that were asked for and never made.
  Result<std::size_t> sweep();

  // What is attached, for people: "tcx/egress lo", "sockops", "tp_btf/tcp_retransmit_skb".
  [[nodiscard]] const std::vector<std::string>& hooks() const;
  // Files that TLS connections are read by, as the processes that map them call them.
  [[nodiscard]] std::vector<std::string> ssl_files() const;
  // Interfaces of a kind that the programs cannot read: what passes there is not covered.
  [[nodiscard]] const std::vector<std::string>& uncovered() const;

 private:
  struct Impl;
  explicit Injector(std::unique_ptr<Impl> impl);
  [[nodiscard]] bool is_on(const cut_line& line) const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cutpoint
