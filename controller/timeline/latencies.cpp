// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "controller/timeline/timeline.h"
#include "generated/protocols.h"

namespace cutpoint {
namespace {

// Of the protocols that number their messages themselves.
constexpr std::size_t commit_pair = 0;
constexpr std::size_t response_pair = 1;
constexpr std::size_t confirm_pair = 2;
constexpr std::size_t delivery_pair = 3;

bool is_multiple(const cut_event& event) {
  return ((event.attr[CUT_AMQP_ATTR_FLAG] >> CUT_AMQP_FLAG_MULTIPLE) & 1U) != 0;
}

}  // namespace

// Below 2^fine_bits ns each has a bucket of its own; above, each power of two has 2^fine_bits.
std::size_t Durations::bucket_of(std::uint64_t ns) {
  const auto width = static_cast<unsigned>(std::bit_width(ns));
  if (width <= fine_bits) return ns;
  const unsigned shift = width - fine_bits - 1;
  return ((shift + 1) << fine_bits) + ((ns >> shift) & ((1U << fine_bits) - 1));
}

std::int64_t Durations::end_of(std::size_t bucket) {
  const std::size_t group = bucket >> fine_bits;
  const std::uint64_t fine = bucket & ((1U << fine_bits) - 1);
  if (group == 0) return static_cast<std::int64_t>(fine);
  const std::uint64_t begin = ((1ULL << fine_bits) + fine) << (group - 1);
  return static_cast<std::int64_t>(begin + (1ULL << (group - 1)) - 1);
}

void Durations::add(std::int64_t ns) {
  ++counts_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)))];
  ++count_;
  max_ns_ = std::max(max_ns_, ns);
}

std::int64_t Durations::quantile_ns(double q) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t below = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    below += counts_[bucket];
    if (below >= wanted) return std::min(end_of(bucket), max_ns_);
  }
  return max_ns_;
}

const std::vector<MomentPair>& moment_pairs() {
  static const std::vector<MomentPair> pairs{
      {CUT_PROTOCOL_POSTGRES, CUT_PG_COMMIT_REQUEST, CUT_PG_COMMIT_ACK},
      {CUT_PROTOCOL_HTTP, CUT_HTTP_REQUEST_END, CUT_HTTP_RESPONSE_HEAD},
      {CUT_PROTOCOL_AMQP, CUT_AMQP_PUBLISH, CUT_AMQP_CONFIRM_ACK},
      {CUT_PROTOCOL_AMQP, CUT_AMQP_DELIVER, CUT_AMQP_ACK},
  };
  return pairs;
}

const MomentPair* measured_pair(unsigned protocol) {
  for (const std::size_t pair : {commit_pair, response_pair}) {
    if (moment_pairs()[pair].protocol == protocol) return &moment_pairs()[pair];
  }
  return nullptr;
}

std::uint64_t paired_moments(unsigned protocol) {
  std::uint64_t moments = 0;
  for (const MomentPair& pair : moment_pairs()) {
    if (pair.protocol == protocol) moments |= 1ULL << pair.from | 1ULL << pair.to;
  }
  // Publishes are numbered from here on.
  if (protocol == CUT_PROTOCOL_AMQP) moments |= 1ULL << CUT_AMQP_CONFIRM_SELECT;
  return moments;
}

void Latencies::ask(const Key& key, const cut_event& event) {
  if (open_.size() < most_open) {
    open_.emplace(key, event.ns);
  } else {
    ++passed_over_;
  }
}

// `all_before`: whatever has a lower number in its lane is answered by it, too.
void Latencies::answer(const Key& key, bool all_before, const cut_event& event,
                       std::vector<Answered>& done) {
  Key first = key;
  if (all_before) first.number = 0;
  auto found = open_.lower_bound(first);
  while (found != open_.end() && found->first <= key) {
    const auto asked = static_cast<std::int64_t>(found->second);
    const auto answered = static_cast<std::int64_t>(event.ns);
    durations_[key.pair].add(answered - asked);
    done.push_back({key.pair, asked, answered});
    found = open_.erase(found);
    if (!all_before) return;
  }
}

// Request and answer have the same number. What was asked before, and has had no such answer, has
// had another: an error.
void Latencies::see_exchange(std::size_t pair, const cut_event& event,
                             std::vector<Answered>& done) {
  const Key key{event.flow, pair, 0, event.exchange};
  if (is_moment(event, moment_pairs()[pair].from)) ask(key, event);
  if (!is_moment(event, moment_pairs()[pair].to)) return;
  if (pair == commit_pair) {
    open_.erase(open_.lower_bound({event.flow, pair, 0, 0}), open_.lower_bound(key));
  }
  answer(key, false, event, done);
}

// RabbitMQ, "Consumer Acknowledgements and Publisher Confirms": confirms carry the number of the
// message in its channel, counted from 1 with confirm.select; deliveries carry theirs.
void Latencies::see_amqp(const cut_event& event, std::vector<Answered>& done) {
  const std::uint32_t channel = event.attr[CUT_AMQP_ATTR_CHANNEL];
  const std::uint32_t tag = event.attr[CUT_AMQP_ATTR_DELIVERY_TAG];
  const std::pair lane(event.flow, channel);
  if (is_moment(event, CUT_AMQP_CONFIRM_SELECT)) published_.try_emplace(lane, 0);
  if (is_moment(event, CUT_AMQP_PUBLISH)) {
    const auto counted = published_.find(lane);
    if (counted != published_.end()) {
      ask({event.flow, confirm_pair, channel, ++counted->second}, event);
    }
  }
  if (is_moment(event, CUT_AMQP_CONFIRM_ACK)) {
    answer({event.flow, confirm_pair, channel, tag}, is_multiple(event), event, done);
  }
  if (is_moment(event, CUT_AMQP_DELIVER)) {
    ask({event.flow, delivery_pair, channel, tag}, event);
  }
  if (is_moment(event, CUT_AMQP_ACK)) {
    // 0 with `multiple` stands for all (AMQP 0-9-1, 1.8.3.13).
    const bool all = is_multiple(event);
    const std::uint32_t last = all && tag == 0 ? std::numeric_limits<std::uint32_t>::max() : tag;
    answer({event.flow, delivery_pair, channel, last}, all, event, done);
  }
}

std::vector<Answered> Latencies::see(const cut_event& event, unsigned protocol) {
  std::vector<Answered> done;
  if (protocol == CUT_PROTOCOL_POSTGRES) see_exchange(commit_pair, event, done);
  if (protocol == CUT_PROTOCOL_HTTP) see_exchange(response_pair, event, done);
  if (protocol == CUT_PROTOCOL_AMQP) see_amqp(event, done);
  return done;
}

void Latencies::forget(std::uint64_t flow) {
  open_.erase(open_.lower_bound({flow, 0, 0, 0}), open_.lower_bound({flow + 1, 0, 0, 0}));
  published_.erase(published_.lower_bound({flow, 0}), published_.lower_bound({flow + 1, 0}));
}

}  // namespace cutpoint
