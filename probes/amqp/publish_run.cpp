// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/publish_run.h"

#include <algorithm>
#include <fmt/format.h>
#include <thread>

#include "probes/amqp/publish_message.h"

namespace cutpoint::probes {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds between_publishes(50);  // of a message that the queue rejected
constexpr milliseconds longest_wait(500);      // heartbeats are sent while we wait for a frame
constexpr milliseconds for_the_socket(2);      // when its buffer is full

Error ended(std::string message, std::string remedy = {}) {
  return {ExitCode::unavailable, std::move(message), std::move(remedy)};
}

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

PublishRun::PublishRun(const PublishOptions& options, HistoryWriter history)
    : options_(options),
      history_(std::move(history)),
      plan_(plan_messages(options.phases)),
      attempts_(plan_.messages.size()) {}

Status PublishRun::run() {
  CUTPOINT_TRY(connect(Clock::now()));
  CUTPOINT_TRY(wait_for_queue(Clock::now(), 1));
  start_ = Clock::now();
  if (Status published = publish_all(); !published) {
    CUTPOINT_TRY(forget_connection("the publisher ended: " + published.error().message));
    return published;
  }
  CUTPOINT_TRY(wait_until_drained());
  return outcome();
}

Status PublishRun::publish_all() {
  while (!all_is_done()) {
    CUTPOINT_TRY(turn_phases());
    Status going = publish_what_is_due();
    if (!going && !broker_->lost()) return going;
    if (going) {
      auto confirm = broker_->next_confirm(time_to_wait());
      if (!confirm) {
        going = std::move(confirm).error();
      } else if (*confirm) {
        CUTPOINT_TRY(take_confirm(**confirm));
      }
    }
    if (going && confirm_is_overdue()) {
      going = ended(fmt::format("{} gave no confirm for {:g} s", broker_->address(),
                                in_seconds(options_.patience)));
    }
    if (!going) CUTPOINT_TRY(recover(going.error()));
  }
  return {};
}

bool PublishRun::all_is_done() const {
  return phase_ == plan_.phases.size() && again_.empty() && unconfirmed_.empty();
}

Status PublishRun::turn_phases() {
  for (; phase_ < plan_.phases.size(); ++phase_, phase_begun_ = false) {
    const PlannedPhase& phase = plan_.phases[phase_];
    const auto now = Clock::now();
    if (!phase_begun_) {
      if (now < start_ + phase.begin) return {};
      phase_begun_ = true;
      CUTPOINT_TRY(tell("phase", options_.phases[phase_].name, "invoke"));
    }
    if (now < start_ + phase.end || next_ < phase.messages_end) return {};
    CUTPOINT_TRY(tell("phase", options_.phases[phase_].name, "ok"));
  }
  return {};
}

std::optional<int> PublishRun::next_due(Clock::time_point now) {
  if (!again_.empty() && again_.begin()->first <= now) {
    const int number = again_.begin()->second;
    again_.erase(again_.begin());
    return number;
  }
  if (!phase_begun_ || next_ == plan_.phases[phase_].messages_end) return std::nullopt;
  if (now < start_ + plan_.messages[next_].due) return std::nullopt;
  return static_cast<int>(++next_);
}

// Not for longer than a moment, so that confirms are read in between.
Status PublishRun::publish_what_is_due() {
  const auto now = Clock::now();
  while (broker_->can_publish() && Clock::now() < now + for_the_socket) {
    const auto number = next_due(now);
    if (!number) return {};
    CUTPOINT_TRY(publish(*number));
  }
  return {};
}

Status PublishRun::publish(int number) {
  const auto index = static_cast<std::size_t>(number - 1);
  ++attempts_[index];
  CUTPOINT_TRY(tell(number, "invoke"));
  unconfirmed_[++last_tag_] = {number, Clock::now()};
  const bool to_queue = options_.exchange.empty();
  return broker_->publish(options_.exchange, to_queue ? options_.queue : options_.routing_key,
                          make_message(options_, number, plan_.messages[index].poison));
}

Status PublishRun::take_confirm(const Broker::Confirm& confirm) {
  using Kind = Broker::Confirm::Kind;
  if (confirm.kind == Kind::returned) return returned(confirm);
  lost_at_.reset();
  auto tag = confirm.multiple ? unconfirmed_.begin() : unconfirmed_.find(confirm.tag);
  while (tag != unconfirmed_.end() && tag->first <= confirm.tag) {
    const std::uint64_t one = (tag++)->first;
    CUTPOINT_TRY(confirm.kind == Kind::ack ? acknowledged(one) : rejected(one));
  }
  return {};
}

Status PublishRun::acknowledged(std::uint64_t tag) {
  const int number = unconfirmed_.at(tag).number;
  unconfirmed_.erase(tag);
  return tell(number, "ok");
}

Status PublishRun::rejected(std::uint64_t tag) {
  const int number = unconfirmed_.at(tag).number;
  unconfirmed_.erase(tag);
  const auto now = Clock::now();
  const auto first = first_nacks_.emplace(number, now).first->second;
  if (now < first + options_.patience) {
    again_.emplace(now + between_publishes, number);
  } else {
    given_up_.push_back(number);
  }
  return tell(number, "fail", "the broker rejected it");
}

Status PublishRun::returned(const Broker::Confirm& confirm) {
  const std::string id = confirm.message.message_id.empty() ? confirm.message.correlation_id
                                                            : confirm.message.message_id;
  const auto found = std::find_if(unconfirmed_.begin(), unconfirmed_.end(), [&](const auto& one) {
    return message_id(one.second.number) == id;
  });
  if (found != unconfirmed_.end()) {
    const int number = found->second.number;
    unconfirmed_.erase(found);
    CUTPOINT_TRY(tell(number, "fail", "returned: " + confirm.why));
  }
  return ended(
      fmt::format("message {} was returned by {}: {}", id, broker_->address(), confirm.why),
      "does the exchange lead to a queue, by that routing key?");
}

Status PublishRun::forget_connection(const std::string& why) {
  for (const auto& [tag, message] : unconfirmed_) {
    again_.emplace(message.sent, message.number);  // at once, in their order
    CUTPOINT_TRY(tell(message.number, "info", why));
  }
  unconfirmed_.clear();
  last_tag_ = 0;
  broker_.reset();
  return {};
}

Status PublishRun::recover(const Error& loss) {
  CUTPOINT_TRY(forget_connection(loss.message));
  if (!lost_at_) lost_at_ = Clock::now();
  if (Clock::now() >= *lost_at_ + options_.patience) return loss;  // connected, but not confirmed
  CUTPOINT_TRY(connect(*lost_at_));
  // A broker that was killed may have forgotten a young queue, until somebody declares it again.
  return wait_for_queue(*lost_at_, 0);
}

bool PublishRun::confirm_is_overdue() const {
  if (unconfirmed_.empty()) return false;
  return Clock::now() >= unconfirmed_.begin()->second.sent + options_.patience;
}

milliseconds PublishRun::time_to_wait() const {
  if (!broker_->can_publish()) return for_the_socket;
  auto until = Clock::now() + longest_wait;
  if (!again_.empty()) until = std::min(until, again_.begin()->first);
  if (phase_ < plan_.phases.size()) {
    const PlannedPhase& phase = plan_.phases[phase_];
    const bool sent = next_ == phase.messages_end;
    const auto due = sent ? phase.end : plan_.messages[next_].due;
    until = std::min(until, start_ + (phase_begun_ ? due : phase.begin));
  }
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
  return std::max(left, milliseconds(0));
}

Status PublishRun::outcome() const {
  if (given_up_.empty()) return {};
  constexpr std::size_t most_named = 5;
  std::string ids;
  for (std::size_t i = 0; i < std::min(given_up_.size(), most_named); ++i) {
    ids += (i == 0 ? "" : ", ") + message_id(given_up_[i]);
  }
  return ended(fmt::format("{} of {} messages were not confirmed: {}{}", given_up_.size(),
                           plan_.messages.size(), ids, given_up_.size() > most_named ? "…" : ""),
               "the queue rejected them for longer than `patience`; is it full?");
}

Status PublishRun::tell(int number, const char* type, const std::string& why) {
  const auto index = static_cast<std::size_t>(number - 1);
  const PlannedMessage& planned = plan_.messages[index];
  HistoryRecord record;
  record.op = "publish";
  record.id = message_id(number);
  record.attempt = attempts_[index];
  record.type = type;
  record.error = why;
  record.poison = planned.poison;
  record.phase = options_.phases[planned.phase].name;
  return history_.write(std::move(record));
}

Status PublishRun::tell(const std::string& op, const std::string& id, const char* type) {
  HistoryRecord record;
  record.op = op;
  record.id = id;
  record.type = type;
  return history_.write(std::move(record));
}

}  // namespace cutpoint::probes
