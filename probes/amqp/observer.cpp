// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/observer.h"

#include <utility>

#include "probes/amqp/broker_url.h"
#include "probes/amqp/observer_impl.h"

namespace cutpoint::probes {

AmqpObserver::AmqpObserver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AmqpObserver::AmqpObserver(AmqpObserver&&) noexcept = default;

AmqpObserver::~AmqpObserver() {
  if (!impl_) return;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ends = true;
  }
  impl_->asked.notify_one();
  if (impl_->thread.joinable()) impl_->thread.join();
}

Result<AmqpObserver> AmqpObserver::connect(const Plan& plan) {
  CUTPOINT_TRY_ASSIGN(broker, Broker::connect(plan.broker));
  std::optional<Management> management;
  if (!plan.management.empty()) {
    CUTPOINT_TRY_ASSIGN(url, BrokerUrl::parse(plan.broker));
    CUTPOINT_TRY_ASSIGN(opened, Management::open(plan.management, url.vhost));
    CUTPOINT_TRY(opened.queue(plan.queue));  // to see that it answers
    management = std::move(opened);
  }
  auto impl = std::make_unique<Impl>(plan, std::move(broker), std::move(management));
  impl->thread = std::thread([watching = impl.get()] { watching->run(); });
  return AmqpObserver(std::move(impl));
}

std::vector<AmqpObservation> AmqpObserver::take() {
  const std::lock_guard lock(impl_->mutex);
  return std::exchange(impl_->seen, {});
}

Result<AmqpObserver::FinalState> AmqpObserver::final_state(std::chrono::nanoseconds patience) {
  Question question(std::chrono::steady_clock::now() + patience);
  auto answer = question.answer.get_future();
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->question = std::move(question);
  }
  impl_->asked.notify_one();
  return answer.get();
}

}  // namespace cutpoint::probes
