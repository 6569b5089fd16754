// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/publish_plan.h"

#include <algorithm>
#include <cmath>

namespace cutpoint::probes {
namespace {

using std::chrono::nanoseconds;

constexpr double ns_per_s = 1e9;

nanoseconds seconds(double count) {
  return nanoseconds(std::llround(count * ns_per_s));
}

// n poison messages, one in the middle of each span of that length.
void add_poison(PublishPlan& plan, nanoseconds begin, std::int64_t n, double span_ns) {
  for (std::int64_t k = 0; k < n; ++k) {
    const double middle = (static_cast<double>(k) + 0.5) * span_ns;
    plan.messages.push_back({begin + seconds(middle / ns_per_s), plan.phases.size(), true});
  }
}

void add_phase(PublishPlan& plan, const PublishPhase& phase, nanoseconds begin) {
  const nanoseconds length = seconds(phase.messages / phase.rate);
  const auto length_ns = static_cast<double>(length.count());
  const auto first = static_cast<std::ptrdiff_t>(plan.messages.size());
  for (int i = 0; i < phase.messages; ++i) {
    plan.messages.push_back({begin + seconds(i / phase.rate), plan.phases.size(), false});
  }
  if (phase.poison > 0) add_poison(plan, begin, phase.poison, length_ns / phase.poison);
  if (phase.poison_every) {
    add_poison(plan, begin, length / *phase.poison_every,
               static_cast<double>(phase.poison_every->count()));
  }
  std::stable_sort(plan.messages.begin() + first, plan.messages.end(),
                   [](const auto& a, const auto& b) { return a.due < b.due; });
  plan.phases.push_back({begin, begin + length, plan.messages.size()});
}

}  // namespace

PublishPlan plan_messages(const std::vector<PublishPhase>& phases) {
  PublishPlan plan;
  nanoseconds begin{};
  for (const PublishPhase& phase : phases) {
    add_phase(plan, phase, begin);
    begin = plan.phases.back().end;
  }
  return plan;
}

}  // namespace cutpoint::probes
