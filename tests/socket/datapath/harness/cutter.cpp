// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/cutter.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <thread>

#include "controller/util/clock.h"
#include "generated/fault_actions.h"
#include "generated/protocols.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::datapath {
namespace {

constexpr __u64 long_cut_ns = 30'000'000'000;

struct CounterName {
  const char* name;
  bool damages;
};
constexpr CounterName counter_names[] = {
#define X(identifier, name, damages, meaning) {name, (damages) != 0},
    CUT_COUNTERS(X)
#undef X
};

constexpr bool holding_faults[] = {
#define X(name, upper) CUT_##upper##_HOLDS != 0,
    CUT_FAULTS(X)
#undef X
};

struct MomentTraits {
  cut_direction direction;
  bool evidence;
};
constexpr MomentTraits moment_traits[] = {
#define X(identifier, name, direction, evidence, description) {direction, (evidence) != 0},
    CUT_POSTGRES_MOMENTS(X)
#undef X
};

}  // namespace

InstalledService service_at(const std::vector<cut_endpoint>& endpoints,
                            const std::vector<cut_rule>& rules) {
  InstalledService service;
  service.endpoints = endpoints;
  service.config.protocol = CUT_PROTOCOL_POSTGRES;
  service.config.parsed = CUT_BOTH;
  for (std::size_t bit = 0; bit < std::size(moment_traits); ++bit) {
    if (moment_traits[bit].evidence) service.config.reported |= 1ULL << bit;
  }
  for (const cut_rule& rule : rules) {
    service.config.armed |= 1ULL << rule.moment;
    if (rule.changed != 0) service.config.searched |= 1ULL << rule.moment;
  }
  return service;
}

std::string damage_of(const Injector& injector, const std::set<cut_counter>& apart) {
  std::string found;
  const auto counters = require(injector.counters());
  for (std::size_t i = 0; i < counters.size(); ++i) {
    if (counter_names[i].damages && counters[i] != 0 &&
        !apart.contains(static_cast<cut_counter>(i))) {
      found += std::string(counter_names[i].name) + " " + std::to_string(counters[i]) + "; ";
    }
  }
  return found;
}

cut_endpoint endpoint_of(const std::string& ip, std::uint16_t port) {
  cut_endpoint endpoint{};
  endpoint.port = port;
  if (::inet_pton(AF_INET, ip.c_str(), &endpoint.address.word[3]) == 1) {
    endpoint.address.word[2] = htonl(0xffff);
  } else {
    require(::inet_pton(AF_INET6, ip.c_str(), endpoint.address.word) == 1, ip + " is no address");
  }
  return endpoint;
}

cut_rule blackhole(cut_postgres_moment moment, cut_position position, std::uint32_t byte) {
  cut_rule rule{};
  rule.duration_ns = long_cut_ns;
  rule.nth = 1;
  rule.every = 1;
  rule.times = 1;
  rule.probability = UINT32_MAX;
  rule.byte = byte;
  rule.moment = static_cast<__u8>(moment);
  rule.moment_direction = static_cast<__u8>(moment_traits[moment].direction);
  rule.fault = CUT_FAULT_BLACKHOLE;
  rule.directions = CUT_BOTH;
  rule.position = static_cast<__u8>(position);
  rule.scope = CUT_SCOPE_FLOW;
  rule.heal = CUT_HEAL_RELEASE;
  rule.mode = CUT_ENFORCE;
  return rule;
}

cut_rule at_transport(cut_transport_moment moment, cut_position position) {
  static constexpr cut_direction directions[] = {
#define X(id, name, direction, bytes, description) direction,
      CUT_TRANSPORT_MOMENTS(X)
#undef X
  };
  cut_rule rule = blackhole(CUT_PG_QUERY, position);
  rule.moment = static_cast<__u8>(moment);
  rule.moment_direction = static_cast<__u8>(directions[moment - CUT_TRANSPORT_FIRST]);
  return rule;
}

HookKind hooks_to_test() {
  const char* wanted = std::getenv("CUTPOINT_TEST_HOOKS");
  if (wanted == nullptr) return require(find_hook_kind());
  for (const HookKind kind : {HookKind::tcx, HookKind::clsact}) {
    if (name_of(kind) == wanted) return kind;
  }
  throw std::invalid_argument("CUTPOINT_TEST_HOOKS is neither tcx nor clsact");
}

