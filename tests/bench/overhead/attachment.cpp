// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/overhead/attachment.h"

#include <bpf/bpf.h>
#include <limits>
#include <stdexcept>

#include "tests/socket/datapath/harness/cutter.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;

constexpr __u32 never = std::numeric_limits<__u32>::max();  // an occurrence that does not come

std::vector<cut_rule> rules(Attached how) {
  switch (how) {
    case Attached::nothing:
    case Attached::unarmed:
      return {};
    case Attached::armed: {
      cut_rule rule = datapath::blackhole(CUT_PG_COMMIT_REQUEST, CUT_AFTER);
      rule.nth = never;
      return {rule};
    }
    case Attached::observe: {
      cut_rule rule = datapath::blackhole(CUT_PG_STATEMENT, CUT_AFTER);
      rule.times = 0;
      rule.mode = CUT_OBSERVE;
      return {rule};
    }
  }
  return {};
}

std::set<int> programs_of_host() {
  std::set<int> ids;
  std::uint32_t id = 0;
  while (bpf_prog_get_next_id(id, &id) == 0) ids.insert(static_cast<int>(id));
  return ids;
}

}  // namespace

Attachment::Attachment(Attached how, const Cgroup& cgroup, const NetworkNamespace& netns,
                       const cut_endpoint& service)
    : before_(programs_of_host()) {
  if (how == Attached::nothing) return;
  InjectorPlan plan;
  plan.cgroup_fd = cgroup.fd();
  plan.netns = &netns;
  plan.interfaces = require(netns.interfaces());
  plan.rules = rules(how);
  plan.services = {datapath::service_at({service}, plan.rules)};
  if (how == Attached::observe) plan.services[0].config.reported = ~0ULL;
  injector_ = require(Injector::start(plan));
  injector_->arm();
}

void Attachment::drain() {
  if (injector_) events_ += require(injector_->drain([](const cut_event&) {}));
}

std::uint64_t Attachment::events_lost() const {
  return injector_ ? require(injector_->counters())[CUT_COUNT_EVENTS_LOST] : 0;
}

std::string Attachment::damage() const {
  return injector_ ? datapath::damage_of(*injector_, {CUT_COUNT_EVENTS_LOST}) : "";
}

// Ours are those that were not there before us: one bench at a time.
std::map<std::string, Runs> Attachment::runs() const {
  std::set<int> ours = programs_of_host();
  std::erase_if(ours, [&](int id) { return before_.contains(id); });
  return runs_of(ours);
}

}  // namespace cutpoint::bench
