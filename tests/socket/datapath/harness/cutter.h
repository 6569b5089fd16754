// SPDX-License-Identifier: Apache-2.0
// The injector on a playground, and every event that it has handed over.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bpf/abi/postgres.h"
#include "controller/kernel/holder.h"
#include "controller/kernel/injector.h"
#include "controller/util/clsact.h"
#include "controller/util/veth.h"
#include "tests/socket/datapath/harness/playground.h"
#include "tests/socket/datapath/harness/require.h"
#include "tests/socket/datapath/harness/stream.h"

namespace cutpoint::datapath {

cut_endpoint endpoint_of(const std::string& ip, std::uint16_t port);

// What a service needs for these rules: both directions parsed, evidence reported.
InstalledService service_at(const std::vector<cut_endpoint>& endpoints,
                            const std::vector<cut_rule>& rules);

// The counters that damage a run and have counted, but for those set apart; for people. Empty: none
// has.
std::string damage_of(const Injector& injector, const std::set<cut_counter>& apart = {});

// blackhole both, 30 s, scope flow, heal release, at the first occurrence of the moment, once.
cut_rule blackhole(cut_postgres_moment moment, cut_position position, std::uint32_t byte = 0);

// The same at a moment of every flow.
cut_rule at_transport(cut_transport_moment moment, cut_position position = CUT_BEFORE);

// CUTPOINT_TEST_HOOKS=tcx|clsact; without it, what this kernel has.
HookKind hooks_to_test();

class Cutter {
 public:
  // Attached to every interface of the playground's namespace and armed.
  Cutter(const Playground& playground, const std::vector<cut_endpoint>& endpoints,
         const std::vector<cut_rule>& rules, bool splits = false, HookKind hooks = hooks_to_test(),
         const std::vector<cut_rule_bytes>& rule_bytes = {})
      : Cutter(playground.cgroup(), playground.netns(), endpoints, rules, splits, hooks,
               rule_bytes) {}
  // The same for a target elsewhere. `splits`: with a segmenter in its namespace.
  Cutter(const Cgroup& cgroup, const NetworkNamespace& netns,
         const std::vector<cut_endpoint>& endpoints, const std::vector<cut_rule>& rules,
         bool splits = false, HookKind hooks = hooks_to_test(),
         const std::vector<cut_rule_bytes>& rule_bytes = {}, bool reads_tls = false);

  Cutter(const Cutter&) = delete;  // the holder's thread knows its address
  Cutter& operator=(const Cutter&) = delete;
  ~Cutter() = default;

  Injector& injector() { return *injector_; }
  // Ends the rule's fault before its time.
  void heal(std::size_t rule = 0) {
    injector_->heal(rule);
    if (holder_) holder_->look_again();
  }
  [[nodiscard]] HolderCounts held() const { return require(holder_->counts()); }
  // As when the controller dies: everything is detached.
  void end() {
    holder_.reset();
    injector_.reset();
    qdiscs_.reset();
  }

  using Wanted = std::function<bool(const cut_event&)>;
  // The first event, of all so far and those to come, that is wanted; nullopt: none in time.
  std::optional<cut_event> await(const Wanted& wanted,
                                 std::chrono::milliseconds timeout = patience);
  std::optional<cut_event> await(cut_event_kind kind, std::chrono::milliseconds timeout = patience);
  // For states of the kernel's that no event tells of.
  bool eventually(const std::function<bool()>& wanted,
                  std::chrono::milliseconds timeout = patience);
  // Of those that have been handed over by now.
  std::size_t count(cut_event_kind kind);
  const std::vector<cut_event>& events();
  void forget() { events_.clear(); }

  [[nodiscard]] std::uint64_t counter(cut_counter which) const;
  [[nodiscard]] std::optional<FlowView> flow(std::uint16_t local_port) const;
  // No event is missing, and no counter that damages a run has counted.
  [[nodiscard]] std::string damage();

 private:
  void drain();

  std::optional<VethPair> segmenter_;
  std::optional<ClsactQdiscs> qdiscs_;
  std::optional<Injector> injector_;
  std::optional<Holder> holder_;  // last: its thread asks the injector
  std::vector<cut_event> events_;
  std::uint64_t drained_ = 0;   // events that came
  std::uint64_t numbered_ = 0;  // events that were sent, by the numbers of those that came
};

}  // namespace cutpoint::datapath