Cutter::Cutter(const Cgroup& cgroup, const NetworkNamespace& netns,
               const std::vector<cut_endpoint>& endpoints, const std::vector<cut_rule>& rules,
               bool splits, HookKind hooks, const std::vector<cut_rule_bytes>& rule_bytes,
               bool reads_tls) {
  InjectorPlan plan;
  plan.hooks = hooks;
  plan.cgroup_fd = cgroup.fd();
  plan.netns = &netns;
  plan.interfaces = require(netns.interfaces());
  plan.services = {service_at(endpoints, rules)};
  plan.rules = rules;
  plan.rule_bytes = rule_bytes;
  plan.reads_tls = reads_tls;
  if (splits) {
    segmenter_.emplace(
        require(VethPair::create(netns, {our_device_name('n'), our_device_name('f')})));
    plan.segmenter = Segmenter{segmenter_->near(), segmenter_->far()};
  }
  const bool holds = std::any_of(rules.begin(), rules.end(),
                                 [](const cut_rule& rule) { return holding_faults[rule.fault]; });
  if (holds) {
    holder_.emplace(require(Holder::open(netns)));
    plan.holder = holder_->interface();
  }
  if (hooks == HookKind::clsact) {
    // With the ends of the segmenter, one of which needs it.
    qdiscs_.emplace(require(ClsactQdiscs::create(netns, require(netns.interfaces()))));
  }
  injector_ = require(Injector::start(plan));
  if (holder_) {
    holder_->start([this](const cut_tuple& segment) { return injector_->held(segment); },
                   [this] { injector_->stop_holding(); });
  }
  injector_->arm();
}

void Cutter::drain() {
  if (!injector_) return;
  require(injector_->drain([this](const cut_event& event) {
    ++drained_;
    numbered_ = std::max<std::uint64_t>(numbered_, event.number + 1);
    events_.push_back(event);
  }));
}

// Events of delivered messages wake nobody.
constexpr int look_ms = 10;

std::optional<cut_event> Cutter::await(const Wanted& wanted, std::chrono::milliseconds timeout) {
  const Deadline deadline(timeout);
  std::size_t looked = 0;
  for (;;) {
    drain();
    const auto found =
        std::find_if(events_.begin() + static_cast<std::ptrdiff_t>(looked), events_.end(), wanted);
    if (found != events_.end()) return *found;
    if (deadline.passed() || !injector_) return std::nullopt;
    looked = events_.size();
    pollfd waiting{injector_->events_fd(), POLLIN, 0};
    ::poll(&waiting, 1, std::min(deadline.poll_ms(), look_ms));
  }
}

std::optional<cut_event> Cutter::await(cut_event_kind kind, std::chrono::milliseconds timeout) {
  return await([kind](const cut_event& event) { return event.kind == kind; }, timeout);
}

bool Cutter::eventually(const std::function<bool()>& wanted, std::chrono::milliseconds timeout) {
  const Deadline deadline(timeout);
  while (!wanted()) {
    if (deadline.passed()) return false;
    drain();
    std::this_thread::yield();
  }
  return true;
}

const std::vector<cut_event>& Cutter::events() {
  drain();
  return events_;
}

std::size_t Cutter::count(cut_event_kind kind) {
  drain();
  return static_cast<std::size_t>(
      std::count_if(events_.begin(), events_.end(),
                    [kind](const cut_event& event) { return event.kind == kind; }));
}

std::uint64_t Cutter::counter(cut_counter which) const {
  return require(injector_->counters())[which];
}

std::optional<FlowView> Cutter::flow(std::uint16_t local_port) const {
  const auto flows = require(injector_->flows());
  const auto found = std::find_if(flows.begin(), flows.end(), [&](const FlowView& flow) {
    return flow.tuple.local_port == local_port;
  });
  if (found == flows.end()) return std::nullopt;
  return *found;
}

std::string Cutter::damage() {
  drain();
  return (drained_ != numbered_ ? "events are missing; " : "") + damage_of(*injector_);
}

}  // namespace cutpoint::datapath
