// SPDX-License-Identifier: Apache-2.0
// LiveRun: the consumers that a publisher runs beside, and their queues.
#include <algorithm>
#include <csignal>
#include <functional>
#include <future>

#include "controller/run/live_run.h"

namespace cutpoint {
namespace {

constexpr auto consumer_patience = std::chrono::milliseconds(5000);

Result<probes::QueueTopology> read_topology(const NetworkNamespace& netns,
                                            const ObserverPlan& plan) {
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  return probes::read_topology(plan.management, plan.broker, plan.queue);
}

}  // namespace

// Its consumers are not yet.
bool LiveRun::publisher_is_over() const {
  return context_.scenario.publish && target_runs() && !child_runs();
}

// Before their time: by themselves.
void LiveRun::check_consumers() {
  Child* consumers = context_.target.consumers();
  if (consumers == nullptr || consumers_ended_) return;
  const auto ended = consumers->wait_for(std::chrono::milliseconds(0));
  if (!ended || !*ended) return;
  consumers_ended_ = true;
  const std::string status = (*ended)->describe();
  note("target", "consumers.exited", {{"status", status}});
  context_.progress.log("the target's command ended before the publisher: " + status);
}

// What the queues are, and where their dead letters lead. An answer may take seconds, and the
// events of consumers go on: each is awaited by a thread of its own.
void LiveRun::ask_for_topologies() {
  for (const ObserverPlan& plan : context_.scenario.observe) {
    if (plan.kind != ObserverKind::amqp || plan.management.empty()) continue;
    if (topologies_.contains(plan.name)) continue;
    topologies_[plan.name] = std::async(std::launch::async, read_topology,
                                        std::cref(*context_.plan.netns), std::cref(plan));
  }
}

// The publisher's end is theirs: what they are busy with goes back to the broker. But a queue may
// go with them, and is looked at first.
void LiveRun::end_consumers() {
  const bool all_answered =
      std::all_of(topologies_.begin(), topologies_.end(), [](const auto& asked) {
        return asked.second.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
      });
  if (!all_answered) return;
  if (Child* consumers = context_.target.consumers(); consumers != nullptr) {
    if (!consumers_ended_ && !asked_consumers_have_ended(*consumers)) return;
    if (auto killed = context_.target.kill(); !killed) problem(killed.error().message);
  }
  target_over_ = true;
}

// Or have had their time.
bool LiveRun::asked_consumers_have_ended(Child& consumers) {
  if (!until_consumers_end_) {
    if (auto asked = consumers.signal(SIGTERM); !asked) problem(asked.error().message);
    until_consumers_end_.emplace(consumer_patience);
  }
  const auto ended = consumers.wait_for(std::chrono::milliseconds(0));
  const bool have_ended = ended && *ended;
  if (ended && !have_ended && !until_consumers_end_->passed()) return false;
  context_.progress.log(have_ended ? "consumers ended: " + (*ended)->describe()
                                   : "consumers did not end when asked to: ending them");
  consumers_ended_ = true;
  return true;
}

// Whose end is waited for; -1: nobody's.
int LiveRun::awaited_pidfd() {
  if (child_runs()) return context_.target.child().pidfd();
  if (!until_consumers_end_ || consumers_ended_) return -1;
  return context_.target.consumers()->pidfd();
}

}  // namespace cutpoint
